"""One export, from moments to files: what the command line calls."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from api.export.clips import write_clips
from api.export.document_formats import Document, documents
from api.export.formats import Format
from api.export.output_files import check_free, make_folder, write_data
from api.export.reel import write_reel
from api.export.source_probe import MediaChild
from api.export.subclip_preparation import MOST_HANDLE_SECONDS, prepare
from api.export.subclips import Wanted
from api.media.timecode import parse_rate
from indexer.config import Settings
from indexer.errors import ExportError

_HANDLES = re.compile(r"(\d+(?:\.\d+)?)\s*s?")
_LOOKING = 0.1
"""Share of the work that goes into looking at the files."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to write, and where."""

    kind: Format
    title: str
    out: Path | None
    """None: text for standard output."""
    is_folder: bool = False
    """`out` is one, or becomes one."""
    rate: Fraction | None = None
    drops: bool | None = None
    handle_seconds: float = 0.0
    force: bool = False

    @staticmethod
    def read(*, kind: Format, title: str, as_json: bool, given: dict[str, Any]) -> "Order":
        """From the command line's words.

        Raises:
            ExportError, FrameRateError: an option cannot be used.
        """
        out: str | None = given["out"]
        if out is None and (as_json or kind in ("clips", "reel")):
            raise ExportError(f"name where to write with --out: {'a folder' if kind == 'clips' else 'a file'}")
        if kind == "reel" and (str(out).endswith("/") or Path(str(out)).is_dir()):
            raise ExportError(f"{out} is a folder; a reel is one file")
        handles = _HANDLES.fullmatch(str(given["handles"]).strip())
        if handles is None or float(handles[1]) > MOST_HANDLE_SECONDS:
            raise ExportError(f"--handles takes 0 to {MOST_HANDLE_SECONDS:g} seconds, got {given['handles']!r}")
        return Order(
            kind,
            title,
            None if out is None else Path(out),
            out is not None and (kind == "clips" or out.endswith("/") or Path(out).is_dir()),
            parse_rate(given["rate"]) if given["rate"] else None,
            given["drops"],
            float(handles[1]),
            given["force"],
        )


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    order: Order
    files: list[Path]
    moments: int
    kept: int = 0
    """Files that were there already."""
    text: str | None = None
    """For standard output, where no file was named."""
    warnings: list[str] = field(default_factory=list[str])

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object of an export."""
        return {
            "format": self.order.kind,
            "files": [str(path) for path in self.files],
            "moments": self.moments,
            "kept": self.kept,
            "warnings": self.warnings,
        }

    def summary(self) -> str:
        """A line for people."""
        from api.formatting import count_text
        from api.safe_text import safe_text

        place = self.files[0].parent if self.order.is_folder else self.files[0]
        what = count_text(len(self.files), "file") + " in " if self.order.is_folder else ""
        kept = f" ({self.kept:,} there already)" if self.kept else ""
        return f"{count_text(self.moments, 'moment')} -> {what}{safe_text(str(place))}{kept}"


def run_export(
    wanted: Sequence[Wanted],
    order: Order,
    *,
    settings: Settings,
    is_cancelled: Callable[[], bool] = lambda: False,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Written:
    """Write the moments as ordered.

    Raises:
        ExportError: the place is taken, or the format cannot hold them.
        FrameRateError: a rate is not known, or has no time code.
        VideoError: a video's file is gone, or cannot be read.
        CancelledError: `is_cancelled` said so; what is finished stays.
        OSError: no room, no permission.
    """
    if order.out is not None and not order.is_folder:
        check_free(order.out, force=order.force)
    child = MediaChild(settings, is_cancelled)
    prepared = prepare(
        child,
        wanted,
        order.kind,
        rate=order.rate,
        drops=order.drops,
        handle_seconds=order.handle_seconds,
        on_progress=lambda share: on_progress(_LOOKING * share),
    )
    takes = prepared.takes

    def further(share: float) -> None:
        on_progress(_LOOKING + (1 - _LOOKING) * share)

    match order.kind:
        case "clips":
            assert order.out is not None
            files, kept = write_clips(child, takes, order.out, force=order.force, on_progress=further)
            return Written(order, files, len(takes), kept, warnings=prepared.warnings)
        case "reel":
            assert order.out is not None
            write_reel(child, takes, order.out, rate=order.rate, force=order.force, on_progress=further)
            return Written(order, [order.out], len(takes), warnings=prepared.warnings)
        case _:
            made = documents(takes, order.kind, title=order.title, rate=order.rate)
            files = _write(made, order)
            text = made[0].text if order.out is None else None
            return Written(order, files, len(takes), text=text, warnings=prepared.warnings)


def _write(made: Sequence[Document], order: Order) -> list[Path]:
    if len(made) > 1 and not order.is_folder:
        names = ", ".join(one.name for one in made[:3])
        raise ExportError(f"this makes {len(made)} files ({names}...); name a folder with --out FOLDER/")
    if order.out is None:
        return []
    if not order.is_folder:
        write_data(order.out, made[0].data, force=order.force)
        return [order.out]
    make_folder(order.out)
    files = [order.out / one.name for one in made]
    for path in files:
        check_free(path, force=order.force)
    for one, path in zip(made, files, strict=True):
        write_data(path, one.data, force=order.force)
    return files
