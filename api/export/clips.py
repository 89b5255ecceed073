"""Export of subclips as MP4 files, cut to the frame by the media worker; of recordings as M4A. Blocks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from api.export.failed_moments import FailedMoment, check_any_left
from api.export.file_names import distinct_file_names, safe_name
from api.export.output_files import make_folder, write_whole
from api.export.source_probe import MediaWorker
from api.export.subclips import Subclip
from indexer.errors import FrameRateError, VideoError

MAX_SIDE = 8192
"""Clips keep their size up to H.264's limit."""


def clip_names(subclips: Sequence[Subclip]) -> list[str]:
    """File names of number, video and times in milliseconds: an existing file of the same name is the same clip."""
    numbers = max(3, len(str(len(subclips))))
    names = [
        f"{rank:0{numbers}d} {safe_name(PurePath(subclip.source.name).stem, max_bytes=100)}"
        f" {_clock(subclip, subclip.first)}-{_clock(subclip, subclip.stop)} {subclip.source.video.video_id[:8]}"
        for rank, subclip in enumerate(subclips, 1)
    ]
    return [
        f"{name}.{clip_ending(subclip)}" for name, subclip in zip(distinct_file_names(names), subclips, strict=True)
    ]


def clip_ending(subclip: Subclip) -> str:
    """The file extension of a clip."""
    return "mp4" if subclip.source.has_pictures else "m4a"


@dataclass(slots=True)
class WrittenClips:
    """What became of the clips of an export."""

    paths: list[Path] = field(default_factory=list[Path])
    existing: int = 0
    """How many of them existed before."""
    failed: list[FailedMoment] = field(default_factory=list[FailedMoment])
    """Those that could not be cut."""


def write_clips(
    worker: MediaWorker,
    subclips: Sequence[Subclip],
    folder: Path,
    *,
    force: bool = False,
    on_progress: Callable[[float], None] = lambda _: None,
) -> WrittenClips:
    """Write the clips. Existing ones are skipped, so an interrupted export can continue.

    Args:
        force: replace existing clips.

    Raises:
        VideoError: no clip can be cut.
        ExportError, OSError: the folder cannot be written to.
        CancelledError: the export was cancelled.
    """
    make_folder(folder)
    written = WrittenClips()
    for number, (subclip, name) in enumerate(zip(subclips, clip_names(subclips), strict=True)):
        path = folder / name
        try:
            if path.is_file() and not force:
                written.existing += 1
            else:
                write_whole(path, lambda draft, subclip=subclip: cut_subclip(worker, subclip, draft), force=force)
            written.paths.append(path)
        except VideoError as error:
            written.failed.append(FailedMoment.of(subclip.moment, error))
        on_progress((number + 1) / len(subclips))
    check_any_left(written.paths, written.failed)
    return written


def cut_subclip(worker: MediaWorker, subclip: Subclip, output: Path, *, max_side: int = MAX_SIDE) -> None:
    """Write one clip: H.264 and AAC, frame n at exactly n / rate, with the source's time code. Of a recording: AAC.

    Raises:
        VideoError: the source is missing or unreadable.
    """
    rate = subclip.rate.per_second
    try:
        timecode = subclip.source_in
    except FrameRateError:
        timecode = ""
    worker.run(
        subclip.source.video,
        "clip",
        output=output,
        start_seconds=float(subclip.rate.seconds(subclip.first)),
        stop_seconds=float(subclip.rate.seconds(subclip.stop)),
        rate=(rate.numerator, rate.denominator),
        timecode=timecode,
        max_side=max_side,
    )


def _clock(subclip: Subclip, frame: int) -> str:
    """Start time of a frame for file names: `1.02.03.480`."""
    whole = round(subclip.rate.seconds(frame) * 1000)
    return f"{whole // 3_600_000}.{whole // 60_000 % 60:02d}.{whole // 1000 % 60:02d}.{whole % 1000:03d}"
