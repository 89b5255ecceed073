"""Truth files of `search.evaluation.evaluate`: their format, and the videos of the library that they name.

A truth file holds one JSON object a line:

    {"video": "talk.mp4", "query": "a red car", "windows": [[12.0, 15.5]], "kind": "picture",
     "also": [{"video": "other.mp4", "windows": [[3.0, 4.0]]}]}

`video` is a file name or the last components of a path. `kind` (optional) groups queries in the report; `also`
(optional) names windows in further videos that are equally right. Empty `windows` without `also` say that the library
holds nothing to find: such a query only tests whether the search says so.

A query with an exclusion may have `unwanted` windows, and a query for an order the windows of its `steps`:

    {"video": "talk.mp4", "query": "a red car -bus", "windows": [[12, 15]],
     "unwanted": [{"video": "talk.mp4", "windows": [[30, 35]]}]}
    {"video": "talk.mp4", "query": "a car then a bus", "windows": [[12, 35]], "steps": [[[12, 15]], [[30, 35]]]}

`steps` holds the windows of each step in the requested order, in `video`.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, cast

import numpy as np

from indexer.records import Video
from search.evaluation.jsonl import JsonLine, read_json_lines
from search.evaluation.metrics import Floats

Windows = dict[str, Floats]
"""Video id -> (m, 2) seconds, each [start, stop)."""


@dataclass(frozen=True, slots=True)
class TruthQuery:
    """A line of a truth file."""

    text: str
    kind: str
    windows: Windows
    """Empty when nothing should be found."""
    unwanted: Windows
    """Windows in which no moment may lie."""
    steps: tuple[Windows, ...]
    """The windows of each step of a query for an order; otherwise empty."""


def read_truth(truth: Path, videos: Sequence[Video]) -> list[TruthQuery]:
    """Every query of a truth file.

    Raises:
        EvaluationError: as `evaluate_search`.
    """
    return [_read_query(line, videos) for line in read_json_lines(truth)]


def _read_query(line: JsonLine, videos: Sequence[Video]) -> TruthQuery:
    return TruthQuery(
        line.text("query"),
        line.text("kind", default=""),
        _windows([line, *_entries(line, "also")], videos),
        _windows(_entries(line, "unwanted"), videos),
        tuple(_windows([step], videos) for step in _steps(line)),
    )


def _windows(entries: Sequence[JsonLine], videos: Sequence[Video]) -> Windows:
    windows: Windows = {}
    for entry in entries:
        found = entry.windows("windows")
        if len(found):
            for video_id in _videos_named(entry, videos):
                windows[video_id] = np.concatenate([windows.get(video_id, np.zeros((0, 2))), found])
    return windows


def _entries(line: JsonLine, key: str) -> list[JsonLine]:
    """The objects with `video` and `windows` under an optional key."""
    entries = line.items(key) if key in line.values else []
    if not all(isinstance(entry, dict) for entry in entries):
        raise line.error(f"{key!r} must hold objects with 'video' and 'windows'")
    return [JsonLine(line.file, line.number, cast(dict[str, Any], entry)) for entry in entries]


def _steps(line: JsonLine) -> list[JsonLine]:
    """Each step as an entry with the line's own video."""
    steps = line.items("steps") if "steps" in line.values else []
    if "steps" in line.values and (len(steps) < 2 or not all(isinstance(step, list) and step for step in steps)):
        raise line.error("'steps' must hold the windows of two steps or more, as [[[3, 5]], [[7, 9]]]")
    return [JsonLine(line.file, line.number, {"video": line.get("video"), "windows": step}) for step in steps]


def _videos_named(entry: JsonLine, videos: Sequence[Video]) -> list[str]:
    """Ids of the videos with a path that ends in the named components; several videos may share a file name."""
    wanted = _parts(entry.text("video"))
    found = [video.video_id for video in videos if any(_parts(path)[-len(wanted) :] == wanted for path in video.paths)]
    if not found:
        raise entry.error(
            f"the video {entry.get('video')!r} is not in the library; index it or name it by its file name"
        )
    return found


def _parts(path: str) -> tuple[str, ...]:
    # File systems compose accents differently; the same name must match in either form.
    return PurePath(unicodedata.normalize("NFC", path)).parts
