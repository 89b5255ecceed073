"""Inputs of the model: prompts as tensors, and their number of tokens. Runs no model."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from indexer.errors import ModelBrokenError
from indexer.models.vision_language import Prompt, ShownFrames

Processor = Any
"""A processor of transformers with tokenizer, video processor and chat template; untyped there."""


class PromptInputs:
    """Prepares prompts with the processor of one model."""

    def __init__(self, processor: Processor) -> None:
        self._processor = processor
        video: Any = processor.video_processor
        self.grid_pixels = int(video.patch_size * video.merge_size)
        self._frames_a_step = int(video.temporal_patch_size)

    def count(self, prompt: Prompt) -> int:
        """Tokens of the whole prompt, as `batch` makes it: words by the tokenizer, frames by their grid."""
        ids = self._processor.tokenizer(self._text(prompt))["input_ids"]
        frames = [self.frame_tokens(part) for part in prompt if isinstance(part, ShownFrames)]
        return len(ids) - len(frames) + sum(frames)  # the template has one placeholder token for each video

    def frame_tokens(self, shown: ShownFrames) -> int:
        """Tokens of one run of frames.

        Raises:
            ValueError: height or width is not a multiple of the grid.
        """
        count, height, width = shown.pixels.shape[:3]
        if not count or height % self.grid_pixels or width % self.grid_pixels or not height or not width:
            raise ValueError(
                f"frames must be (n, height, width, 3), sides multiples of {self.grid_pixels}, got {shown.pixels.shape}"
            )
        return -(-count // self._frames_a_step) * (height // self.grid_pixels) * (width // self.grid_pixels)

    def batch(self, prompts: Sequence[Prompt]) -> Any:
        """Tensors for `generate`, padded on the left; frames keep their size."""
        shown = [part for prompt in prompts for part in prompt if isinstance(part, ShownFrames)]
        for one in shown:
            self.frame_tokens(one)
        # (frames, channels, height, width) each
        videos = [np.ascontiguousarray(one.pixels.transpose(0, 3, 1, 2)) for one in shown]
        return self._processor(
            text=[self._text(prompt) for prompt in prompts],
            videos=videos or None,
            videos_kwargs={
                "do_resize": False,
                "do_sample_frames": False,
                "video_metadata": [_metadata(one) for one in shown] or None,
                "input_data_format": "channels_first",
            }
            if shown
            else {},
            text_kwargs={"padding": True, "padding_side": "left"},
            common_kwargs={"return_tensors": "pt"},
        )

    def _text(self, prompt: Prompt) -> str:
        content = [
            {"type": "video"} if isinstance(part, ShownFrames) else {"type": "text", "text": part} for part in prompt
        ]
        messages: Any = [{"role": "user", "content": content}]
        return str(self._processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))


def append_tokens(inputs: Any, tokens: Sequence[int]) -> Any:
    """The inputs of a batch with the given tokens of the reply appended to each prompt, so that they are not generated.

    Args:
        inputs: as `PromptInputs.batch` makes them; changed in place.
    """
    columns = {"input_ids": tokens, "attention_mask": [1] * len(tokens), "mm_token_type_ids": [0] * len(tokens)}
    for name in columns.keys() & set(inputs):
        inputs[name] = _append_columns(inputs[name], columns[name])
    return inputs


def _append_columns(rows: torch.Tensor, values: Sequence[int]) -> torch.Tensor:
    more = torch.tensor([list(values)], dtype=rows.dtype, device=rows.device)
    return torch.cat([rows, more.expand(len(rows), -1)], dim=1)


def check_processor(processor: Processor, config: Any, spec: str) -> None:
    """Checks that a processor belongs to a model.

    Raises:
        ModelBrokenError: it does not; the message names what differs.
    """
    parts = ("tokenizer", "video_processor")
    faults = [f"it has no {part.replace('_', ' ')}" for part in parts if getattr(processor, part, None) is None]
    if not faults:
        faults += _differences(processor, config)
    if faults:
        raise ModelBrokenError(
            f"vision-language model {spec!r}: its processor does not match it: {'; '.join(faults)};"
            " save both of the same model into one directory"
        )


def _differences(processor: Processor, config: Any) -> list[str]:
    video, vision = processor.video_processor, config.vision_config
    pairs = {
        "patch size": (video.patch_size, vision.patch_size),
        "merge size": (video.merge_size, vision.spatial_merge_size),
        "frames a step": (video.temporal_patch_size, vision.temporal_patch_size),
        "video token": (getattr(processor, "video_token_id", None), config.video_token_id),
    }
    faults = [f"{name} {mine} there, {its} in the model" for name, (mine, its) in pairs.items() if mine != its]
    vocabulary = config.get_text_config().vocab_size
    if len(processor.tokenizer) > vocabulary:
        faults.append(f"{len(processor.tokenizer)} words there, {vocabulary} in the model")
    if not getattr(processor, "chat_template", None):
        faults.append("it has no chat template")
    return faults


def _metadata(shown: ShownFrames) -> dict[str, Any]:
    """Video metadata from which a model with absolute time (Qwen2.5-VL) derives the true distance of the frames."""
    count = len(shown.pixels)
    return {
        "total_num_frames": count,
        "fps": shown.frames_per_second,
        "duration": count / shown.frames_per_second,
        "frames_indices": list(range(count)),
    }
