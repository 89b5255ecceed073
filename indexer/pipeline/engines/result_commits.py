"""The driver's side of a job: what is sent to a worker, and what comes back written into the run's library.

The driver is the library's one writer, so no row can be committed twice, whatever becomes of workers.
"""

from dataclasses import replace

import numpy as np

from indexer.catalog import FIRST_STAGE, TEXT_SOURCES
from indexer.errors import VanishedVideoError, VideoError
from indexer.pipeline.engines.messages import JobOrder, JobResult
from indexer.pipeline.engines.seen_files import reason_not_seen
from indexer.pipeline.events import StageFailed, StageFinished, StageLeftOut, VideoFailed
from indexer.pipeline.plan import Job
from indexer.pipeline.run_context import RunContext
from indexer.records import Video
from indexer.speech.diarization import Voices
from indexer.speech.speakers import SpeakerBook


def order_of(job: Job, run: RunContext) -> JobOrder:
    """The job with the rows that its stages build on."""
    if job.known is None or FIRST_STAGE not in job.known.stages:
        return JobOrder(job)
    library, video_id = run.library, job.known.video_id
    texts = [(source, library.texts(video_id, source)) for source in TEXT_SOURCES]
    return JobOrder(job, (library.segments(video_id), library.frames(video_id)), texts)


class ResultCommits:
    """Writes results and tells what happened, as the stages of a local run do."""

    def __init__(self, run: RunContext) -> None:
        self._run = run
        self._speakers: SpeakerBook | None = None
        self._left_out: set[StageLeftOut] = set()

    def add(self, job: Job, outcome: JobResult | VideoError) -> None:
        """Queues what a worker made of a video, or tells why none could; the caller flushes."""
        if isinstance(outcome, JobResult):
            self._add(job, outcome)
        else:
            self._fail(job, outcome)

    def _add(self, job: Job, result: JobResult) -> None:
        run = self._run
        for stage, seconds in result.stage_seconds.items():
            if stage != "write":
                run.totals.stage_seconds[stage] = run.totals.stage_seconds.get(stage, 0.0) + seconds
        run.totals.failed_stages += result.failed_stages
        if result.failure_log:
            run.failure_log.append(result.failure_log)
        failed = [event for event in result.events if isinstance(event, VideoFailed | StageFailed)]
        finished = [event for event in result.events if isinstance(event, StageFinished)]
        if result.video is not None:
            self._write(job, result, result.video, finished, failed)
        for event in result.events:
            is_told = event in self._left_out
            if isinstance(event, StageLeftOut):
                self._left_out.add(event)
            if not (is_told or event in finished or (result.video is not None and event in failed)):
                run.emit(event)

    def _fail(self, job: Job, error: VideoError) -> None:
        """Records nothing, so the next run tries it again."""
        path = job.files[0].path
        if reason_not_seen(job.files[0]):
            error = VanishedVideoError(f"{path} disappeared or changed before it was read; index again when it is back")
        self._run.emit(VideoFailed(str(path), error.kind, str(error)))

    def _write(
        self,
        job: Job,
        result: JobResult,
        video: Video,
        finished: list[StageFinished],
        failed: list[VideoFailed | StageFailed],
    ) -> None:
        library = self._run.library
        if video.failure_kind and job.known is not None and job.known.stages:
            library.remove_videos([video.video_id])  # rows of an earlier run
        segments = result.pictures[0] if result.pictures else ()
        for segment, jpeg in zip(segments, result.thumbnails, strict=True):
            library.write_thumbnail(video.video_id, segment.index, jpeg)
        if result.cover is not None:
            library.write_cover(video.video_id, result.cover)
        if any(event.stage == "speech" for event in finished):
            video = self._with_speakers(video)
        made = [(event.stage, event.rows, event.wall_seconds) for event in finished]
        self._run.commits.add(video, made, pictures=result.pictures, texts=result.texts, failed=failed)
        if finished:
            self._run.totals.indexed.add(video.video_id)

    def _with_speakers(self, video: Video) -> Video:
        """The video with its voices named after the library's speakers, whom the worker does not know."""
        if self._speakers is None:
            self._speakers = SpeakerBook(self._run.library.videos())
        voices = None
        if video.voices:
            vectors = np.stack([np.frombuffer(voice.vector, "<f2").astype(np.float32) for voice in video.voices])
            voices = Voices((), (), vectors, tuple(voice.seconds for voice in video.voices))
        return replace(video, voices=self._speakers.name_voices(video.video_id, voices))
