"""What is said to a vision-language model and what it says back. Plain values and the protocol; no model is loaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class ShownFrames:
    """Frames that the model sees as one short video."""

    pixels: NDArray[np.uint8]
    """(frames, height, width, 3) RGB; height and width are multiples of the model's grid, so that nothing is resized
    again. The model sees frames two by two: an odd number is made even by repeating the last."""
    frames_per_second: float


PromptPart = str | ShownFrames
Prompt = tuple[PromptPart, ...]
"""One turn of the user: words and frames in order."""

OnText = Callable[[str], None]
"""Told every piece of a reply as it is generated."""
IsCancelled = Callable[[], bool]
"""Asked before every token."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said to one prompt."""

    text: str
    tokens: int
    """Generated, without the end mark."""
    complete: bool
    """False when the reply was cut at the limit, so that a JSON reply may not parse."""


@runtime_checkable
class VisionLanguageModel(Protocol):
    """Answers prompts of words and frames. Safe from several threads: requests wait for their turn."""

    @property
    def name(self) -> str:
        """What the library records: model, weights and their fingerprint."""
        ...

    @property
    def context_limit(self) -> int:
        """Tokens of prompt and reply together, from the model's own configuration."""
        ...

    @property
    def grid_pixels(self) -> int:
        """Height and width of a shown frame are multiples of this; one such square of a frame pair is one token."""
        ...

    @property
    def picture_size(self) -> tuple[int, int] | None:
        """Height and width in pixels of the only frames that the model knows; None for one that takes any size."""
        ...

    @property
    def captioned_pairs(self) -> int | None:
        """Frame pairs of a clip that comes with its caption, for a model that reads better than it looks; else None."""
        ...

    def count_tokens(self, prompt: Prompt) -> int:
        """Tokens of the whole prompt with the chat's own marks, as the processor counts them; no model is run."""
        ...

    def generate(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int,
        schema: dict[str, Any] | None = None,
        on_text: OnText | None = None,
        is_cancelled: IsCancelled | None = None,
    ) -> list[Reply]:
        """Replies, greedily decoded, one a prompt.

        Args:
            prompts: answered together, as far as memory allows.
            max_tokens: of one reply.
            schema: a JSON schema that every reply is held to, token by token; None leaves it free.
            on_text: told the pieces of the reply; with one prompt only.
            is_cancelled: once it says True, nothing more is generated.

        Raises:
            PromptTooLongError: a prompt and its reply do not fit the context.
            GenerationCancelledError: `is_cancelled` said so.
            DeviceMemoryError: the device has too little memory even for one prompt.
        """
        ...
