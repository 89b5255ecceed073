"""Clips in a ZIP, or one reel, for the service. Finished clips are cached, so that a repeated request continues."""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

from api.errors import BadRequestError
from api.export.clips import clip_ending, clip_names, cut_subclip
from api.export.failed_moments import check_any_left
from api.export.reel import write_reel
from api.export.source_probe import MediaWorker
from api.export.subclips import Subclip, subclip_title
from api.media.opened_file import OpenedFile
from api.service.files.media_preparer import REELS, MediaPreparer, Preparation
from api.service.runtime import Runtime
from api.service.schemas.export import MOST_CLIP_SECONDS, MOST_CLIPS


def check_total_length(subclips: Sequence[Subclip]) -> None:
    """Raises BadRequestError when the subclips are too many or too long for one request."""
    seconds = float(sum(subclip.duration_seconds for subclip in subclips))
    if len(subclips) > MOST_CLIPS or seconds > MOST_CLIP_SECONDS:
        bounds = f"at most {MOST_CLIPS} clips and {MOST_CLIP_SECONDS:g} s in total"
        message = f"{bounds}, not {len(subclips)} clips of {seconds:.0f} s"
        raise BadRequestError(message, fields=[("moments", message)])


async def build_clips_zip(runtime: Runtime, preparer: MediaPreparer, subclips: Sequence[Subclip]) -> OpenedFile:
    """The clips in one ZIP, an unlinked file that disappears when closed.

    Raises:
        PreparingError: the clips are still being cut; retry later.
        QueueFullError, UnplayableError, GoneError: see `MediaPreparer.obtain`.
    """
    clips: list[OpenedFile] = []

    def make(subclip: Subclip, draft: Path, preparation: Preparation) -> None:
        cut_subclip(
            MediaWorker(runtime.settings, preparer.should_stop(preparation)),
            subclip,
            draft,
            max_side=preparer.settings.max_side,
        )

    try:
        for subclip in subclips:
            name = f"{subclip.source.video.video_id}.frames-{subclip.first}-{subclip.stop}.{clip_ending(subclip)}"
            preparation = partial(make, subclip)
            clips.append(
                await preparer.obtain(preparer.clips, name, preparation, queue=runtime.cuts, finish_unattended=False)
            )
        return await runtime.lookups.run(lambda: _write_zip(runtime.cache_folder, clips, clip_names(subclips)))
    finally:
        for opened in clips:
            opened.close()


async def build_reel(
    runtime: Runtime, preparer: MediaPreparer, subclips: Sequence[Subclip], *, rate: Fraction | None = None
) -> OpenedFile:
    """One MP4 of all subclips, with chapters. Raises as `build_clips_zip`.

    Args:
        rate: None uses the rate of most of the subclips.
    """

    def make(draft: Path, preparation: Preparation) -> None:
        def done(share: float) -> None:
            preparation.share = share

        worker = MediaWorker(runtime.settings, preparer.should_stop(preparation))
        check_any_left((), write_reel(worker, subclips, draft, rate=rate, force=True, on_progress=done))

    what = [
        (subclip.source.video.video_id, subclip.first, subclip.stop, subclip_title(subclip.moment))
        for subclip in subclips
    ]
    digest = hashlib.sha256(repr((what, rate)).encode()).hexdigest()
    return await preparer.obtain(
        preparer.clips, f"{REELS}{digest[:32]}.mp4", make, queue=preparer.preparations, finish_unattended=False
    )


def _write_zip(folder: Path, clips: Sequence[OpenedFile], names: Sequence[str]) -> OpenedFile:
    descriptor, name = tempfile.mkstemp(prefix="export-", suffix=".zip", dir=folder)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for clip, inside in zip(clips, names, strict=True):
                with archive.open(inside, "w", force_zip64=True) as entry:
                    position = 0
                    while chunk := clip.read(position, 1 << 20):
                        entry.write(chunk)
                        position += len(chunk)
        return OpenedFile(os.open(path, os.O_RDONLY | os.O_CLOEXEC), path, name=path.stem)
    finally:
        path.unlink()
