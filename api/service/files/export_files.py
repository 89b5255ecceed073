"""Clips in a ZIP, or one reel, for the service. Finished clips are cached, so that a repeated request continues."""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

from api.errors import BadRequestError, GoneError
from api.export.clips import clip_ending, clip_names, cut_subclip
from api.export.failed_moments import FailedMoment, check_any_left
from api.export.reel import write_reel
from api.export.source_probe import MediaWorker
from api.export.subclips import Subclip, subclip_title
from api.media.errors import UnplayableError
from api.media.opened_file import OpenedFile
from api.service.files.media_preparer import REELS, MediaPreparer, Preparation
from api.service.files.not_exported import ENTRY, Row, not_exported, not_exported_text
from api.service.runtime import Runtime
from api.service.schemas.export import MOST_CLIP_SECONDS, MOST_CLIPS


def check_total_length(subclips: Sequence[Subclip]) -> None:
    """Raises BadRequestError when the subclips are too many or too long for one request."""
    seconds = float(sum(subclip.duration_seconds for subclip in subclips))
    if len(subclips) > MOST_CLIPS or seconds > MOST_CLIP_SECONDS:
        bounds = f"at most {MOST_CLIPS} clips and {MOST_CLIP_SECONDS:g} s in total"
        message = f"{bounds}, not {len(subclips)} clips of {seconds:.0f} s"
        raise BadRequestError(message, fields=[("moments", message)])


async def build_clips_zip(
    runtime: Runtime, preparer: MediaPreparer, subclips: Sequence[Subclip], failed: Sequence[FailedMoment]
) -> tuple[OpenedFile, list[Row]]:
    """The clips in one ZIP, an unlinked file that disappears when closed; and the moments that are not in it.

    Args:
        failed: those that are left out already; the ZIP names them as well.

    Raises:
        PreparingError: the clips are still being cut; retry later.
        QueueFullError: see `MediaPreparer.obtain`.
        UnplayableError, GoneError: no clip can be cut.
    """
    clips: list[OpenedFile] = []
    cut: list[Subclip] = []
    failed = [*failed]

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
            try:
                clips.append(
                    await preparer.obtain(
                        preparer.clips, name, preparation, queue=runtime.cuts, finish_unattended=False
                    )
                )
                cut.append(subclip)
            except (UnplayableError, GoneError) as error:
                failed.append(FailedMoment.of(subclip.moment, error))
        check_any_left(cut, failed)
        rows = not_exported(failed)
        text = not_exported_text(rows)
        archive = await runtime.lookups.run(lambda: _write_zip(runtime.cache_folder, clips, clip_names(cut), text))
        return archive, rows
    finally:
        for opened in clips:
            opened.close()


async def build_reel(
    runtime: Runtime, preparer: MediaPreparer, subclips: Sequence[Subclip], *, rate: Fraction | None = None
) -> tuple[OpenedFile, list[Row]]:
    """One MP4 of all subclips, with chapters; and the moments that are not in it. Raises as `build_clips_zip`.

    Args:
        rate: None uses the rate of most of the subclips.
    """

    def make(draft: Path, preparation: Preparation) -> None:
        def done(share: float) -> None:
            preparation.share = share

        worker = MediaWorker(runtime.settings, preparer.should_stop(preparation))
        uncut = write_reel(worker, subclips, draft, rate=rate, force=True, on_progress=done)
        told = preparer.clips.draft(f"{name}.json")
        told.write_text(json.dumps(not_exported(uncut)), encoding="ascii")
        preparer.clips.keep(told, f"{name}.json").close()

    what = [
        (subclip.source.video.video_id, subclip.first, subclip.stop, subclip_title(subclip.moment))
        for subclip in subclips
    ]
    name = f"{REELS}{hashlib.sha256(repr((what, rate)).encode()).hexdigest()[:32]}"
    reel = await preparer.obtain(
        preparer.clips, f"{name}.mp4", make, queue=preparer.preparations, finish_unattended=False
    )
    return reel, await runtime.lookups.run(lambda: _kept_rows(preparer, f"{name}.json"))


def _kept_rows(preparer: MediaPreparer, name: str) -> list[Row]:
    """What is kept beside a reel that was made earlier."""
    kept = preparer.clips.open(name)
    if kept is None:
        return []
    try:
        return json.loads(kept.read(0, kept.size_bytes))
    finally:
        kept.close()


def _write_zip(folder: Path, clips: Sequence[OpenedFile], names: Sequence[str], not_exported: str) -> OpenedFile:
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
            if not_exported:
                archive.writestr(ENTRY, not_exported)
        return OpenedFile(os.open(path, os.O_RDONLY | os.O_CLOEXEC), path, name=path.stem)
    finally:
        path.unlink()
