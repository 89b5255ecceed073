"""Qwen2.5-VL: as Qwen2-VL, and inside a run the model counts the seconds by itself, from the first frame on.

A single pair has no such time: its only step begins at 0. So the words before a run stay. Boxes are in pixels.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch

from indexer.models.local.families.family import Processor, Tensors
from indexer.models.local.families.qwen2_vl import QWEN2_VL
from indexer.models.local.families.qwen_video import qwen_tensors, qwen_vision
from indexer.models.vision_language import Frames, VisionSpec

STEP_SECONDS = 1.0
"""Of two frames at 2 frames a second, the rate of a run that is shown for its times."""


def _vision(processor: Processor) -> VisionSpec:
    return replace(qwen_vision(processor), runs_begin_at_zero=True, boxes="pixels")


def _tensors(processor: Processor, runs: Sequence[Frames]) -> Tensors:
    frames_a_step = int(processor.video_processor.temporal_patch_size)
    seconds = [step_seconds(run, frames_a_step) for run in runs]
    return {**qwen_tensors(processor, runs), "second_per_grid_ts": torch.tensor(seconds)}


def step_seconds(frames: Frames, frames_a_step: int) -> float:
    """Seconds from one step of a run to the next, to a tenth: decoded frames lie a little beside an even rate."""
    if len(frames.times) <= frames_a_step:
        return STEP_SECONDS
    seconds = (frames.times[-1] - frames.times[0]) / (len(frames.times) - 1) * frames_a_step
    return max(0.1, round(seconds, 1))


QWEN2_5_VL = replace(QWEN2_VL, vision=_vision, tensors=_tensors)
