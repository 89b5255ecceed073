"""The speech stage: the sound of videos -> what was said in it, for many videos one after another.

The child decodes ahead while the model works; windows in which somebody may be speaking reach it in batches that span
videos. Finished videos come out; writing is the caller's.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexer.config import Settings
from indexer.decode.audio import SoundReader, open_sound
from indexer.errors import GenerationCancelledError, VideoError
from indexer.models.protocols import SpeechModel
from indexer.pipeline.events import IndexEvent, StageProgress
from indexer.pipeline.stages.texts import VideoTexts
from indexer.pipeline.stages.unexpected import as_video_error
from indexer.records import SoundPiece, TimedText, Video
from indexer.speech.transcript_filters import cues_of, kept_lines
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


class SpeechWorker:
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
                with as_video_error(video.path):
                    yield from self._windows_of(work)
            except VideoError as error:
                work.error = error
            yield _Read(work, None)

    def _windows_of(self, work: _Work) -> Iterator[_Read]:
        video = work.video
        if video.probe is None or video.probe.audio_streams:
            with open_sound(Path(video.path), settings=self._settings) as sound:
                yield from (_Read(work, window) for window in voice_windows(self._pieces(sound, video)))
                work.warnings = sound.warnings

    def _pieces(self, sound: SoundReader, video: Video) -> Iterator[SoundPiece]:
        """Sound up to the last picture: what is heard later has no place on the player's clock."""
        for piece in sound.pieces():
            if self._cancel.is_set() or piece.start_seconds >= video.duration_seconds:
                return
            yield piece
            self._emit(StageProgress(video.path, "speech", piece.start_seconds, video.duration_seconds))
