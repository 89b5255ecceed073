"""The picture stage: decodes, cuts and embeds each video, and makes the row that all other stages extend.

A file with sound alone is cut at its pauses, and its thumbnails are waveforms. Subtitles come along, since the file is
open: a new video has its first two stages in one commit.
"""

from collections.abc import Sequence
from dataclasses import replace

from indexer.catalog import NOT_APPLICABLE, STAGE_ENTRIES, TEXT_SOURCES
from indexer.config import Settings
from indexer.decode.metadata import clip_metadata
from indexer.errors import VideoError
from indexer.models.availability import Unavailable, is_picture_model_here, missing_model
from indexer.models.profiles import Profile
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
from indexer.pipeline.stages.subtitles import SubtitleStage
from indexer.pipeline.stages.unexpected import unexpected_as_video_error
from indexer.provenance import sampling_provenance
from indexer.records import MediaKind, Segment, Video
from indexer.segmentation.segmenter import VERSION as SEGMENTER_VERSION
from indexer.segmentation.sound_segmenter import VERSION as SOUND_VERSION

NO_MODEL = "no picture model"
"""Ends the fingerprint of a video that was indexed without one."""
_STAGES_OF_PICTURES = tuple(entry.name for entry in STAGE_ENTRIES if entry.needs_pictures)


class PictureStage(Stage):
    """The first stage of a run."""

    name = "picture"
    one_thread_an_operation = True

    def __init__(self, run: RunContext) -> None:
        super().__init__(run)
        model = run.library.maker.picture_model or NO_MODEL
        self._subtitles = SubtitleStage(run)
        sampling = sampling_provenance(run.settings)
        self._fingerprints: dict[MediaKind, str] = {
            "video": self._of_video(sampling, model),
            "sound": " | ".join((DECODE_VERSION, SOUND_VERSION, sampling)),
        }
        self._without_model = self._of_video(sampling, NO_MODEL)

    @staticmethod
    def _of_video(sampling: str, model: str) -> str:
        return " | ".join((DECODE_VERSION, SEGMENTER_VERSION, sampling, model))

    @classmethod
    def unavailable(cls, profile: Profile, settings: Settings) -> Unavailable | None:
        if not profile.clip_model:
            why = f"the profile {profile.name} has no picture model, so segments are cut but not found by what is seen"
            how = "`reelseek models fetch small`, then `reelseek index PATH --models small` adds one to this library"
            return Unavailable("off", why, how)
        if is_picture_model_here(profile.clip_model):
            return None
        return missing_model("picture model", profile.clip_model, "--clip-model")

    @classmethod
    def is_made(cls, video: Video, profile: Profile) -> bool:
        """Segments of a video that was indexed without a picture model are not found by what is seen."""
        fingerprint = video.stages.get(cls.name, "")
        return bool(fingerprint) and not (profile.clip_model and fingerprint.endswith(NO_MODEL))

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
            open_spool=run.library.open_spool,
            emit=run.emit,
            cancel=run.cancel,
            readers=run.cores,
            embed_threads=self._embed_threads(),
        )
        for item in worker.results():
            if isinstance(item, FailedWork):
                run.fail(item.job, item.video_id, item.error, fingerprint=self._fingerprints["video"])
            elif item is not None:
                self._commit_or_fail(item)
            run.commits.flush_when_due()
        run.commits.flush()
        run.totals.stage_seconds |= {"decode": worker.decode_seconds, "embed": worker.embed_seconds}

    def _embed_threads(self) -> int:
        if self.run.models.picture is None:
            return 1  # unused
        from indexer.models.device import choose_device  # imports torch, which takes seconds

        return self.run.cores if choose_device(self.run.settings.device).device == "cpu" else 1

    def _commit_or_fail(self, work: PendingVideo) -> None:
        try:
            with unexpected_as_video_error(work.job.files[0].path):
                if work.error is not None:
                    raise work.error
                video, segments = self._commit(work)
        except VideoError as error:
            self.run.fail(work.job, work.video_id, error, fingerprint=self._fingerprints["video"])
        else:
            self._subtitles.make_one(video, segments, tracks=lambda: work.text_tracks)
        finally:
            work.spool.close()

    def _commit(self, work: PendingVideo) -> tuple[Video, Sequence[Segment]]:
        run = self.run
        rows = _rows(work, run.settings)
        for segment, jpeg in zip(rows.segments, rows.thumbnails, strict=True):
            run.library.write_thumbnail(work.video_id, segment.index, jpeg)
        if work.cover is not None:
            run.library.write_cover(work.video_id, encode_thumbnail(work.cover))
        kept = self._known_with_texts(work.job, rows.segments)
        video = replace(
            kept or bare_row(work.job, work.video_id),
            duration_seconds=work.duration_seconds,
            probe=work.probe,
            metadata=clip_metadata(work.metadata, work.duration_seconds),
            warnings=tuple(dict.fromkeys((*(kept.warnings if kept else ()), *work.warnings))),
        )
        video = video.with_stage(self.name, self.fingerprint(video))
        if video.kind == "sound":
            without = dict.fromkeys(_STAGES_OF_PICTURES, NOT_APPLICABLE)
            video = replace(video, stages={**video.stages, **without})
        finished = [(self.name, len(rows.frame_rows), work.wall_seconds)]
        pictures = rows.segment_rows, rows.frame_rows
        emptied = () if kept else TEXT_SOURCES
        run.commits.add(video, finished, pictures=pictures, texts=[(source, ()) for source in emptied])
        run.warn(video, work.warnings)
        run.totals.indexed.add(video.video_id)
        return video, rows.segments

    def _known_with_texts(self, job: Job, segments: Sequence[Segment]) -> Video | None:
        """The video as it is known, where it lacked nothing but the vectors of its pictures: its texts stay."""
        known = job.known
        if known is None or known.stages.get(self.name) != self._without_model:
            return None
        return known if self.run.segments_of(known) == list(segments) else None


def _rows(work: PendingVideo, settings: Settings) -> PictureRows:
    if work.sound is not None:
        return rows_of_pending_sound(work, work.sound, settings)
    return rows_of_pending_video(work, settings)
