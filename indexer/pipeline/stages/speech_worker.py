"""The worker of the speech stage: videos in, transcripts of their sound out. Writes nothing.

The decoder, and the search for speech, run ahead while the model works.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.config import Settings
from indexer.decode.audio import AudioReader, open_audio
from indexer.errors import VideoError
from indexer.models.protocols import SpeechModel
from indexer.pipeline.events import IndexEvent, StageProgress
from indexer.pipeline.stages.read_ahead import read_ahead
from indexer.pipeline.stages.texts import VideoTexts
from indexer.pipeline.stages.unexpected import unexpected_as_video_error
from indexer.records import SampleSpan, SoundPiece, TimedText, Video
from indexer.speech.diarization import (
    PAUSE_SECONDS,
    VoiceModel,
    Voices,
    VoiceWindows,
    assign_voices,
    embed_voice_windows,
    tell_voices_apart,
)
from indexer.speech.sound_blocks import SoundBlock, sound_blocks
from indexer.speech.transcript_filters import is_reliable_line, split_into_cues
from indexer.speech.voice_activity import find_speech
from indexer.subtitles.cues import cut_cues_to
from indexer.subtitles.passages import join_passages


@dataclass
class _PendingVideo:
    video: Video
    cues: list[TimedText] = field(default_factory=list[TimedText])
    voices: list[VoiceWindows] = field(default_factory=list[VoiceWindows])
    error: VideoError | None = None
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    """In the model."""


@dataclass(frozen=True, slots=True)
class _ReadItem:
    """A block of a video in which somebody speaks; without a block: the end of the video."""

    work: _PendingVideo
    block: SoundBlock | None
    speech: Sequence[SampleSpan] = ()


class SpeechWorker:
    """Transcribes videos whose pictures are indexed; iterate `results` once."""

    def __init__(
        self,
        videos: Sequence[Video],
        *,
        model: Callable[[], SpeechModel],
        voice_model: Callable[[], VoiceModel | None],
        hotwords: str,
        settings: Settings,
        emit: Callable[[IndexEvent], None],
        cancel: threading.Event,
    ) -> None:
        """
        Args:
            videos: in the order in which they are transcribed.
            model: returns the model; called only when the first speech is found.
            voice_model: the same for the model that tells speakers apart; None: nobody is told apart.
            hotwords: names and terms that may be said, separated by spaces.
            emit: called with progress.
            cancel: set to stop within one window of the model.
        """
        self._videos, self._model, self._hotwords = videos, model, hotwords
        self._voice_model = voice_model
        self._settings, self._emit, self._cancel = settings, emit, cancel
        self.speech_seconds = 0.0
        """Time spent in the model."""

    def results(self) -> Iterator[VideoTexts]:
        """Finished videos in order.

        Raises:
            ModelError: the model cannot be loaded.
            SettingsError: the model does not know the language of the settings.
        """
        with closing(read_ahead(self._read())) as items:
            for item in items:
                if item.block is not None and item.work.error is None:
                    models = self._model(), self._voice_model()  # what cannot be loaded is no matter of a video
                    self._transcribe(models, item.work, item.block, item.speech)
                if self._cancel.is_set():
                    return
                if item.block is None:
                    yield _texts_of(item.work)

    def _transcribe(
        self,
        models: tuple[SpeechModel, VoiceModel | None],
        work: _PendingVideo,
        block: SoundBlock,
        speech: Sequence[SampleSpan],
    ) -> None:
        model, voice_model = models
        started = time.perf_counter()
        try:
            with unexpected_as_video_error(work.video.path):
                language = self._settings.speech_language
                for line in model.transcribe(block.samples, speech, language=language, hotwords=self._hotwords):
                    if self._cancel.is_set():
                        return
                    if is_reliable_line(line):
                        work.cues += split_into_cues(line, start_seconds=block.start_seconds)
                    self._tell(work.video, block.start_seconds + line.words[-1].stop_seconds)
                if voice_model is not None:
                    spoken = find_speech(block.samples, pause_seconds=PAUSE_SECONDS, around_seconds=0.0)
                    start = block.start_seconds
                    found = embed_voice_windows(block.samples, spoken, start_seconds=start, model=voice_model)
                    work.voices.append(found)
            self._tell(work.video, block.stop_seconds)
        except VideoError as error:
            work.error = error
        finally:
            work.seconds += time.perf_counter() - started
            self.speech_seconds += time.perf_counter() - started

    def _read(self) -> Generator[_ReadItem]:
        for video in self._videos:
            if self._cancel.is_set():
                return
            work = _PendingVideo(video)
            try:
                with unexpected_as_video_error(video.path):
                    for item in self._blocks_of(work):
                        yield item
                        if work.error is not None:
                            break
            except VideoError as error:
                work.error = error
            yield _ReadItem(work, None)

    def _blocks_of(self, work: _PendingVideo) -> Iterator[_ReadItem]:
        video = work.video
        if video.probe is None or video.probe.audio_streams:
            with open_audio(Path(video.path), settings=self._settings) as sound:
                for block in sound_blocks(self._pieces(sound, video)):
                    if speech := find_speech(block.samples):
                        yield _ReadItem(work, block, speech)
                    else:
                        self._tell(video, block.stop_seconds)
                work.warnings = sound.warnings

    def _pieces(self, sound: AudioReader, video: Video) -> Iterator[SoundPiece]:
        """Sound within the video's duration."""
        for piece in sound.pieces():
            if self._cancel.is_set() or piece.start_seconds >= video.duration_seconds:
                return
            yield piece

    def _tell(self, video: Video, until_seconds: float) -> None:
        self._emit(StageProgress(video.path, "speech", until_seconds, video.duration_seconds))


def _texts_of(work: _PendingVideo) -> VideoTexts:
    texts: tuple[TimedText, ...] = ()
    voices: Voices | None = None
    try:
        with unexpected_as_video_error(work.video.path):
            voices = tell_voices_apart(work.voices)
            cues = work.cues
            if voices is not None:
                said_by = assign_voices(cues, voices)
                cues = [replace(cue, voice=voice) for cue, voice in zip(cues, said_by, strict=True)]
            duration = work.video.duration_seconds
            passages = [cut_cues_to(passage, duration) for passage in join_passages(cues)]
            texts = tuple(passage for passage in passages if passage is not None)
    except VideoError as error:
        work.error = error
    return VideoTexts(work.video, texts, work.error, work.seconds, work.warnings, voices)
