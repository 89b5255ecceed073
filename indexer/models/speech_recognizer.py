"""The speech recognizer: Whisper by faster-whisper on CTranslate2. A sound in, lines with timed words out.

faster-whisper decodes speech and times its words. Decoding is made deterministic here: a
fixed beam without the retries at random temperatures; what these would have mended is dropped by
`indexer.speech.transcript_filters`. Leaves out finding the weights (`indexer.models.weights.speech_models`), and
the speech (`indexer.speech.voice_activity`).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.errors import DeviceMemoryError, ModelBrokenError, SettingsError
from indexer.models.transcript import TranscriptLine
from indexer.models.weights.files import Announce, announce_on_stderr
from indexer.models.weights.hub import ModelWeights
from indexer.models.weights.speech_models import find_speech_weights, recorded_speech_name
from indexer.records import AUDIO_RATE, Samples16, SampleSpan, SpokenWord

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment, TranscriptionInfo

_SMALLER = "name a smaller model"
BEAM_SIZE = 5
"""faster-whisper's and the original's (Radford et al. 2022, section 4.5)."""
BATCH_WINDOWS = {"cpu": 1, "cuda": 16}
"""Windows of 30 s that are decoded together. On a CPU eight at once took as long as one after the other."""


def load_speech_model(
    spec: str,
    *,
    device: str = "auto",
    threads: int = 0,
    language: str = "",
    announce: Announce = announce_on_stderr,
) -> "SpeechRecognizer":
    """Loads a speech model: in 8 bits on a processor, in 16 on a GPU.

    Args:
        spec: a hub name, a local directory, or `whisper-tiny.en`.
        device: as the setting: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`; in place of the last the processor is used.
        threads: of one decoding on a processor; 0: four.
        language: one that the model has to know, as `de`; empty: none.
        announce: called with a message before anything is downloaded.

    Raises:
        ModelMissingError: the weights are absent and cannot be downloaded.
        ModelBrokenError: the weights cannot be loaded.
        DeviceMemoryError: the device has too little memory.
        SettingsError: the device is absent, or the model does not know the language.
    """
    weights = find_speech_weights(spec, announce=announce)
    from faster_whisper import WhisperModel  # takes a second, so only when a model is really loaded

    from indexer.models.device import choose_device

    kind, _, number = choose_device(device).device.partition(":")
    kind = "cuda" if kind == "cuda" else "cpu"
    try:
        model = WhisperModel(
            str(weights.directory),
            device=kind,
            device_index=int(number or 0),
            compute_type="float16" if kind == "cuda" else "int8",
            cpu_threads=threads,
            local_files_only=True,
        )
    except Exception as error:
        if _is_out_of_memory(error):
            raise DeviceMemoryError(f"{device} has too little memory for speech model {spec!r}; {_SMALLER}") from error
        raise ModelBrokenError(
            f"speech model {spec!r}: the files in {weights.directory} cannot be loaded:"
            f" {type(error).__name__}: {error}; fetch them again, or give another directory"
        ) from error
    if language and language not in model.supported_languages:
        known = ", ".join(sorted(model.supported_languages))
        raise SettingsError(f"speech model {spec!r} does not know the language {language!r}; it knows: {known}")
    return SpeechRecognizer(model, weights, batch_windows=BATCH_WINDOWS[kind])


class SpeechRecognizer:
    """A loaded Whisper. Not thread-safe."""

    def __init__(self, model: "WhisperModel", weights: ModelWeights, *, batch_windows: int) -> None:
        self._model, self._name, self._batch_windows = model, recorded_speech_name(weights), batch_windows
        self._where = f"speech model {weights.name!r}"

    @property
    def name(self) -> str:
        return self._name

    def transcribe(
        self, sound: Samples16, speech: Sequence[SampleSpan], *, language: str = "", hotwords: str = ""
    ) -> Iterator[TranscriptLine]:
        """See `SpeechModel.transcribe`."""
        if not speech:
            return
        samples = sound.astype(np.float32) / 32768
        try:
            segments, info = self._segments(samples, speech, language=language or None, hotwords=hotwords or None)
            for segment in segments:
                line = _line(segment, info.language, len(sound) / AUDIO_RATE)
                if line.words:
                    yield line
        except RuntimeError as error:
            if _is_out_of_memory(error):
                raise DeviceMemoryError(f"the device has too little memory for {self._where}; {_SMALLER}") from error
            raise

    def _segments(
        self, samples: Any, speech: Sequence[SampleSpan], **options: Any
    ) -> "tuple[Iterable[Segment], TranscriptionInfo]":
        options |= {"beam_size": BEAM_SIZE, "temperature": 0.0, "word_timestamps": True}
        if self._batch_windows > 1:
            from faster_whisper import BatchedInferencePipeline

            batched: Any = BatchedInferencePipeline(self._model)  # looks for speech by itself, in shorter stretches
            return batched.transcribe(samples, batch_size=self._batch_windows, **options)
        from faster_whisper.transcribe import restore_speech_timestamps
        from faster_whisper.vad import collect_chunks

        chunks = [{"start": start, "end": stop} for start, stop in speech]
        segments, info = self._model.transcribe(np.concatenate(collect_chunks(samples, chunks)[0]), **options)
        return restore_speech_timestamps(segments, chunks, AUDIO_RATE), info


def _line(segment: "Segment", language: str, most_seconds: float) -> TranscriptLine:
    words = tuple(
        SpokenWord(word.word, min(word.start, most_seconds), min(max(word.start, word.end), most_seconds))
        for word in segment.words or ()
        if word.word.strip()
    )
    return TranscriptLine(words, language, segment.avg_logprob, segment.no_speech_prob, segment.compression_ratio)


def _is_out_of_memory(error: Exception) -> bool:
    """CTranslate2 raises RuntimeError for whatever fails."""
    return "out of memory" in str(error).lower()
