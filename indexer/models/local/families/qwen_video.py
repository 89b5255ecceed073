"""What the Qwen-VL families share: frames in steps of two, patches on a grid, one token for four patches."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from indexer.models.local.families.family import Config, Processor, Tensors
from indexer.models.vision_language import Frames, VisionSpec


def qwen_vision(processor: Processor) -> VisionSpec:
    """Any size on the grid; boxes of 0 to 1000 in both directions."""
    video: Any = processor.video_processor
    grid_pixels = int(video.patch_size * video.merge_size)
    return VisionSpec(grid_pixels, int(video.temporal_patch_size), boxes="thousandths")


def qwen_steps(processor: Processor, frames: Frames) -> int:
    """Steps of a run; the last of an odd number of frames is repeated."""
    return -(-len(frames.pixels) // int(processor.video_processor.temporal_patch_size))


def qwen_step_text(processor: Processor, frames: Frames, *, steps: int) -> str:
    """So many steps as the model sees them, with the tokens that open and close them.

    Raises:
        ValueError: height or width is not a multiple of the grid.
    """
    height, width = frames.pixels.shape[1:3]
    grid = qwen_vision(processor).grid_pixels
    if height % grid or width % grid or not height or not width:
        raise ValueError(f"frames must be (n, height, width, 3), sides multiples of {grid}, got {frames.pixels.shape}")
    tokens = steps * (height // grid) * (width // grid)
    return f"<|vision_start|>{processor.video_token * tokens}<|vision_end|>"


def qwen_tensors(processor: Processor, runs: Sequence[Frames]) -> Tensors:
    """Patches and grids of all runs; frames keep their size."""
    videos = [np.ascontiguousarray(run.pixels.transpose(0, 3, 1, 2)) for run in runs]  # (n, 3, height, width) each
    return processor.video_processor(
        videos=videos,
        do_resize=False,
        do_sample_frames=False,
        input_data_format="channels_first",
        return_tensors="pt",
    )


def qwen_agreement(processor: Processor, config: Config) -> Mapping[str, tuple[Any, Any]]:
    """The patches, and the token that stands for them."""
    video, vision = processor.video_processor, config.vision_config
    return {
        "patch size": (video.patch_size, vision.patch_size),
        "merge size": (video.merge_size, vision.spatial_merge_size),
        "frames a step": (video.temporal_patch_size, vision.temporal_patch_size),
        "video token": (getattr(processor, "video_token_id", None), config.video_token_id),
    }
