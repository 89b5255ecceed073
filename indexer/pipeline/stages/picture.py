"""The picture stage: decodes, cuts and embeds each video, and makes the row that all other stages extend.

Subtitles come along, since the file is open: a new video has its first two stages in one commit.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from indexer.catalog import TEXT_SOURCES
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
from indexer.pipeline.stages.pending_video import PendingVideo, rows_of_pending_video
from indexer.pipeline.stages.picture_worker import FailedWork, PictureWorker
from indexer.pipeline.stages.subtitles import collect_subtitles, subtitle_fingerprint
from indexer.pipeline.stages.texts import rows_of_stage_texts
from indexer.pipeline.stages.unexpected import unexpected_as_video_error
from indexer.provenance import sampling_provenance
from indexer.records import Video
from indexer.segmentation.segmenter import VERSION as SEGMENTER_VERSION
from indexer.subtitles.sidecars import sidecars_of


class PictureStage(Stage):
    """The first stage of a run."""

    name = "picture"
    one_thread_an_operation = True

    def __init__(self, run: RunContext) -> None:
        super().__init__(run)
        model = run.library.maker.picture_model or "no picture model"
        self._fingerprint = " | ".join((DECODE_VERSION, SEGMENTER_VERSION, sampling_provenance(run.settings), model))

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
        return self._fingerprint

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
            rows = rows_of_pending_video(work, run.settings)
        for segment, frame in zip(rows.segments, rows.thumbnails, strict=True):
            run.library.write_thumbnail(work.video_id, segment.index, work.spool.read(frame))
        started = time.perf_counter()
        bare = bare_row(work.job, work.video_id)
        sidecars = sidecars_of([Path(path) for path in bare.paths])
        with unexpected_as_video_error(file):
            subtitles = collect_subtitles(sidecars, work.text_tracks, work.duration_seconds)
        subtitle_rows = rows_of_stage_texts(subtitles.texts, "subtitle", rows.segments, run, bare)
        subtitle_seconds = run.totals.add_seconds_since(started, "text")
        video = replace(
            bare,
            duration_seconds=work.duration_seconds,
            probe=work.probe,
            metadata=clip_metadata(work.metadata, work.duration_seconds),
            warnings=(*work.warnings, *subtitles.warnings),
            stages={
                "picture": self._fingerprint,
                "subtitles": subtitle_fingerprint(run.library.maker.text_model, sidecars),
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
