"""Moments as pictures and sound: a ZIP of clips, or one reel of all. What was cut is kept, so asking again goes on."""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

from api.errors import BadRequestError
from api.export.clips import clip_names, cut_take
from api.export.reel import write_reel
from api.export.source_probe import MediaChild
from api.export.subclips import Take, title_of
from api.media.opened_file import OpenedFile
from api.service.files.media_preparer import REELS, Making, MediaDesk
from api.service.runtime import Runtime
from api.service.schemas.export import MOST_CLIP_SECONDS, MOST_CLIPS


def check_cut(takes: Sequence[Take]) -> None:
    """Raises BadRequestError where that is too much to be cut for one request."""
    seconds = float(sum(take.duration_seconds for take in takes))
    if len(takes) > MOST_CLIPS or seconds > MOST_CLIP_SECONDS:
        bounds = f"{MOST_CLIPS} clips and {MOST_CLIP_SECONDS:g} s together at most"
        message = f"{bounds}, here are {len(takes)} of {seconds:.0f} s"
        raise BadRequestError(message, fields=[("moments", message)])


async def clips_of(runtime: Runtime, desk: MediaDesk, takes: Sequence[Take]) -> OpenedFile:
    """The clips in one ZIP, which is gone once it was sent.

    Raises:
        PreparingError: they are still being cut; ask again.
        QueueFullError, UnplayableError, GoneError: see `MediaDesk.obtain`.
    """
    cut: list[OpenedFile] = []

    def make(take: Take, draft: Path, making: Making) -> None:
        cut_take(MediaChild(runtime.settings, desk.should_stop(making)), take, draft, most_side=desk.settings.most_side)

    try:
        for take in takes:
            name = f"{take.source.video.video_id}.frames-{take.first}-{take.stop}.mp4"
            making = partial(make, take)
            cut.append(await desk.obtain(desk.clips, name, making, queue=runtime.cuts, goes_on=False))
        return await runtime.lookups.run(lambda: _packed(runtime.cache_folder, cut, clip_names(takes)))
    finally:
        for opened in cut:
            opened.close()


async def reel_of(
    runtime: Runtime, desk: MediaDesk, takes: Sequence[Take], *, rate: Fraction | None = None
) -> OpenedFile:
    """One MP4 of all takes, with chapters; raises as `clips_of`.

    Args:
        rate: None: that of most of the takes.
    """

    def make(draft: Path, making: Making) -> None:
        def done(share: float) -> None:
            making.share = share

        child = MediaChild(runtime.settings, desk.should_stop(making))
        write_reel(child, takes, draft, rate=rate, force=True, on_progress=done)

    what = [(take.source.video.video_id, take.first, take.stop, title_of(take.wanted)) for take in takes]
    digest = hashlib.sha256(repr((what, rate)).encode()).hexdigest()
    return await desk.obtain(desk.clips, f"{REELS}{digest[:32]}.mp4", make, queue=desk.makings, goes_on=False)


def _packed(folder: Path, clips: Sequence[OpenedFile], names: Sequence[str]) -> OpenedFile:
    descriptor, name = tempfile.mkstemp(prefix="export-", suffix=".zip", dir=folder)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for clip, inside in zip(clips, names, strict=True):
                with archive.open(inside, "w", force_zip64=True) as entry:
                    place = 0
                    while piece := clip.read(place, 1 << 20):
                        entry.write(piece)
                        place += len(piece)
        return OpenedFile(os.open(path, os.O_RDONLY | os.O_CLOEXEC), path, name=path.stem)
    finally:
        path.unlink()
