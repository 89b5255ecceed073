"""The answer's words out of a JSON reply that is still being written. Pure."""

import json
import re
from collections.abc import Callable

_BEGINS = re.compile(r'^\s*\{\s*"answer"\s*:\s*"')


class AnswerStream:
    """Takes the reply piece by piece and hands on the value of "answer" as far as it is certain."""

    def __init__(self, on_words: Callable[[str], None]) -> None:
        self._on_words = on_words
        self._text = ""
        self._told = 0
        self._over = False

    def __call__(self, piece: str) -> None:
        self._text += piece
        begin = _BEGINS.match(self._text)
        if self._over or begin is None:
            return
        words, self._over = _string_so_far(self._text[begin.end() :])
        if len(words) > self._told:
            self._on_words(words[self._told :])
            self._told = len(words)


def _string_so_far(text: str) -> tuple[str, bool]:
    """The decoded string and whether it has ended; half an escape or half of a surrogate pair waits."""
    end, place = False, 0
    while place < len(text):
        if text[place] == '"':
            end = True
            break
        place += 2 if text[place] == "\\" else 1
    raw = text[: min(place, len(text))]
    for cut in range(min(12, len(raw)) + 1):
        try:
            value = str(json.loads(f'"{raw[: len(raw) - cut]}"', strict=False))
        except ValueError:
            continue
        if value and 0xD800 <= ord(value[-1]) <= 0xDBFF:
            value = value[:-1]
        return value.encode("utf-8", "replace").decode(), end
    return "", end
