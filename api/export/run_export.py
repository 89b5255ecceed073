"""Running of one export, from moments to files, for the command line."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from api.export.clips import write_clips
from api.export.document_formats import Document, render_documents
from api.export.failed_moments import FailedMoment
from api.export.formats import Format
from api.export.output_files import check_free, make_folder, write_data
from api.export.reel import write_reel
from api.export.source_probe import MediaWorker
from api.export.subclip_preparation import MAX_HANDLE_SECONDS, prepare_subclips
from api.export.subclips import RequestedMoment
from api.media.timecode import parse_rate
from indexer.config import Settings
from indexer.errors import ExportError

_HANDLES = re.compile(r"(\d+(?:\.\d+)?)\s*s?")
_PROBING_SHARE = 0.1
"""Share of the progress that probing the source files accounts for."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Options of an export."""

    kind: Format
    title: str
    out: Path | None
    """Output file or folder; None returns text for standard output."""
    is_folder: bool = False
    """`out` is a folder, or will be created as one."""
    rate: Fraction | None = None
    drops: bool | None = None
    handle_seconds: float = 0.0
    force: bool = False

    @staticmethod
    def read(*, kind: Format, title: str, as_json: bool, given: dict[str, Any]) -> "ExportOptions":
        """Options from those of the command line.

        Raises:
            ExportError, FrameRateError: an option is invalid.
        """
        out: str | None = given["out"]
        if out is None and (as_json or kind in ("clips", "reel")):
            raise ExportError(f"no output given; use --out with {'a folder' if kind == 'clips' else 'a file'}")
        if kind == "reel" and (str(out).endswith("/") or Path(str(out)).is_dir()):
            raise ExportError(f"{out} is a folder; a reel is one file")
        return ExportOptions(
            kind,
            title,
            None if out is None else Path(out),
            out is not None and (kind == "clips" or out.endswith("/") or Path(out).is_dir()),
            parse_rate(given["rate"]) if given["rate"] else None,
            given["drops"],
            read_handles(given["handles"]),
            given["force"],
        )


def read_handles(given: object) -> float:
    """The seconds of `--handles`.

    Raises:
        ExportError: it is no number of seconds, or too large.
    """
    handles = _HANDLES.fullmatch(str(given).strip())
    if handles is None or float(handles[1]) > MAX_HANDLE_SECONDS:
        raise ExportError(f"--handles takes 0 to {MAX_HANDLE_SECONDS:g} seconds, got {given!r}")
    return float(handles[1])


@dataclass(frozen=True, slots=True)
class ExportResult:
    """Result of an export."""

    options: ExportOptions
    files: list[Path]
    moments: int
    existing: int = 0
    """Number of clips that existed already."""
    text: str | None = None
    """Text for standard output, when no file was named."""
    warnings: list[str] = field(default_factory=list[str])
    failed: list[FailedMoment] = field(default_factory=list[FailedMoment])
    """Moments that could not be exported."""

    def to_json(self) -> dict[str, Any]:
        """The JSON object documented in `docs/json.md`."""
        return {
            "format": self.options.kind,
            "files": [str(path) for path in self.files],
            "moments": self.moments,
            "kept": self.existing,
            "warnings": self.warnings,
            "failed": [one.to_json() for one in self.failed],
        }

    def summary(self) -> str:
        """A line for people."""
        from api.formatting import count_text
        from api.safe_text import safe_text

        target = self.files[0].parent if self.options.is_folder else self.files[0]
        what = count_text(len(self.files), "file") + " in " if self.options.is_folder else ""
        existing = f" ({self.existing:,} there already)" if self.existing else ""
        return f"{count_text(self.moments, 'moment')} -> {what}{safe_text(str(target))}{existing}"


def run_export(
    moments: Sequence[RequestedMoment],
    options: ExportOptions,
    *,
    settings: Settings,
    is_cancelled: Callable[[], bool] = lambda: False,
    on_progress: Callable[[float], None] = lambda _: None,
) -> ExportResult:
    """Export the moments. Where some can be exported and others not, the latter are named in the result.

    Raises:
        ExportError: the path exists, or the format cannot represent the moments.
        FrameRateError: no moment has a frame rate that is known, and has a time code where one is needed.
        VideoError: every source is missing or unreadable.
        CancelledError: `is_cancelled` returned True; finished files are kept.
        OSError: no space, no permission.
    """
    if options.out is not None and not options.is_folder:
        check_free(options.out, force=options.force)
    worker = MediaWorker(settings, is_cancelled)
    prepared = prepare_subclips(
        worker,
        moments,
        options.kind,
        rate=options.rate,
        drops=options.drops,
        handle_seconds=options.handle_seconds,
        on_progress=lambda share: on_progress(_PROBING_SHARE * share),
    )
    subclips = prepared.subclips

    def on_write_progress(share: float) -> None:
        on_progress(_PROBING_SHARE + (1 - _PROBING_SHARE) * share)

    match options.kind:
        case "clips":
            assert options.out is not None
            clips = write_clips(worker, subclips, options.out, force=options.force, on_progress=on_write_progress)
            failed = [*prepared.failed, *clips.failed]
            return ExportResult(
                options, clips.paths, len(clips.paths), clips.existing, warnings=prepared.warnings, failed=failed
            )
        case "reel":
            assert options.out is not None
            uncut = write_reel(
                worker, subclips, options.out, rate=options.rate, force=options.force, on_progress=on_write_progress
            )
            count, failed = len(subclips) - len(uncut), [*prepared.failed, *uncut]
            return ExportResult(options, [options.out], count, warnings=prepared.warnings, failed=failed)
        case _:
            documents = render_documents(
                subclips, options.kind, title=options.title, rate=options.rate, drops=options.drops
            )
            files = _write(documents, options)
            text = documents[0].text if options.out is None else None
            return ExportResult(
                options, files, len(subclips), text=text, warnings=prepared.warnings, failed=prepared.failed
            )


def _write(documents: Sequence[Document], options: ExportOptions) -> list[Path]:
    if len(documents) > 1 and not options.is_folder:
        names = ", ".join(one.name for one in documents[:3])
        raise ExportError(f"this makes {len(documents)} files ({names}...); give a folder with --out FOLDER/")
    if options.out is None:
        return []
    if not options.is_folder:
        write_data(options.out, documents[0].data, force=options.force)
        return [options.out]
    make_folder(options.out)
    files = [options.out / one.name for one in documents]
    for path in files:
        check_free(path, force=options.force)
    for one, path in zip(documents, files, strict=True):
        write_data(path, one.data, force=options.force)
    return files
