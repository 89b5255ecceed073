"""Rendering of subclips as CSV, JSON and WebVTT chapters. Pure."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from api.chapter_formats import chapters_vtt
from api.export.subclips import Subclip, subclip_plain_text, subclip_title
from indexer.errors import FrameRateError
from indexer.records import TimeSpan

COLUMNS: tuple[str, ...] = (
    "rank", "video", "start_seconds", "stop_seconds", "start_frame", "stop_frame", "frames_per_second",
    "source_in", "source_out", "score", "signals", "text", "notes", "video_id", "path",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@")
"""Spreadsheets evaluate cells that start with one of these."""


def csv_table(subclips: Sequence[Subclip], *, with_paths: bool) -> str:
    """CSV by RFC 4180 with a header line. Cells that a spreadsheet would evaluate are prefixed with `'`."""
    out = io.StringIO()
    columns = COLUMNS if with_paths else COLUMNS[:-1]
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    for rank, subclip in enumerate(subclips, 1):
        row = _row(rank, subclip)
        row["signals"] = " ".join(f"{name}={position}" for name, position in subclip.moment.signals.items())
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue()


def json_document(subclips: Sequence[Subclip], *, title: str, with_paths: bool) -> str:
    """`{"title", "moments"}`: the moments of `search --json`, with frames and time codes."""
    rows = [_row(rank, subclip) | {"signals": subclip.moment.signals} for rank, subclip in enumerate(subclips, 1)]
    for row in rows:
        if with_paths:
            row["video"] = row["path"]
        del row["path"]
    return json.dumps({"title": title, "moments": rows}, indent=2) + "\n"


def video_chapters(subclips: Sequence[Subclip]) -> str:
    """WebVTT chapters of the subclips of one video."""
    return chapters_vtt(
        (
            TimeSpan(float(subclip.rate.seconds(subclip.first)), float(subclip.rate.seconds(subclip.stop))),
            subclip_title(subclip.moment),
        )
        for subclip in subclips
    )


def _row(rank: int, subclip: Subclip) -> dict[str, Any]:
    moment, rate = subclip.moment, subclip.rate
    try:
        times = (subclip.source_in, subclip.source_out)
    except FrameRateError:
        times = ("", "")
    return {
        "rank": rank,
        "video": subclip.source.name,
        "start_seconds": round(float(rate.seconds(subclip.first)), 6),
        "stop_seconds": round(float(rate.seconds(subclip.stop)), 6),
        "start_frame": subclip.first,
        "stop_frame": subclip.stop,
        "frames_per_second": str(rate.per_second),
        "source_in": times[0],
        "source_out": times[1],
        "score": "" if moment.score is None else round(moment.score, 6),
        "text": moment.text,
        "notes": "; ".join(f"{time:.2f} s: {text}" for time, text in moment.notes),
        "video_id": moment.video.video_id,
        "path": moment.video.path,
    }


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = subclip_plain_text(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
