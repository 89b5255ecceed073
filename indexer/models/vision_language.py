"""The protocol of a vision-language model, its prompts and its replies. Loads no model."""

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
    again. The model takes frames in pairs: the last of an odd number is repeated."""
    frames_per_second: float


PromptPart = str | ShownFrames
Prompt = tuple[PromptPart, ...]
"""One message of the user: words and frames in order."""

OnText = Callable[[str], None]
"""Called with every piece of a reply as it is generated."""
IsCancelled = Callable[[], bool]
"""Called before every token; True stops the generation."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to one prompt."""

    text: str
    tokens: int
    """Number of generated tokens, without the end token."""
    complete: bool
    """False when the reply was truncated at the limit, so that JSON may not parse."""


@runtime_checkable
class VisionLanguageModel(Protocol):
    """Answers prompts of words and frames. Thread-safe: requests are queued."""

    @property
    def name(self) -> str:
        """Model, weights and their fingerprint, as the library records them."""
        ...

    @property
    def context_limit(self) -> int:
        """Tokens of prompt and reply together, from the model's own configuration."""
        ...

    @property
    def grid_pixels(self) -> int:
        """Height and width of a frame are multiples of this; one such square of a frame pair is one token."""
        ...

    @property
    def picture_size(self) -> tuple[int, int] | None:
        """The only height and width in pixels that the model takes; None for any size."""
        ...

    @property
    def captioned_pairs(self) -> int | None:
        """Frame pairs of a clip shown with its caption, for a model that reads better than it sees, or None."""
        ...

    def count_tokens(self, prompt: Prompt) -> int:
        """Tokens of the whole prompt with the chat template, as the processor counts them; runs no model."""
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
        """One reply to each prompt, greedily decoded.

        Args:
            prompts: answered in batches, as large as memory allows.
            max_tokens: of one reply.
            schema: JSON schema that constrains every reply, token by token; None for free text.
            on_text: receives the reply piece by piece; with a single prompt only.
            is_cancelled: stops the generation once it returns True.

        Raises:
            PromptTooLongError: a prompt and its reply do not fit the context.
            GenerationCancelledError: `is_cancelled` returned True.
            DeviceMemoryError: the device has too little memory even for one prompt.
        """
        ...
