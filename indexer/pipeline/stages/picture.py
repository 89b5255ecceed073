"""The picture stage: decodes, cuts and embeds each video, and makes the row that all other stages extend.

A file with sound alone is cut at its pauses, and its thumbnails are waveforms. Subtitles come along, since the file is
open: a new video has its first two stages in one commit.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from indexer.catalog import NOT_APPLICABLE, STAGE_ENTRIES, TEXT_SOURCES
from indexer.config import Settings
from indexer.decode.metadata import clip_metadata
from indexer.errors import VideoError
from indexer.models.availability import Unavailable, missing_model
from indexer.models.profiles import Profile
from indexer.models.weights.files import weights_in
from indexer.pipeline.fingerprints import DECODE_VERSION
from indexer.pipeline.plan import Job
from indexer.pipeline.run_context import RunContext, bare_row
from indexer.pipeline.stages.base import Stage
from indexer.pipeline.stages.pending_video import (
    PendingVideo,
    PictureRows,
    encode_thumbnail,
    rows_of_pending_sound,
    rows_of_pending_video,
)
from indexer.pipeline.stages.picture_worker import FailedWork, PictureWorker
from indexer.pipeline.stages.subtitles import collect_subtitles, subtitle_fingerprint
from indexer.pipeline.stages.texts import rows_of_stage_texts
from indexer.pipeline.stages.unexpected import unexpected_as_video_error
from indexer.provenance import sampling_provenance
from indexer.records import MediaKind, Video
from indexer.segmentation.segmenter import VERSION as SEGMENTER_VERSION
from indexer.segmentation.sound_segmenter import VERSION as SOUND_VERSION
from indexer.subtitles.sidecars import sidecars_of

_STAGES_OF_PICTURES = tuple(entry.name for entry in STAGE_ENTRIES if entry.needs_pictures)


class PictureStage(Stage):
    """The first stage of a run."""

    name = "picture"
    one_thread_an_operation = True

    def __init__(self, run: RunContext) -> None:
        super().__init__(run)
        model = run.library.maker.picture_model or "no picture model"
        sampling = sampling_provenance(run.settings)
        self._fingerprints: dict[MediaKind, str] = {
            "video": " | ".join((DECODE_VERSION, SEGMENTER_VERSION, sampling, model)),
            "sound": " | ".join((DECODE_VERSION, SOUND_VERSION, sampling)),
        }

    @classmethod
    def unavailable(cls, profile: Profile, settings: Settings) -> Unavailable | None:
        if not profile.clip_model:
            why = f"the profile {profile.name} has no picture model, so segments are cut but not found by what is seen"
            return Unavailable("off", why, "index into a new library with --models small, or with --clip-model MODEL")
        directory = Path(profile.clip_model).expanduser()
        if directory.is_dir() and weights_in(directory):
            return None
        if not directory.is_absolute():
            from indexer.models.image_embedder import clip_weights_present  # takes seconds; only it knows hub names

            if clip_weights_present(profile.clip_model):
                return None
        return missing_model("picture model", profile.clip_model, "--clip-model")

    def fingerprint(self, video: Video) -> str:
        return self._fingerprints[video.kind]

    def make(self, jobs: Sequence[Job]) -> None:
        run = self.run
        lacking = [job for job in jobs if self.name in job.stages]
        if not lacking:
            return
        worker = PictureWorker(
            lacking,
            settings=run.settings,
            model=run.models.picture,
            spool_path=lambda name: run.library.staging_path() / name,
            emit=run.emit,
            cancel=run.cancel,
            readers=run.cores,
            embed_threads=self._embed_threads(),
        )
        for item in worker.results():
            if item is None:
                run.commits.flush_when_due()
            elif isinstance(item, FailedWork):
                run.fail(item.job, item.video_id, item.error)
            else:
                self._commit_or_fail(item)
        run.commits.flush()
        run.totals.stage_seconds |= {"decode": worker.decode_seconds, "embed": worker.embed_seconds}

    def _embed_threads(self) -> int:
        if self.run.models.picture is None:
            return 1  # unused
        from indexer.models.device import choose_device  # imports torch, which takes seconds

        return self.run.cores if choose_device(self.run.settings.device).device == "cpu" else 1

    def _commit_or_fail(self, work: PendingVideo) -> None:
        try:
            self._commit(work, work.job.files[0].path)
        except VideoError as error:
            self.run.fail(work.job, work.video_id, error)
        finally:
            work.spool.close()

    def _commit(self, work: PendingVideo, file: Path) -> None:
        run = self.run
        with unexpected_as_video_error(file):
            rows = _rows(work, run.settings)
        for segment, jpeg in zip(rows.segments, rows.thumbnails, strict=True):
            run.library.write_thumbnail(work.video_id, segment.index, jpeg)
        if work.cover is not None:
            run.library.write_cover(work.video_id, encode_thumbnail(work.cover))
        started = time.perf_counter()
        bare = bare_row(work.job, work.video_id)
        sidecars = sidecars_of([Path(path) for path in bare.paths])
        with unexpected_as_video_error(file):
            subtitles = collect_subtitles(sidecars, work.text_tracks, work.duration_seconds)
        subtitle_rows = rows_of_stage_texts(subtitles.texts, "subtitle", rows.segments, run.models.text)
        subtitle_seconds = run.totals.add_seconds_since(started, "text")
        video = replace(
            bare,
            duration_seconds=work.duration_seconds,
            probe=work.probe,
            metadata=clip_metadata(work.metadata, work.duration_seconds),
            warnings=(*work.warnings, *subtitles.warnings),
        )
        video = replace(
            video,
            stages={
                "picture": self.fingerprint(video),
                "subtitles": subtitle_fingerprint(run.library.maker.text_model, sidecars),
                **(dict.fromkeys(_STAGES_OF_PICTURES, NOT_APPLICABLE) if video.kind == "sound" else {}),
            },
        )
        run.warn(video, video.warnings)
        run.totals.indexed.add(video.video_id)
        run.commits.add(
            video,
            [("picture", len(rows.frame_rows), work.wall_seconds), ("subtitles", len(subtitle_rows), subtitle_seconds)],
            pictures=(rows.segment_rows, rows.frame_rows),
            texts=[(source, subtitle_rows if source == "subtitle" else ()) for source in TEXT_SOURCES],
        )


def _rows(work: PendingVideo, settings: Settings) -> PictureRows:
    if work.sound is not None:
        return rows_of_pending_sound(work, work.sound, settings)
    return rows_of_pending_video(work, settings)
