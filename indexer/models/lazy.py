"""The vision-language model of a run: named without loading, fetched before the work, loaded when first needed."""

from indexer.config import Settings
from indexer.errors import ModelMissingError
from indexer.models.profiles import profile_of
from indexer.models.protocols import SpeechModel
from indexer.models.vision_language import VisionLanguageModel
from indexer.models.weights.transformers_models import SPEECH, find_transformers_weights, transformers_weights_name


class Transcriber:
    """Holds the model that the settings name, or the one that is given."""

    def __init__(self, settings: Settings, model: SpeechModel | None = None) -> None:
        self._spec = profile_of(settings).speech_model
        self._device = settings.device
        self._given = model
        self._loaded: SpeechModel | None = None

    @property
    def name(self) -> str:
        """What the library records; empty while the weights are not on this machine."""
        if self._given is not None:
            return self._given.name
        return transformers_weights_name(self._spec, kind=SPEECH) if self._spec else ""

    def fetch(self) -> None:
        """Has the weights on this machine.

        Raises:
            ModelMissingError: they are absent and cannot be fetched.
            ModelBrokenError: files were found that are not such a model.
        """
        if self._spec and self._given is None:
            find_transformers_weights(self._spec, kind=SPEECH)

    def model(self) -> SpeechModel:
        """Loaded; see `load_whisper` for what it raises."""
        if self._given is not None:
            return self._given
        if self._loaded is None:
            from indexer.models.whisper.model import load_whisper

            self._loaded = load_whisper(self._spec, device=self._device)
        return self._loaded

    def let_go(self) -> None:
        """Frees the device's memory for the stages that follow."""
        self._loaded = None


class Captioner:
    """Holds the model that the settings name, or the one that is given."""

    def __init__(self, settings: Settings, model: VisionLanguageModel | None = None) -> None:
        profile = profile_of(settings)
        self._spec = profile.vision_language_model if profile.captions else ""
        self._device = settings.device
        self._model = model

    @property
    def name(self) -> str:
        """What the library records; empty while the weights are not on this machine."""
        if self._model is not None:
            return self._model.name
        return transformers_weights_name(self._spec) if self._spec else ""

    def fetch(self) -> None:
        """Has the weights on this machine, so that their lack is known before hours of work.

        Raises:
            ModelMissingError: they are absent and cannot be fetched.
            ModelBrokenError: files were found that are not such a model.
        """
        if self._spec and self._model is None:
            try:
                find_transformers_weights(self._spec)
            except ModelMissingError as error:
                raise ModelMissingError(f"{error}; or leave captions out with --no-captions") from error

    @property
    def model(self) -> VisionLanguageModel:
        """Loaded; see `load_vision_language_model` for what it raises."""
        if self._model is None:
            from indexer.models.qwen.model import load_vision_language_model

            self._model = load_vision_language_model(self._spec, device=self._device)
        return self._model
