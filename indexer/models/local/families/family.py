"""What a family of vision-language models states about itself. Loads nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from indexer.models.vision_language import Frames, VisionSpec

Processor = Any
"""A processor of transformers with tokenizer, media processor and chat template; untyped there."""
Config = Any
"""A model's configuration in transformers."""
Tensors = Mapping[str, Any]
"""Argument of the model -> tensor."""


@dataclass(frozen=True, slots=True)
class Family:
    """The models of one `model_type`."""

    media_processor: str
    """The part of the processor that prepares its pictures: `image_processor` or `video_processor`."""
    vision: Callable[[Processor], VisionSpec]
    """What pictures its models take."""
    text: Callable[[Processor, Frames], str]
    """A run of frames as it stands in the prompt: its times, and one placeholder for each of its tokens. Raises
    ValueError for frames of a size that the model does not take."""
    tensors: Callable[[Processor, Sequence[Frames]], Tensors]
    """The pictures of all runs of a batch, in order; never empty."""
    agreement: Callable[[Processor, Config], Mapping[str, tuple[Any, Any]]]
    """What processor and model must agree on: name -> (the processor's, the model's)."""
    template_arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of the chat template."""


def spoken_time(seconds: float) -> str:
    """A time in words, for models without a notion of absolute time."""
    return f"{seconds:.1f}s "
