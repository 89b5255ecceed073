"""`FakeVisionLanguageModel`: says what a test scripts, so that the logic around a model can be tested without one.

It counts a word as a token and a square of a frame pair as one, and keeps every prompt that it was given.
"""

from collections.abc import Callable, Sequence
from typing import Any

from indexer.models.vision_language import Frames, Prompt, Reply, VisionSpec, frames_of

Script = Callable[[Prompt], str | tuple[str, bool]]


class FakeVisionLanguageModel:
    def __init__(
        self, script: Script, *, context_limit: int = 2048, picture_size: tuple[int, int] | None = (56, 84)
    ) -> None:
        self.name, self.context_limit = "fake vision-language", context_limit
        self.vision = VisionSpec(grid_pixels=28, frames_a_step=2, only=picture_size)
        self.prompts: list[Prompt] = []
        self._script = script

    def count_tokens(self, prompt: Prompt) -> int:
        squares = sum(
            -(-len(run.pixels) // 2) * (run.pixels.shape[1] // 28) * (run.pixels.shape[2] // 28)
            for run in frames_of(prompt)
        )
        return 5 + squares + len(words_of(prompt).replace("#", "").split())

    def generate(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int,
        schema: dict[str, Any] | None = None,
        on_text: Callable[[str], None] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> list[Reply]:
        replies: list[Reply] = []
        for prompt in prompts:
            assert self.count_tokens(prompt) + max_tokens <= self.context_limit
            self.prompts.append(prompt)
            said = self._script(prompt)
            text, complete = said if isinstance(said, tuple) else (said, True)
            if on_text:
                for place in range(0, len(text), 7):
                    on_text(text[place : place + 7])
            replies.append(Reply(text, len(text.split()), complete))
        return replies


def words_of(prompt: Prompt) -> str:
    """The prompt's words, the time of every run of frames and a mark for it."""
    parts = [part for turn in prompt for part in turn.parts]
    return "".join(f"{part.times[0]:.1f}s #" if isinstance(part, Frames) else part for part in parts)
