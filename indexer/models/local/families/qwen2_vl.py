"""Qwen2-VL: the time of a run in words before it, since the model has no notion of absolute time."""

from indexer.models.local.families.family import Family, Processor, spoken_time
from indexer.models.local.families.qwen_video import (
    qwen_agreement,
    qwen_step_text,
    qwen_steps,
    qwen_tensors,
    qwen_vision,
)
from indexer.models.vision_language import Frames


def run_with_spoken_time(processor: Processor, frames: Frames) -> str:
    """A whole run as one video, after the time of its first frame."""
    steps = qwen_steps(processor, frames)
    return spoken_time(frames.times[0]) + qwen_step_text(processor, frames, steps=steps)


QWEN2_VL = Family(
    media_processor="video_processor",
    vision=qwen_vision,
    text=run_with_spoken_time,
    tensors=qwen_tensors,
    agreement=qwen_agreement,
)
