"""One MP4 for each take, cut to the frame. Blocks; the cutting is the media child's."""

from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

from api.export.file_names import distinct, safe_name
from api.export.output_files import make_folder, write_whole
from api.export.source_probe import MediaWorker
from api.export.subclips import Subclip
from indexer.errors import FrameRateError

MAX_SIDE = 8192
"""Clips keep their size, as far as H.264 goes."""


def clip_names(subclips: Sequence[Subclip]) -> list[str]:
    """Number, video and times to the millisecond: a clip that is there under this name is this clip."""
    numbers = max(3, len(str(len(subclips))))
    names = [
        f"{rank:0{numbers}d} {safe_name(PurePath(subclip.source.name).stem, max_bytes=100)}"
        f" {_clock(subclip, subclip.first)}-{_clock(subclip, subclip.stop)} {subclip.source.video.video_id[:8]}"
        for rank, subclip in enumerate(subclips, 1)
    ]
    return [f"{name}.mp4" for name in distinct(names)]


def write_clips(
    child: MediaWorker,
    subclips: Sequence[Subclip],
    folder: Path,
    *,
    force: bool = False,
    on_progress: Callable[[float], None] = lambda _: None,
) -> tuple[list[Path], int]:
    """(the clips, how many of them were there already). What is there is kept, so that an interrupted run goes on.

    Args:
        force: cut also what is there.

    Raises:
        VideoError: a file is gone or cannot be read; the clips before it stay.
        ExportError, OSError: the folder cannot be written to.
        CancelledError: told to stop.
    """
    make_folder(folder)
    paths = [folder / name for name in clip_names(subclips)]
    kept = 0
    for number, (subclip, path) in enumerate(zip(subclips, paths, strict=True)):
        if path.is_file() and not force:
            kept += 1
        else:
            write_whole(path, lambda draft, subclip=subclip: cut_subclip(child, subclip, draft), force=force)
        on_progress((number + 1) / len(subclips))
    return paths, kept


def cut_subclip(child: MediaWorker, subclip: Subclip, output: Path, *, max_side: int = MAX_SIDE) -> None:
    """Write one clip: H.264 and AAC, frame n at exactly n / rate, with the source's time code.

    Raises:
        VideoError: the file is gone or cannot be read.
    """
    rate = subclip.rate.per_second
    try:
        timecode = subclip.source_in
    except FrameRateError:
        timecode = ""
    child.ask(
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
    """Of a file's name, as `1.02.03.480`."""
    whole = round(subclip.rate.seconds(frame) * 1000)
    return f"{whole // 3_600_000}.{whole // 60_000 % 60:02d}.{whole // 1000 % 60:02d}.{whole % 1000:03d}"
