"""`FakeVisionLanguageModel`: says what a test scripts, so that the logic around a model can be tested without one.

It counts a word as a token and a square of a frame pair as one, and keeps every prompt that it was given.
"""

from collections.abc import Callable, Sequence
from typing import Any

from indexer.models.vision_language import Prompt, Reply, ShownFrames

Script = Callable[[Prompt], str | tuple[str, bool]]


class FakeVisionLanguageModel:
    def __init__(
        self, script: Script, *, context_limit: int = 2048, picture_size: tuple[int, int] | None = (56, 84)
    ) -> None:
        self.name, self.context_limit, self.grid_pixels = "fake vision-language", context_limit, 28
        self.picture_size = picture_size
        self.captioned_pairs: int | None = None
        self.prompts: list[Prompt] = []
        self._script = script

    def count_tokens(self, prompt: Prompt) -> int:
        return 5 + sum(
            -(-len(part.pixels) // 2) * (part.pixels.shape[1] // 28) * (part.pixels.shape[2] // 28)
            if isinstance(part, ShownFrames)
            else len(part.split())
            for part in prompt
        )

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
    """The prompt's words, a mark for every run of frames."""
    return "".join(part if isinstance(part, str) else "#" for part in prompt)
