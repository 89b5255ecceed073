"""The vision-language model that the settings name: on this machine or on a server, found, named or loaded."""

from indexer.config import Settings
from indexer.errors import SettingsError
from indexer.models.profiles import profile_of
from indexer.models.remote.address import ServerAddress, check_consent, is_server, parse_address
from indexer.models.vision_language import VisionLanguageModel
from indexer.models.weights.adapters import find_adapter
from indexer.models.weights.files import Announce, announce_on_stderr
from indexer.models.weights.transformers_models import find_transformers_weights, transformers_weights_name


def load_vision_language_model(settings: Settings, *, announce: Announce = announce_on_stderr) -> VisionLanguageModel:
    """Loads the model, or connects to its server.

    Args:
        settings: name it, or a profile that has one.
        announce: called before anything is downloaded, and with the host to which frames are sent.

    Raises:
        ModelError: see `load_local_model` and `connect_remote_model`.
        SettingsError: the device is absent, or the server lacks consent or is to have an adapter.
    """
    spec = profile_of(settings).vision_language_model
    if is_server(spec):
        _refuse_adapter(settings)
        from indexer.models.remote.model import connect_remote_model  # imports openai, which takes a second

        return connect_remote_model(
            spec,
            send_frames_to=settings.send_frames_to,
            context=settings.vision_language_context,
            announce=announce,
        )
    from indexer.models.local.model import load_local_model  # imports torch, which takes seconds

    return load_local_model(spec, device=settings.device, adapter=settings.adapter, announce=announce)


def find_vision_language_model(settings: Settings) -> None:
    """Downloads the weights unless they are on this machine; of a server, checks address and consent.

    Raises:
        ModelError, SettingsError: see `load_vision_language_model`.
    """
    spec = profile_of(settings).vision_language_model
    if is_server(spec):
        _refuse_adapter(settings)
        check_consent(parse_address(spec), settings.send_frames_to)
        return
    find_transformers_weights(spec)
    if settings.adapter:
        find_adapter(settings.adapter)


def vision_language_name(spec: str, adapter: str = "") -> str:
    """The name that the library would record; empty when the weights are not on this machine. Loads nothing.

    Args:
        adapter: folder of a LoRA over the model; empty for none.

    Raises:
        SettingsError: a server's address is none.
    """
    return parse_address(spec).recorded_name if is_server(spec) else transformers_weights_name(spec, adapter)


def server_of(settings: Settings) -> ServerAddress | None:
    """The server of the model; None for one on this machine, or without one.

    Raises:
        SettingsError: the address is none.
    """
    spec = profile_of(settings).vision_language_model
    return parse_address(spec) if is_server(spec) else None


def _refuse_adapter(settings: Settings) -> None:
    if settings.adapter:
        raise SettingsError(
            f"the adapter {settings.adapter} is for a model on this machine; load it on the server itself"
        )
