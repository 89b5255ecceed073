"""Whisper through transformers: sounds of up to 30 s in, lines with word times, language and confidence out.

Decoding is greedy, without the temperature fallback of the original: the same sound gives the same words, and what the
original would retry at a higher temperature is left for `indexer.speech.transcript_filters` to drop. Leaves out finding
the weights (`indexer.models.weights.transformers_models`), timing the words (`alignment`) and reading the tokens
(`tokens`).
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from indexer.errors import DeviceMemoryError, GenerationCancelledError, ModelBrokenError
from indexer.models.device import choose_device
from indexer.models.transcript import Transcript
from indexer.models.weights.files import Announce, announce_on_stderr
from indexer.models.weights.hub import ModelWeights
from indexer.models.weights.transformers_models import SPEECH, find_transformers_weights, recorded_name
from indexer.models.whisper.alignment import WordAligner
from indexer.models.whisper.tokens import SpokenTokens, TokenReader, language_tag
from indexer.records import Samples16

RATE = 16_000
LONGEST_SECONDS = 30.0
BATCH_SOUNDS = {"cpu": 1, "cuda": 16, "mps": 8}
"""On a CPU batches gain nothing, and a sound alone gives the same words in every run."""


def load_whisper(spec: str, *, device: str = "auto", announce: Announce = announce_on_stderr) -> "WhisperModel":
    """Loads a speech model.

    Args:
        spec: a hub name or a local directory.
        device: as the setting: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        announce: called with a message before anything is downloaded.

    Raises:
        ModelMissingError: the weights are absent and cannot be downloaded.
        ModelBrokenError: the weights cannot be loaded, are incomplete, or are not of a Whisper with time stamps.
        SettingsError: the device is absent.
    """
    weights = find_transformers_weights(spec, kind=SPEECH, announce=announce)
    choice = choose_device(device)
    try:
        processor, model = _load(weights.directory, choice.device, choice.dtype)
    except torch.OutOfMemoryError as error:
        raise DeviceMemoryError(
            f"{choice.device} has too little memory for speech model {spec!r}; name a smaller model"
        ) from error
    except ModelBrokenError:
        raise
    except Exception as error:
        raise ModelBrokenError(
            f"speech model {spec!r}: the files in {weights.directory} cannot be loaded:"
            f" {type(error).__name__}: {error}; fetch them again, or give another directory"
        ) from error
    return WhisperModel(model, processor, weights, device=choice.device)


def _load(directory: Path, device: str, dtype: torch.dtype) -> tuple[Any, Any]:
    import transformers  # takes seconds, so only when a model is really loaded
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()  # it warns of its own defaults at every call
    processor = transformers.WhisperProcessor.from_pretrained(directory, local_files_only=True)
    loaded: Any = transformers.WhisperForConditionalGeneration.from_pretrained(
        directory, dtype=dtype, local_files_only=True, output_loading_info=True
    )
    model, report = loaded
    if absent := sorted(name for name in report["missing_keys"] if name != "proj_out.weight"):  # tied to the embedding
        raise ModelBrokenError(f"the weights in {directory} lack {len(absent)} tensors, as {absent[0]}")
    if not hasattr(model.generation_config, "no_timestamps_token_id"):
        raise ModelBrokenError(
            f"the speech model in {directory} has no time stamps (no_timestamps_token_id in generation_config.json);"
            " give a Whisper with its own generation_config.json"
        )
    return processor, model.to(device).eval()


class WhisperModel:
    """A loaded Whisper. Thread-safe: one call at a time."""

    def __init__(self, model: Any, processor: Any, weights: ModelWeights, *, device: str) -> None:
        self._model, self._processor, self._device = model, processor, device
        self._tokens = TokenReader(processor.tokenizer, model.generation_config)
        self._aligner = WordAligner(model, processor.tokenizer)
        self._name = recorded_name(weights)
        self._lock = threading.Lock()
        self.batch_sounds = BATCH_SOUNDS.get(device.split(":")[0], 1)

    @property
    def name(self) -> str:
        return self._name

    def transcribe(
        self, sounds: Sequence[Samples16], *, is_cancelled: Callable[[], bool] = lambda: False
    ) -> list[Transcript]:
        """See `SpeechModel.transcribe`."""
        if any(len(sound) > LONGEST_SECONDS * RATE for sound in sounds):
            raise ValueError(f"a sound must last at most {LONGEST_SECONDS:g} s")
        transcripts: list[Transcript] = []
        most = self.batch_sounds
        with self._lock, torch.inference_mode():
            while len(transcripts) < len(sounds):
                batch = sounds[len(transcripts) : len(transcripts) + most]
                try:
                    transcripts += self._run(batch, is_cancelled)
                except torch.OutOfMemoryError as error:
                    most = self._halved_batch(len(batch), error)
        return transcripts

    def _run(self, sounds: Sequence[Samples16], is_cancelled: Callable[[], bool]) -> list[Transcript]:
        extracted = self._processor.feature_extractor(
            [sound.astype(np.float32) / 32768 for sound in sounds], sampling_rate=RATE, return_tensors="pt"
        )
        features = extracted.input_features.to(self._device, self._model.dtype)  # (n, mel, 3000)
        encoded = self._model.get_encoder()(features)
        languages, no_speech = self._detect_language(encoded, len(sounds))
        generated = self._generate(encoded, languages, is_cancelled)
        transcripts: list[Transcript] = []
        for index, (sound, spoken) in enumerate(zip(sounds, generated, strict=True)):
            seconds = len(sound) / RATE
            hidden = encoded.last_hidden_state[index : index + 1]  # (1, 1500, dim)
            lines = self._tokens.lines(spoken, seconds)
            timed = self._aligner.timed(lines, hidden, seconds, languages[index]) if lines else ()
            transcripts.append(Transcript(timed, language_tag(languages[index]), no_speech[index]))
        return transcripts

    def _detect_language(self, encoded: Any, count: int) -> tuple[list[str], list[float]]:
        """Language and no-speech probability from the first prediction, as the original reads them."""
        config = self._model.generation_config
        start = torch.full((count, 1), config.decoder_start_token_id, device=self._device)
        logits = self._model(encoder_outputs=encoded, decoder_input_ids=start, use_cache=False).logits[:, -1].float()
        probabilities = logits.softmax(-1)  # (n, vocabulary)
        no_speech = probabilities[:, config.no_timestamps_token_id - 1].tolist()
        if not getattr(config, "is_multilingual", False):
            return ["en"] * count, no_speech
        names, ids = zip(*config.lang_to_id.items(), strict=True)
        best = probabilities[:, list(ids)].argmax(-1).tolist()
        return [names[index].strip("<|>") for index in best], no_speech

    def _generate(self, encoded: Any, languages: Sequence[str], is_cancelled: Callable[[], bool]) -> list[SpokenTokens]:
        from transformers import LogitsProcessorList, StoppingCriteriaList

        config = self._model.generation_config
        multilingual = getattr(config, "is_multilingual", False)
        task: dict[str, Any] = {"language": list(languages), "task": "transcribe"} if multilingual else {}
        stop, recorder = _CancellationCriterion(is_cancelled), _LogProbabilityRecorder()
        generated = self._model.generate(
            encoder_outputs=encoded,
            return_timestamps=True,
            force_unique_generate_call=True,
            return_dict_in_generate=True,
            do_sample=False,
            num_beams=1,
            logits_processor=LogitsProcessorList([recorder]),
            stopping_criteria=StoppingCriteriaList([stop]),
            **task,
        )
        if stop.cancelled:
            raise GenerationCancelledError("the speech model was told to stop")
        best = torch.stack(recorder.best, dim=1)  # (n, steps)
        rows = generated.sequences[:, -best.shape[1] :].tolist()  # without the prompt
        ended = [self._tokens.until_end(row) for row in rows]
        return [SpokenTokens(row, own[: len(row)]) for row, own in zip(ended, best.tolist(), strict=True)]

    def _halved_batch(self, tried: int, error: RuntimeError) -> int:
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()
        if tried <= 1:
            raise DeviceMemoryError(
                f"{self._device} has too little memory for one sound; name a smaller speech model"
            ) from error
        return tried // 2


class _CancellationCriterion:
    """A stopping criterion of transformers that ends a cancelled generation."""

    def __init__(self, is_cancelled: Callable[[], bool]) -> None:
        self._is_cancelled = is_cancelled
        self.cancelled = False

    def __call__(self, input_ids: torch.Tensor, scores: Any, **unused: Any) -> torch.Tensor:
        self.cancelled = self.cancelled or self._is_cancelled()
        return torch.full((len(input_ids),), self.cancelled, dtype=torch.bool, device=input_ids.device)


class _LogProbabilityRecorder:
    """The last logits processor of transformers; records the log probability of each chosen token, changing nothing.

    `output_scores` would store the whole vocabulary for every token: gigabytes a batch.
    """

    def __init__(self) -> None:
        self.best: list[torch.Tensor] = []
        """For each step (n,) natural logarithms; greedy decoding chooses the most likely token."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.best.append(scores.float().log_softmax(-1).amax(-1).cpu())
        return scores
