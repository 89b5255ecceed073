"""The speech stage: the sound of videos -> what was said in it, for many videos one after another.

The child decodes ahead while the model works; windows in which somebody may be speaking reach it in batches that span
videos. Finished videos come out; writing is the caller's.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.config import Settings
from indexer.decode.audio import AudioReader, open_audio
from indexer.errors import (
    DeviceMemoryError,
    GenerationCancelledError,
    ModelBrokenError,
    ModelError,
    ModelMissingError,
    VideoError,
)
from indexer.models.protocols import SpeechModel
from indexer.pipeline.events import IndexEvent, StageLeftOut, StageProgress
from indexer.pipeline.plan import Job, Plan
from indexer.pipeline.run_context import RunContext
from indexer.pipeline.stages.texts import keep_texts
from indexer.pipeline.stages.threaded import VideoTexts
from indexer.records import SoundPiece, TimedText, Video
from indexer.speech.transcript_filters import cues_of, kept_lines, without_repeats
from indexer.speech.voice_activity import VoiceWindow, voice_windows
from indexer.subtitles.cues import cut_to
from indexer.subtitles.passages import join_passages


@dataclass
class _Work:
    video: Video
    cues: list[TimedText] = field(default_factory=list[TimedText])
    error: VideoError | None = None
    warnings: tuple[str, ...] = ()
    started: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class _Read:
    """A window of a video; without one: the video ends here."""

    work: _Work
    window: VoiceWindow | None


class SpeechStage:
    """Runs the stage over videos whose pictures are indexed; iterate `results` once."""

    def __init__(
        self,
        videos: Sequence[Video],
        *,
        model: Callable[[], SpeechModel],
        settings: Settings,
        emit: Callable[[IndexEvent], None],
        cancel: threading.Event,
    ) -> None:
        """
        Args:
            videos: what to listen to, in order.
            model: gives the model, and is asked for it only once somebody may be speaking.
            emit: told of progress.
            cancel: set to stop within one token.
        """
        self._videos, self._model = videos, model
        self._settings, self._emit, self._cancel = settings, emit, cancel
        self.speech_seconds = 0.0
        """In the model."""

    def results(self) -> Iterator[VideoTexts]:
        """Finished videos in order.

        Raises:
            ModelError: the model cannot be loaded.
        """
        waiting: list[_Read] = []
        windows = 0
        try:
            for read in self._reads():
                if self._cancel.is_set():
                    return
                waiting.append(read)
                windows += read.window is not None
                if not windows or windows >= self._model().batch_sounds:
                    yield from self._finish(waiting)
                    waiting, windows = [], 0
            yield from self._finish(waiting)
        except GenerationCancelledError:
            return

    def _finish(self, reads: Sequence[_Read]) -> Iterator[VideoTexts]:
        heard = iter(self._transcribed([read.window for read in reads if read.window is not None]))
        for read in reads:
            work, video = read.work, read.work.video
            if read.window is not None:
                work.cues += next(heard)
                stop = read.window.span.stop_seconds
                self._emit(StageProgress(video.path, "speech", stop, video.duration_seconds))
            else:
                passages = [cut_to(passage, video.duration_seconds) for passage in join_passages(work.cues)]
                texts = tuple(passage for passage in passages if passage is not None)
                wall = time.perf_counter() - work.started
                yield VideoTexts(video, texts, work.error, wall, work.warnings)

    def _transcribed(self, windows: Sequence[VoiceWindow]) -> list[list[TimedText]]:
        if not windows:
            return []
        model = self._model()
        started = time.perf_counter()
        heard = model.transcribe([window.samples for window in windows], is_cancelled=self._cancel.is_set)
        self.speech_seconds += time.perf_counter() - started
        return [
            cues_of(kept_lines(one), start_seconds=window.span.start_seconds, language=one.language)
            for window, one in zip(windows, heard, strict=True)
        ]

    def _reads(self) -> Iterator[_Read]:
        for video in self._videos:
            work = _Work(video)
            try:
                if video.probe is None or video.probe.audio_streams:
                    with open_audio(Path(video.path), settings=self._settings) as sound:
                        yield from (_Read(work, window) for window in voice_windows(self._pieces(sound, video)))
                        work.warnings = sound.warnings
            except VideoError as error:
                work.error = error
            yield _Read(work, None)

    def _pieces(self, sound: AudioReader, video: Video) -> Iterator[SoundPiece]:
        """Sound up to the last picture: what is heard later has no place on the player's clock."""
        for piece in sound.pieces():
            if self._cancel.is_set() or piece.start_seconds >= video.duration_seconds:
                return
            yield piece
            self._emit(StageProgress(video.path, "speech", piece.start_seconds, video.duration_seconds))


UNNAMED = "the profile names no speech model; name one with --speech-model, as openai/whisper-base"


def fetch_speech_model(run: RunContext, plan: Plan) -> Plan:
    """Has the model on this machine where it is needed; the plan without what cannot be made without it."""
    if run.settings.speech and not run.needs.speech:
        _leave_out(run, UNNAMED)
    if not run.needs.speech or not any({"picture", "speech"} & set(job.stages) for job in plan.jobs):
        return plan
    try:
        run.transcriber.fetch()
    except ModelError as error:
        _leave_out(run, str(error))
        only = [job for job in plan.jobs if job.stages == ("speech",)]
        skipped = [(str(file.path), "indexed already, but for speech") for job in only for file in job.files]
        jobs = tuple(job for job in plan.jobs if job not in only)
        return replace(plan, jobs=jobs, skipped=(*plan.skipped, *skipped))
    run.needs.transcriber = run.transcriber.name
    return plan


def make_speech(run: RunContext, jobs: Sequence[Job]) -> None:
    """Of what was just indexed, and of what an earlier run left without it."""
    earlier = [job.known for job in jobs if job.known is not None]
    videos = {video.video_id: video for video in earlier} | run.commits.done
    wanted = sorted((video for video in videos.values() if run.needs.speech_of(video)), key=lambda item: item.path)
    unheard: list[Video] = []
    for video in wanted:
        if run.cancel.is_set():
            return
        if run.settings.speech_beside_subtitles or not run.library.texts(video.video_id, "subtitle"):
            unheard.append(video)
        else:
            _keep(run, VideoTexts(video, (), None, 0.0), subtitled=True)
    if unheard and run.needs.transcriber:
        _listen(run, unheard)
    run.commits.flush()


def _listen(run: RunContext, videos: Sequence[Video]) -> None:
    stage = SpeechStage(videos, model=run.transcriber.model, settings=run.settings, emit=run.emit, cancel=run.cancel)
    try:
        for item in stage.results():
            _keep(run, item, subtitled=False)
    except (ModelMissingError, ModelBrokenError, DeviceMemoryError) as error:
        _leave_out(run, str(error))
    finally:
        run.transcriber.let_go()
        run.tally.stage_seconds["speech"] = stage.speech_seconds


def _keep(run: RunContext, made: VideoTexts, *, subtitled: bool) -> None:
    subtitles = run.library.texts(made.video.video_id, "subtitle") if made.texts else []
    said = [TimedText(row.span, row.text, row.language) for row in subtitles]
    keep_texts(
        run,
        replace(made, texts=tuple(without_repeats(made.texts, said))),
        stage="speech",
        source="speech",
        fingerprint=run.needs.speech_fingerprint(made.video, subtitled=subtitled),
        complaint="speech was not written down",
    )


def _leave_out(run: RunContext, reason: str) -> None:
    run.needs.transcriber = ""
    run.emit(StageLeftOut("speech", f"{reason}; or leave it out with --no-speech"))
