"""Moments that an export leaves out, since they cannot be exported, as the service tells them."""

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from api.export.failed_moments import FailedMoment
from api.formatting import time_code

HEADER = "X-Not-Exported"
ENTRY = "not exported.txt"
"""Name of the file that a ZIP has beside the others."""
_MOST_NAMED = 10
"""In the header, whose length clients limit."""
_MOST_CHARACTERS = 300

Row = dict[str, Any]
"""`video` (its file name), `start_seconds`, `stop_seconds` and `reason`, without this machine's folders."""


def not_exported(failed: Sequence[FailedMoment]) -> list[Row]:
    """The moments as they are told to a client."""
    return [_row(one) for one in failed]


def not_exported_header(rows: Sequence[Row]) -> dict[str, str]:
    """The header that names what is left out: JSON with `count` and the first `moments`. None where nothing is."""
    return {HEADER: json.dumps({"count": len(rows), "moments": rows[:_MOST_NAMED]})} if rows else {}


def not_exported_text(rows: Sequence[Row]) -> str:
    """The file that names all that is left out, a line each."""
    return "".join(
        f"{row['video']}, {time_code(row['start_seconds'])} to {time_code(row['stop_seconds'])}: {row['reason']}\n"
        for row in rows
    )


def _row(failed: FailedMoment) -> Row:
    name = PurePath(failed.video).name
    row = failed.to_json() | {"video": name, "reason": str(failed.error).replace(failed.video, name)[:_MOST_CHARACTERS]}
    return {
        key: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for key, value in row.items()
    }
