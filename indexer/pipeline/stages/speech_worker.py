"""The worker of the speech stage: videos in, transcripts of their sound out. Writes nothing.

The decoder runs ahead while the model works. Windows in which somebody may be speaking reach the model in batches that
span videos.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexer.config import Settings
from indexer.decode.audio import AudioReader, open_audio
from indexer.errors import GenerationCancelledError, VideoError
from indexer.models.protocols import SpeechModel
from indexer.pipeline.events import IndexEvent, StageProgress
from indexer.pipeline.stages.texts import VideoTexts
from indexer.pipeline.stages.unexpected import unexpected_as_video_error
from indexer.records import SoundPiece, TimedText, Video
from indexer.speech.transcript_filters import reliable_lines, split_into_cues
from indexer.speech.voice_activity import VoiceWindow, voice_windows
from indexer.subtitles.cues import cut_cues_to
from indexer.subtitles.passages import join_passages


@dataclass
class _PendingVideo:
    video: Video
    cues: list[TimedText] = field(default_factory=list[TimedText])
    error: VideoError | None = None
    warnings: tuple[str, ...] = ()
    started: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class _ReadItem:
    """A window of a video; without a window: the end of the video."""

    work: _PendingVideo
    window: VoiceWindow | None


class SpeechWorker:
    """Transcribes videos whose pictures are indexed; iterate `results` once."""

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
            videos: in the order in which they are transcribed.
            model: returns the model; called only when the first window is found.
            emit: called with progress.
            cancel: set to stop within one token.
        """
        self._videos, self._model = videos, model
        self._settings, self._emit, self._cancel = settings, emit, cancel
        self.speech_seconds = 0.0
        """Time spent in the model."""

    def results(self) -> Iterator[VideoTexts]:
        """Finished videos in order.

        Raises:
            ModelError: the model cannot be loaded.
        """
        waiting: list[_ReadItem] = []
        windows = 0
        try:
            for read in self._read_windows():
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

    def _finish(self, reads: Sequence[_ReadItem]) -> Iterator[VideoTexts]:
        transcripts = iter(self._transcribe([read.window for read in reads if read.window is not None]))
        for read in reads:
            work, video = read.work, read.work.video
            if read.window is not None:
                work.cues += next(transcripts)
                stop = read.window.span.stop_seconds
                self._emit(StageProgress(video.path, "speech", stop, video.duration_seconds))
            else:
                passages = [cut_cues_to(passage, video.duration_seconds) for passage in join_passages(work.cues)]
                texts = tuple(passage for passage in passages if passage is not None)
                wall = time.perf_counter() - work.started
                yield VideoTexts(video, texts, work.error, wall, work.warnings)

    def _transcribe(self, windows: Sequence[VoiceWindow]) -> list[list[TimedText]]:
        if not windows:
            return []
        model = self._model()
        started = time.perf_counter()
        transcripts = model.transcribe([window.samples for window in windows], is_cancelled=self._cancel.is_set)
        self.speech_seconds += time.perf_counter() - started
        return [
            split_into_cues(
                reliable_lines(transcript), start_seconds=window.span.start_seconds, language=transcript.language
            )
            for window, transcript in zip(windows, transcripts, strict=True)
        ]

    def _read_windows(self) -> Iterator[_ReadItem]:
        for video in self._videos:
            work = _PendingVideo(video)
            try:
                with unexpected_as_video_error(video.path):
                    yield from self._windows_of(work)
            except VideoError as error:
                work.error = error
            yield _ReadItem(work, None)

    def _windows_of(self, work: _PendingVideo) -> Iterator[_ReadItem]:
        video = work.video
        if video.probe is None or video.probe.audio_streams:
            with open_audio(Path(video.path), settings=self._settings) as sound:
                yield from (_ReadItem(work, window) for window in voice_windows(self._pieces(sound, video)))
                work.warnings = sound.warnings

    def _pieces(self, sound: AudioReader, video: Video) -> Iterator[SoundPiece]:
        """Sound up to the last frame: what comes later lies outside the video's duration."""
        for piece in sound.pieces():
            if self._cancel.is_set() or piece.start_seconds >= video.duration_seconds:
                return
            yield piece
            self._emit(StageProgress(video.path, "speech", piece.start_seconds, video.duration_seconds))
