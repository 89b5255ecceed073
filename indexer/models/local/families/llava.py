"""LLaVA, as LLaVA-Interleave: each frame is a picture of fixed size, after its time in words.

Boxes are shares of 1, as the first LLaVA was trained on them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from indexer.models.local.families.family import Config, Family, Processor, Tensors, spoken_time
from indexer.models.vision_language import Frames, VisionSpec


def square_side(media: Any) -> int:
    """Side in pixels of the only pictures that a processor of pictures makes."""
    crop, size = getattr(media, "crop_size", None), media.size
    box = crop if crop and getattr(media, "do_center_crop", False) else size
    return int(box["height"] if box.get("height") else box["shortest_edge"])


def _vision(processor: Processor) -> VisionSpec:
    side = square_side(processor.image_processor)
    return VisionSpec(int(processor.patch_size), frames_a_step=1, only=(side, side), boxes="shares")


def _text(processor: Processor, frames: Frames) -> str:
    tokens = (square_side(processor.image_processor) // int(processor.patch_size)) ** 2
    tokens += int(processor.num_additional_image_tokens) - (processor.vision_feature_select_strategy == "default")
    return "\n".join(spoken_time(time) + processor.image_token * tokens for time in frames.times)


def _tensors(processor: Processor, runs: Sequence[Frames]) -> Tensors:
    pictures = [picture for run in runs for picture in run.pixels]
    return processor.image_processor(images=pictures, input_data_format="channels_last", return_tensors="pt")


def _agreement(processor: Processor, config: Config) -> Mapping[str, tuple[Any, Any]]:
    return {
        "patch size": (processor.patch_size, config.vision_config.patch_size),
        "picture size": (square_side(processor.image_processor), config.vision_config.image_size),
        "features": (processor.vision_feature_select_strategy, config.vision_feature_select_strategy),
        "image token": (processor.image_token_id, config.image_token_id),
    }


LLAVA = Family(
    media_processor="image_processor",
    vision=_vision,
    text=_text,
    tensors=_tensors,
    agreement=_agreement,
)
