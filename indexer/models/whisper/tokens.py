"""Whisper's tokens: the lines between time stamps, and the language as a tag. Runs no model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

STAMP_SECONDS = 0.02
"""The unit of Whisper's time stamps (Radford et al. 2022, section 2.3)."""
_TAGS = {"jw": "jv", "iw": "he"}
"""Whisper's language names that are not BCP 47 subtags."""


@dataclass(frozen=True, slots=True)
class SpokenTokens:
    """The tokens generated for one sound, without the prompt and the end token."""

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
    """Splits the generated tokens of one model into lines."""

    def __init__(self, tokenizer: Any, generation_config: Any) -> None:
        self._first_stamp: int = generation_config.no_timestamps_token_id + 1
        ends = generation_config.eos_token_id
        self._ends = {ends} if isinstance(ends, int) else set(ends)
        self._special: frozenset[int] = frozenset(tokenizer.all_special_ids)

    def until_end(self, ids: Sequence[int]) -> list[int]:
        """A row up to its end token; the rest is padding."""
        end = next((index for index, token in enumerate(ids) if token in self._ends), len(ids))
        return list(ids[:end])

    def lines(self, spoken: SpokenTokens, seconds: float) -> list[TokenLine]:
        """Lines in order of time, inside the sound; lines that begin after its end were invented for the padding.

        Args:
            seconds: duration of the sound.
        """
        found: list[TokenLine] = []
        start, ids, logs = 0.0, list[int](), list[float]()
        for token, log in zip(spoken.ids, spoken.log_probabilities, strict=True):
            if token < self._first_stamp:
                if token not in self._special:
                    ids.append(token)
                    logs.append(log)
                continue
            stamp = (token - self._first_stamp) * STAMP_SECONDS
            if ids:
                found.append(TokenLine(tuple(ids), start, stamp, sum(logs) / len(logs)))
                ids, logs = [], []
            start = stamp
        if ids:  # truncated at the model's longest reply
            found.append(TokenLine(tuple(ids), start, seconds, sum(logs) / len(logs)))
        return [
            TokenLine(line.ids, line.start_seconds, min(line.stop_seconds, seconds), line.mean_log_probability)
            for line in found
            if line.start_seconds < min(line.stop_seconds, seconds)
        ]


def language_tag(name: str) -> str:
    """The BCP 47 tag for Whisper's name of a language: `en`, `yue`, and `jv` for its `jw`."""
    return _TAGS.get(name, name)
