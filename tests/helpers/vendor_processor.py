"""Prompts as a family's own processor of transformers makes them, from one placeholder for each picture or video."""

from collections.abc import Sequence
from typing import Any

import torch

from indexer.models.vision_language import Prompt

_MARKS = {
    "qwen2_vl": "<|vision_start|><|video_pad|><|vision_end|>",
    "qwen2_5_vl": "<|vision_start|><|video_pad|><|vision_end|>",
    "qwen3_vl": "<|video_pad|>",
    "qwen3_5": "<|video_pad|>",
    "llava": "<image>",
    "llava_onevision": "<video>",
}
_PAIR_RATE = 2.0
"""Frames a second."""


def vendors_own(family: str, processor: Any, prompt: Prompt) -> dict[str, Any]:
    """The tensors of a prompt. Its words may name no control token: here they would stand for a picture."""
    messages: Any = [{"role": turn.role, "content": []} for turn in prompt]
    pictures: list[Any] = []
    clocks: list[dict[str, Any]] = []
    for message, turn in zip(messages, prompt, strict=True):
        for part in turn.parts:
            if isinstance(part, str):
                message["content"].append({"type": "text", "text": part})
                continue
            shown: list[tuple[Any, Sequence[float]]] = [(part.pixels, part.times)]
            if family.startswith("llava"):
                shown = [(part.pixels[place : place + 1], [time]) for place, time in enumerate(part.times)]
            message["content"].append({"type": "text", "text": _told(family, [times for _, times in shown])})
            for pixels, times in shown:
                pictures.append(pixels[0] if family == "llava" else torch.from_numpy(pixels).permute(0, 3, 1, 2))
                clocks.append(_clock(family, times))
    text = processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False, enable_thinking=False)
    if not pictures:
        return processor(text=[text], return_tensors="pt")
    if family == "llava":
        return processor(text=[text], images=pictures, return_tensors="pt")
    options: dict[str, Any] = {"do_sample_frames": False, "return_tensors": "pt"}
    if family.startswith("qwen"):
        options |= {"do_resize": False, "video_metadata": clocks}
    return processor(text=[text], videos=pictures, **options)


def _told(family: str, shown: Sequence[Sequence[float]]) -> str:
    """Placeholders, after times in words where the processor writes none."""
    told = ["" if family.startswith("qwen3") else f"{times[0]:.1f}s " for times in shown]
    return "\n".join(time + _MARKS[family] for time in told)


def _clock(family: str, times: Sequence[float]) -> dict[str, Any]:
    """Metadata in which the frames have these times, which are whole milliseconds; for Qwen2.5-VL, their mean rate."""
    if family != "qwen2_5_vl":
        return {"total_num_frames": 10**7, "fps": 1000.0, "frames_indices": [round(time * 1000) for time in times]}
    rate = _PAIR_RATE if len(times) <= 2 else (len(times) - 1) / (times[-1] - times[0])
    return {"total_num_frames": len(times), "fps": rate, "frames_indices": list(range(len(times)))}
