"""The test bed: queries in five phrasings, with the spans of the videos in which they are true."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from indexer.records import TimeSpan

SHARED = Path(__file__).parents[3] / "shared"
Half = Literal["tuning", "checking"]
HALVES: tuple[Half, ...] = ("tuning", "checking")
FORMS = ("keywords", "sentence", "question", "inflected", "slip")
"""Bare content words; a natural phrase; a question; another number, tense or spelling; one typing mistake."""
SOURCES = ("screen", "subtitle", "speech", "name", "picture")


@dataclass(frozen=True, slots=True)
class RealQuery:
    """One thing to find, or one that is not there."""

    id: str
    source: str
    """Of `SOURCES`; empty for what is not there."""
    language: str
    """Of the query."""
    is_cross_language: bool
    """Whether the words stand in another language than the query's."""
    words: str
    """As they stand on the screen, in the subtitle or in the file's name."""
    windows: dict[str, tuple[TimeSpan, ...]]
    """Path below the shared folder -> where it is true; empty for what is not there."""
    forms: dict[str, str]
    """Of `FORMS` -> the query in that phrasing."""

    @property
    def is_absent(self) -> bool:
        return not self.windows

    def windows_in(self, path: str) -> tuple[TimeSpan, ...]:
        """Where it is true in the video with this path."""
        place = Path(path).as_posix()
        return next((spans for name, spans in self.windows.items() if place.endswith(f"/{name}")), ())


def load_queries(half: Half) -> list[RealQuery]:
    """The queries of one half, in order."""
    file = Path(__file__).parent / "queries" / f"{half}.jsonl"
    return [_query(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def videos_of(queries: Sequence[RealQuery]) -> list[str]:
    """Paths below the shared folder of the videos in which something is true, sorted."""
    return sorted({name for query in queries for name in query.windows})


def _query(line: dict[str, object]) -> RealQuery:
    windows: dict[str, tuple[TimeSpan, ...]] = {}
    given = line.get("windows", [])
    assert isinstance(given, list)
    for window in given:
        span = TimeSpan(float(window["start"]), float(window["stop"]))
        windows[window["video"]] = (*windows.get(window["video"], ()), span)
    forms = line["forms"]
    assert isinstance(forms, dict)
    return RealQuery(
        str(line["id"]),
        str(line.get("source", "")),
        str(line["language"]),
        bool(line.get("cross", False)),
        str(line.get("words", "")),
        windows,
        {str(name): str(text) for name, text in forms.items()},
    )
