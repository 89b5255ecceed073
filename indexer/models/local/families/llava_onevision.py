"""LLaVA-OneVision: each frame is a video of one frame, after its time in words.

A frame of a video has about a quarter of the tokens of a picture (196 against 729 at 384 pixels), so more are shown.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from indexer.models.local.families.family import Config, Family, Processor, Tensors, spoken_time
from indexer.models.local.families.llava import square_side
from indexer.models.vision_language import Frames, VisionSpec


def _vision(processor: Processor) -> VisionSpec:
    side = square_side(processor.video_processor)
    return VisionSpec(grid_pixels=1, frames_a_step=1, only=(side, side), boxes="shares")


def _text(processor: Processor, frames: Frames) -> str:
    pooled = math.ceil(math.isqrt(int(processor.num_image_tokens)) / 2)
    video = processor.video_token * (pooled * pooled + 1)  # the last one ends the video
    return "\n".join(spoken_time(time) + video for time in frames.times)


def _tensors(processor: Processor, runs: Sequence[Frames]) -> Tensors:
    videos = [np.ascontiguousarray(picture.transpose(2, 0, 1)[None]) for run in runs for picture in run.pixels]
    return processor.video_processor(
        videos=videos, do_sample_frames=False, input_data_format="channels_first", return_tensors="pt"
    )


def _agreement(processor: Processor, config: Config) -> Mapping[str, tuple[Any, Any]]:
    vision = config.vision_config
    return {
        "picture size": (square_side(processor.video_processor), vision.image_size),
        "tokens of a picture": (processor.num_image_tokens, (vision.image_size // vision.patch_size) ** 2),
        "features": (processor.vision_feature_select_strategy, config.vision_feature_select_strategy),
        "video token": (processor.video_token_id, config.video_token_id),
    }


LLAVA_ONEVISION = Family(
    media_processor="video_processor",
    vision=_vision,
    text=_text,
    tensors=_tensors,
    agreement=_agreement,
)
