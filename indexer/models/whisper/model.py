"""Whisper through transformers: sounds of up to 30 s -> lines with word times, the language, and how sure it is.

Greedy, without the temperature fallback of the original: the same sound gives the same words, and what the original
would try again more loosely is left for `indexer.speech.transcript_filters` to drop. Finding the weights is
`saved_weights`, when each word was said `whisper_words`, what the tokens say `whisper_tokens`.
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
"""On a processor a batch gains nothing, and a sound alone gives the same words in any run."""


def load_whisper(spec: str, *, device: str = "auto", announce: Announce = announce_on_stderr) -> "WhisperModel":
    """The speech model that `spec` names: a hub name or a local directory.

    Args:
        device: as the setting: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        announce: told before anything is downloaded.

    Raises:
        ModelMissingError: the weights are absent and cannot be fetched.
        ModelBrokenError: the weights cannot be loaded, are incomplete, or are no Whisper with time stamps.
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
    """A loaded Whisper. Safe from several threads: they take turns."""

    def __init__(self, model: Any, processor: Any, weights: ModelWeights, *, device: str) -> None:
        self._model, self._processor, self._device = model, processor, device
        self._tokens = TokenReader(processor.tokenizer, model.generation_config)
        self._words = WordAligner(model, processor.tokenizer)
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
        heard: list[Transcript] = []
        most = self.batch_sounds
        with self._lock, torch.inference_mode():
            while len(heard) < len(sounds):
                batch = sounds[len(heard) : len(heard) + most]
                try:
                    heard += self._run(batch, is_cancelled)
                except torch.OutOfMemoryError as error:
                    most = self._fewer(len(batch), error)
        return heard

    def _run(self, sounds: Sequence[Samples16], is_cancelled: Callable[[], bool]) -> list[Transcript]:
        made = self._processor.feature_extractor(
            [sound.astype(np.float32) / 32768 for sound in sounds], sampling_rate=RATE, return_tensors="pt"
        )
        features = made.input_features.to(self._device, self._model.dtype)  # (n, mel, 3000)
        encoded = self._model.get_encoder()(features)
        languages, no_speech = self._first_look(encoded, len(sounds))
        said = self._generate(encoded, languages, is_cancelled)
        heard: list[Transcript] = []
        for place, (sound, spoken) in enumerate(zip(sounds, said, strict=True)):
            seconds = len(sound) / RATE
            hidden = encoded.last_hidden_state[place : place + 1]  # (1, 1500, dim)
            lines = self._tokens.lines(spoken, seconds)
            timed = self._words.timed(lines, hidden, seconds, languages[place]) if lines else ()
            heard.append(Transcript(timed, language_tag(languages[place]), no_speech[place]))
        return heard

    def _first_look(self, encoded: Any, count: int) -> tuple[list[str], list[float]]:
        """Language and no-speech probability from the first prediction, as the original reads them."""
        config = self._model.generation_config
        start = torch.full((count, 1), config.decoder_start_token_id, device=self._device)
        logits = self._model(encoder_outputs=encoded, decoder_input_ids=start, use_cache=False).logits[:, -1].float()
        chances = logits.softmax(-1)  # (n, vocabulary)
        no_speech = chances[:, config.no_timestamps_token_id - 1].tolist()
        if not getattr(config, "is_multilingual", False):
            return ["en"] * count, no_speech
        names, ids = zip(*config.lang_to_id.items(), strict=True)
        best = chances[:, list(ids)].argmax(-1).tolist()
        return [names[place].strip("<|>") for place in best], no_speech

    def _generate(self, encoded: Any, languages: Sequence[str], is_cancelled: Callable[[], bool]) -> list[SpokenTokens]:
        from transformers import LogitsProcessorList, StoppingCriteriaList

        config = self._model.generation_config
        multilingual = getattr(config, "is_multilingual", False)
        asked: dict[str, Any] = {"language": list(languages), "task": "transcribe"} if multilingual else {}
        stop, chances = _Stop(is_cancelled), _Chances()
        made = self._model.generate(
            encoder_outputs=encoded,
            return_timestamps=True,
            force_unique_generate_call=True,
            return_dict_in_generate=True,
            do_sample=False,
            num_beams=1,
            logits_processor=LogitsProcessorList([chances]),
            stopping_criteria=StoppingCriteriaList([stop]),
            **asked,
        )
        if stop.happened:
            raise GenerationCancelledError("the speech model was told to stop")
        best = torch.stack(chances.best, dim=1)  # (n, steps)
        rows = made.sequences[:, -best.shape[1] :].tolist()  # without the prompt
        kept = [self._tokens.until_end(row) for row in rows]
        return [SpokenTokens(row, own[: len(row)]) for row, own in zip(kept, best.tolist(), strict=True)]

    def _fewer(self, tried: int, error: RuntimeError) -> int:
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()
        if tried <= 1:
            raise DeviceMemoryError(
                f"{self._device} has too little memory for one sound; name a smaller speech model"
            ) from error
        return tried // 2


class _Stop:
    """Ends a generation when asked; a stopping criterion of transformers."""

    def __init__(self, is_cancelled: Callable[[], bool]) -> None:
        self._is_cancelled = is_cancelled
        self.happened = False

    def __call__(self, input_ids: torch.Tensor, scores: Any, **unused: Any) -> torch.Tensor:
        self.happened = self.happened or self._is_cancelled()
        return torch.full((len(input_ids),), self.happened, dtype=torch.bool, device=input_ids.device)


class _Chances:
    """Keeps how likely each chosen token was: the last of transformers' score processors, and it changes nothing.

    `output_scores` would keep the whole vocabulary for every token: gigabytes a batch.
    """

    def __init__(self) -> None:
        self.best: list[torch.Tensor] = []
        """For each step (n,) natural logarithms; greedy decoding chooses the most likely."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.best.append(scores.float().log_softmax(-1).amax(-1).cpu())
        return scores
