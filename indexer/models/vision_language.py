"""The protocol of a vision-language model, its prompts and its replies. Loads no model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Evidence: frames of a video with their times. How a model is told the times is the matter of its family."""

    pixels: NDArray[np.uint8]
    """(frames, height, width, 3) RGB; of a size that the model's `VisionSpec` allows, so that nothing is resized
    again."""
    times: tuple[float, ...]
    """Of each frame, seconds of the video; ascending."""

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or self.pixels.shape[-1] != 3 or not 0 < len(self.pixels) == len(self.times):
            raise ValueError(
                f"frames must be (n, height, width, 3) with n times, got {self.pixels.shape} with {len(self.times)}"
            )


Part = str | Frames
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation: words and frames in order."""

    role: Role
    parts: tuple[Part, ...]


Prompt = tuple[Turn, ...]
"""A conversation; the last turn is the user's, and the model replies to it."""


def user_prompt(*parts: Part) -> Prompt:
    """A prompt of one message."""
    return (Turn("user", parts),)


def frames_of(prompt: Prompt) -> list[Frames]:
    """All frames of a prompt, in order."""
    return [part for turn in prompt for part in turn.parts if isinstance(part, Frames)]


BoxUnits = Literal["thousandths", "pixels", "shares"]
"""In which a model says where something is: thousandths of the picture, pixels of the picture as it is shown to the
model, or shares of 1."""


@dataclass(frozen=True, slots=True)
class VisionSpec:
    """What pictures a model takes."""

    grid_pixels: int
    """Height and width of a frame are multiples of this; one such square is one token."""
    frames_a_step: int
    """Frames that share their tokens: 2 where the model sees a pair of frames at once, otherwise 1. The last of an
    incomplete step is repeated."""
    only: tuple[int, int] | None = None
    """The only height and width in pixels that the model takes; None for any size."""
    captioned_pairs: int | None = None
    """Frame pairs of a clip shown with its caption, for a model that reads better than it sees, or None."""
    runs_begin_at_zero: bool = False
    """The model counts the seconds of a uniform run by itself, from its first frame on, and replies in these."""
    boxes: BoxUnits | None = None
    """The units of its boxes and points; None where they are not known, or it was not trained to give any."""


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
    """Answers prompts of words and frames. Thread-safe."""

    @property
    def name(self) -> str:
        """Model, weights and their fingerprint, as the library records them."""
        ...

    @property
    def context_limit(self) -> int:
        """Tokens of prompt and reply together, from the model's own configuration."""
        ...

    @property
    def vision(self) -> VisionSpec:
        """What pictures it takes."""
        ...

    def count_tokens(self, prompt: Prompt) -> int:
        """Tokens of the whole prompt with the chat template, as `generate` makes them; runs no model."""
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
