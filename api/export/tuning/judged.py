"""Judged lines: what people hold to be right, from a file of JSON lines, with the moments of the library that it names.

A line is an object of `ask --json` or `chat --json`, kept because it is right or mended by hand, or a caption:
`{"caption": "...", "video": "trip.mp4", "start_seconds": 12, "stop_seconds": 15.5}`.
"""

import json
from dataclasses import dataclass
from typing import Any, cast

from api.export.failed_moments import FailedMoment
from api.export.requested_moments import moments_from_json
from api.export.subclips import RequestedMoment
from indexer.errors import ExportError
from indexer.store.library import Library

MOST_LINES = 100_000
MOST_MOMENTS = 24
"""Of one answer: as many clips as `--effort high` shows."""


@dataclass(frozen=True, slots=True)
class JudgedLine:
    """An answer or a caption."""

    moments: tuple[RequestedMoment, ...]
    """Of an answer the cited ones, or where nothing was found the closest; of a caption its one."""
    question: str = ""
    answer: str = ""
    found: bool = True
    caption: str = ""
    """Not empty for a caption alone."""


def read_judged(library: Library, text: str, *, name: str) -> tuple[list[JudgedLine], list[FailedMoment]]:
    """Every line of a file, and the moments that are of no video of the library; a line that has one is left out.

    Args:
        name: of the file, for error messages.

    Raises:
        ExportError: a line is neither an answer nor a caption.
        NotInLibraryError: no video of a line is in the library.
    """
    # Not `splitlines`: a string of JSON may hold U+2028.
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines or len(lines) > MOST_LINES:
        raise ExportError(f"{name} has {len(lines):,} lines; 1 to {MOST_LINES:,} can be exported")
    judged: list[JudgedLine] = []
    failed: list[FailedMoment] = []
    for number, line in lines:
        where = f"{name}, line {number}"
        fields = _fields(line, where)
        rows = [fields] if "caption" in fields and "question" not in fields else fields.get("moments")
        found, lost = moments_from_json(library, json.dumps({"moments": rows}), name=where, weak=True)
        failed += lost
        if not found and not lost:
            raise ExportError(f"{where} has no `moments`, so there is nothing to show; add them")
        if len(found) > MOST_MOMENTS:
            raise ExportError(f"{where} holds {len(found)} moments, more than {MOST_MOMENTS}; keep those that matter")
        if found and not lost:
            judged.append(_judged(fields, tuple(found), where))
    return judged, failed


def _fields(line: str, where: str) -> dict[str, Any]:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{where} is not JSON: {error}; each line must be output of `reelseek ask --json`") from error
    if not isinstance(value, dict):
        raise ExportError(f"{where}: an object is expected, as `reelseek ask --json` prints it")
    return cast(dict[str, Any], value)


def _judged(fields: dict[str, Any], moments: tuple[RequestedMoment, ...], where: str) -> JudgedLine:
    caption, question, answer = (fields.get(name) for name in ("caption", "question", "answer"))
    if question is None and isinstance(caption, str) and caption.strip():
        return JudgedLine(moments, caption=" ".join(caption.split()))
    found = fields.get("found", True)
    is_answer = isinstance(question, str) and isinstance(answer, str) and isinstance(found, bool)
    if not is_answer or not str(question).strip() or not str(answer).strip():
        raise ExportError(f"{where}: neither `question` and `answer` in words, nor a `caption`")
    return JudgedLine(moments, str(question), " ".join(str(answer).split()), found)
