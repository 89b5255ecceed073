"""JSON-lines files of truth and predictions: one JSON object a line, errors that name file and line.

Leaves out the meaning of the keys, which `qvhighlights` and `evaluate` know.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from indexer.errors import EvaluationError

MAX_LINE_CHARACTERS = 10_000_000
"""A longer line is refused; the longest of QVHighlights has under 5,000."""


@dataclass(frozen=True, slots=True)
class JsonLine:
    """One object of a JSON-lines file with its line number."""

    file: Path
    number: int
    """From 1."""
    values: dict[str, Any]

    def error(self, reason: str) -> EvaluationError:
        """An error that names this line, to be raised."""
        return EvaluationError(f"{self.file}, line {self.number}: {reason}")

    def get(self, key: str) -> Any:
        """The value of a required key."""
        if key not in self.values:
            raise self.error(f"the key {key!r} is missing")
        return self.values[key]

    def text(self, key: str, *, default: str | None = None) -> str:
        """A string that is not blank; `default` where the key is absent."""
        if default is not None and key not in self.values:
            return default
        value = self.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"{key!r} must be a text that is not blank, got {_shown(value)}")
        return value

    def number_of(self, key: str) -> float:
        """A finite number."""
        value = _number(self.get(key))
        if value is None:
            raise self.error(f"{key!r} must be a finite number, got {_shown(self.values[key])}")
        return value

    def rows(self, key: str, *, columns: int) -> NDArray[np.float64]:
        """A list of lists of exactly `columns` finite numbers -> (n, columns)."""
        found = [_numbers(row) for row in self.items(key)]
        for row, value in zip(found, self.items(key), strict=True):
            if row is None or len(row) != columns:
                raise self.error(f"{key!r} must hold lists of {columns} finite numbers, got {_shown(value)}")
        return np.array(found, dtype=np.float64).reshape(-1, columns)  # (n, columns)

    def windows(self, key: str, *, columns: int = 2) -> NDArray[np.float64]:
        """As `rows`, where each row begins with `start <= stop`, both in seconds."""
        found = self.rows(key, columns=columns)
        for row in found:
            if row[0] > row[1]:
                raise self.error(f"{key!r} holds a window that stops before it starts: {row[:2].tolist()}")
        return found

    def scores(self, key: str) -> NDArray[np.float64]:
        """A list of finite numbers -> (n,)."""
        found = _numbers(self.items(key))
        if found is None:
            raise self.error(f"{key!r} must be a list of finite numbers")
        return np.array(found, dtype=np.float64)

    def items(self, key: str) -> list[Any]:
        """A list of anything."""
        value = self.get(key)
        if not isinstance(value, list):
            raise self.error(f"{key!r} must be a list, got {_shown(value)}")
        return cast(list[Any], value)


def read_json_lines(file: Path) -> list[JsonLine]:
    """Every line of a file that is not blank, in order.

    Raises:
        EvaluationError: the file cannot be read, holds no line, or a line is not one JSON object.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EvaluationError(f"{file} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{file} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    # Only "\n" ends a line: str.splitlines would also split at U+2028, which JSON allows inside a string.
    lines = [_parse(file, n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines:
        raise EvaluationError(f"{file} is empty; give one JSON object per line")
    return lines


def _parse(file: Path, number: int, line: str) -> JsonLine:
    where = f"{file}, line {number}"
    if len(line) > MAX_LINE_CHARACTERS:
        raise EvaluationError(f"{where}: longer than {MAX_LINE_CHARACTERS:,} characters")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise EvaluationError(f"{where}: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise EvaluationError(f"{where}: a JSON object is expected, got {_shown(value)}")
    return JsonLine(file, number, cast(dict[str, Any], value))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _numbers(values: Any) -> list[float] | None:
    if not isinstance(values, list):
        return None
    found = [_number(value) for value in cast(Sequence[Any], values)]
    return None if None in found else cast(list[float], found)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
