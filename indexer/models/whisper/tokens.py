"""What Whisper's tokens say: lines between time stamps, and the language as a tag. Leaves out running the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

STAMP_SECONDS = 0.02
"""Whisper's time stamps count in so many seconds (Radford et al. 2022, section 2.3)."""
_TAGS = {"jw": "jv", "iw": "he"}
"""Whisper's names that are not the BCP 47 subtag of the language."""


@dataclass(frozen=True, slots=True)
class SpokenTokens:
    """What was generated for one sound, without the prompt and the end mark."""

    ids: Sequence[int]
    log_probabilities: Sequence[float]
    """One for each id."""


@dataclass(frozen=True, slots=True)
class TokenLine:
    """Text tokens between two time stamps."""

    ids: tuple[int, ...]
    start_seconds: float
    stop_seconds: float
    mean_log_probability: float


class TokenReader:
    """Reads generated tokens of one model."""

    def __init__(self, tokenizer: Any, generation_config: Any) -> None:
        self._first_stamp: int = generation_config.no_timestamps_token_id + 1
        ends = generation_config.eos_token_id
        self._ends = {ends} if isinstance(ends, int) else set(ends)
        self._special: frozenset[int] = frozenset(tokenizer.all_special_ids)

    def until_end(self, ids: Sequence[int]) -> list[int]:
        """A row up to its end mark; what follows is padding."""
        end = next((place for place, token in enumerate(ids) if token in self._ends), len(ids))
        return list(ids[:end])

    def lines(self, spoken: SpokenTokens, seconds: float) -> list[TokenLine]:
        """Lines in order of time, inside the sound; what is said to begin after its end was invented for the padding.

        Args:
            seconds: duration of the sound.
        """
        found: list[TokenLine] = []
        start, ids, chances = 0.0, list[int](), list[float]()
        for token, chance in zip(spoken.ids, spoken.log_probabilities, strict=True):
            if token < self._first_stamp:
                if token not in self._special:
                    ids.append(token)
                    chances.append(chance)
                continue
            stamp = (token - self._first_stamp) * STAMP_SECONDS
            if ids:
                found.append(TokenLine(tuple(ids), start, stamp, sum(chances) / len(chances)))
                ids, chances = [], []
            start = stamp
        if ids:  # cut off at the model's longest reply
            found.append(TokenLine(tuple(ids), start, seconds, sum(chances) / len(chances)))
        return [
            TokenLine(line.ids, line.start_seconds, min(line.stop_seconds, seconds), line.mean_log_probability)
            for line in found
            if line.start_seconds < min(line.stop_seconds, seconds)
        ]


def language_tag(name: str) -> str:
    """Whisper's name of a language as a BCP 47 tag: `en`, `yue`, `jv` for its `jw`."""
    return _TAGS.get(name, name)
