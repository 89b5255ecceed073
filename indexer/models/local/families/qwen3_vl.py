"""Qwen3-VL and Qwen3.5: each step of a run after a time stamp of its own, the mean of its frames' times.

The stamp and its step are written side by side, as these models were trained. The processor of transformers 5.23 puts
them inside the markers of a whole video, whose clock begins at 0 (vllm-project/vllm issues 41359 and 46817).
"""

from dataclasses import replace

from indexer.models.local.families.family import Processor
from indexer.models.local.families.qwen2_vl import QWEN2_VL
from indexer.models.local.families.qwen_video import qwen_step_text, qwen_steps
from indexer.models.vision_language import Frames


def _text(processor: Processor, frames: Frames) -> str:
    each = int(processor.video_processor.temporal_patch_size)
    step = qwen_step_text(processor, frames, steps=1)
    times = [*frames.times, *[frames.times[-1]] * (-len(frames.times) % each)]
    stamps = [(times[place] + times[place + each - 1]) / 2 for place in range(0, len(times), each)]
    assert len(stamps) == qwen_steps(processor, frames)
    return "".join(f"<{stamp:.1f} seconds>{step}" for stamp in stamps)


QWEN3_VL = replace(QWEN2_VL, text=_text)
QWEN3_5 = replace(QWEN3_VL, template_arguments={"enable_thinking": False})
