"""Settings: every one with its default, its range and its help, and how they are loaded.

The command line, the service and `docs/cli.md` derive from this.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_data_path

from indexer.errors import SettingsError
from indexer.options import Option

SETTINGS_FILE_VARIABLE = "REELSEEK_SETTINGS"
"""Environment variable that names a settings file other than the user's own."""


_OPTION = "option"
"""Key of a field's metadata."""


def _setting(default: Any, help: str, **more: Any) -> Any:  # noqa: A002 - as everywhere for options
    """A field of `Settings` with its description; `more` are arguments of `Option`."""
    return field(default=default, metadata={_OPTION: {"help": help, **more}})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default, its range and what it does. Build with `load_settings`."""

    library: str = _setting(
        str(user_data_path("reelseek", appauthor=False) / "library"),
        "The library: a folder that Reelseek manages, or s3://BUCKET/FOLDER, gs:// or az://.",
        default_text="one for each user, such as ~/.local/share/reelseek/library",
        metavar="FOLDER",
        short="-l",
    )
    models: str = _setting(
        "",
        "Model profile; see `reelseek models`.",
        default_text="the library's own; small for a new library, or what is installed until its weights are here",
        metavar="PROFILE",
        short="-m",
    )
    clip_model: str = _setting(
        "", "Image model instead of the profile's: an open_clip NAME:PRETRAINED or a local folder.", metavar="MODEL"
    )
    text_model: str = _setting(
        "", "Text model instead of the profile's: a Hugging Face name or a local folder.", metavar="MODEL"
    )
    vision_language_model: str = _setting(
        "",
        "Vision-language model instead of the profile's: a Hugging Face name, a local folder, or openai:MODEL@URL on a"
        " server.",
        metavar="MODEL",
    )
    adapter: str = _setting(
        "",
        "Folder with a LoRA adapter (peft) for a vision-language model on this machine.",
        metavar="FOLDER",
    )
    vision_language_context: int = _setting(
        0,
        "Context length of a vision-language model on a server.",
        default_text="reported by the server, otherwise 4,096",
        low=512,
        high=10_000_000,
        unit="tokens",
    )
    send_frames_to: str = _setting(
        "",
        "Other hosts that frames and texts of your videos may be sent to, separated by commas.",
        metavar="HOSTS",
    )
    box_units: str = _setting(
        "",
        "Units of the vision-language model's boxes: thousandths, pixels or shares.",
        default_text="set by the model family",
        metavar="UNITS",
    )
    speech_model: str = _setting(
        "",
        "Whisper model instead of the profile's: a Hugging Face name in faster-whisper's format, such as"
        " Systran/faster-whisper-small, a local folder, or whisper-tiny.en.",
        metavar="MODEL",
    )
    reranker_model: str = _setting(
        "",
        "Reranker instead of the profile's, cross-encoder or late interaction: a Hugging Face name or a local folder.",
        metavar="MODEL",
    )
    device: str = _setting("auto", "Device that models run on: auto, cpu, cuda, cuda:1, mps.", metavar="DEVICE")
    screen_text: bool = _setting(True, "Read on-screen text (OCR).")
    screen_text_models: str = _setting(
        "",
        "Folder with further OCR models (RapidOCR NAME.onnx), for scripts other than Latin and Chinese.",
        metavar="FOLDER",
    )
    speech: bool | None = _setting(
        None,
        "Transcribe speech in videos without subtitles.",
        default_text="set by the profile",
    )
    speech_language: str = _setting(
        "", "Spoken language, such as de.", default_text="detected in each video", metavar="LANGUAGE"
    )
    speech_words: str = _setting(
        "",
        "Names and terms that the speech model may not know: the words, or a text file with them.",
        metavar="WORDS",
    )
    speakers: bool | None = _setting(
        None,
        "Tell speakers apart, and recognize them in other videos.",
        default_text="where the package resemblyzer is installed",
    )
    speech_beside_subtitles: bool = _setting(False, "Also transcribe speech in videos that have subtitles.")
    captions: bool | None = _setting(None, "Describe each segment in a sentence.", default_text="set by the profile")
    frames_per_second: float = _setting(1.0, "Frames sampled per second.", low=0.05, high=10.0, short="--fps")
    min_segment_seconds: float = _setting(
        2.0, "Shortest segment, unless the whole video is shorter.", low=0.5, high=10.0, unit="s"
    )
    max_segment_seconds: float = _setting(30.0, "Longest segment.", low=4.0, high=120.0, unit="s")
    batch_frames: int = _setting(0, "Frames embedded per batch; 0 chooses by device.", low=1, high=1024, unit="frames")
    picture_max_side: int = _setting(
        1280,
        "Longer side of a decoded frame; larger frames are scaled down.",
        low=96,
        high=4096,
        unit="pixels",
    )
    decode_stall_seconds: float = _setting(
        30.0, "Time without a new frame after which a decoder process is killed.", low=1, high=3600, unit="s"
    )
    decode_cpu_seconds: float = _setting(
        36_000.0, "CPU time that one decoder process may use.", low=10, high=1_000_000, unit="s"
    )
    decode_memory_mib: int = _setting(2048, "Memory that one decoder process may use.", low=256, high=65536, unit="MiB")
    require_confinement: bool = _setting(False, "Decode only if decoders can be fully confined; see `reelseek status`.")
    max_pixels: int = _setting(
        8192 * 8192, "Largest frame, width x height, of a video that is indexed.", low=1024, high=1 << 28, unit="pixels"
    )
    max_duration_hours: float = _setting(48.0, "Longest video that is indexed.", low=0.01, high=1000, unit="h")
    max_streams: int = _setting(64, "Maximum number of streams in an indexed file.", low=1, high=1000, unit="streams")
    settle_seconds: float = _setting(
        10.0, "Time without changes after which a watched file is complete.", low=0.5, high=3600, unit="s"
    )
    poll_seconds: float = _setting(5.0, "Time between two scans of the watched folders.", low=0.2, high=3600, unit="s")
    relevance_threshold: float = _setting(
        0.5, "Relevance that the best moment must reach to count as found.", low=0.0, high=1.0
    )
    rerank: bool = _setting(True, "Rerank the best text matches of a search.")

    def __post_init__(self) -> None:
        for option in SETTINGS.values():
            value = getattr(self, option.name)
            if option.low is None or option.high is None or value == option.default:
                continue
            if not option.low <= value <= option.high:
                bounds = f"{option.low:g} to {option.high:g} {option.unit}".rstrip()
                meaning = option.help[0].lower() + option.help[1:].rstrip(".")
                raise SettingsError(
                    f"setting {option.name} = {_shown(value)} is outside {bounds} ({meaning});"
                    " give a value in that range"
                )
        if self.max_segment_seconds < 2 * self.min_segment_seconds:
            raise SettingsError(
                f"max_segment_seconds = {self.max_segment_seconds:g} must be at least twice min_segment_seconds"
                f" = {self.min_segment_seconds:g}, or a long segment could not be split; raise one or lower the other"
            )


def _kind(annotation: Any) -> type:
    return bool if annotation in (bool, bool | None) else annotation


SETTINGS: dict[str, Option[Any]] = {
    one.name: Option(name=one.name, kind=_kind(one.type), default=one.default, **one.metadata[_OPTION])
    for one in fields(Settings)
}
"""Name -> description, in the order of the fields."""


def settings_path() -> Path:
    """The settings file that is read when none is named."""
    named = os.environ.get(SETTINGS_FILE_VARIABLE)
    return Path(named) if named else user_config_path("reelseek") / "settings.toml"


def load_settings(overrides: Mapping[str, Any] | None = None, *, file: Path | None = None) -> Settings:
    """Defaults, then the settings file, then `REELSEEK_<NAME>` variables, then `overrides`; later ones win.

    Raises:
        SettingsError: the file cannot be read, a name is unknown, or a value has a wrong type or range.
    """
    named = file is not None or SETTINGS_FILE_VARIABLE in os.environ
    values: dict[str, Any] = _read_file(file or settings_path(), must_exist=named)
    for option in SETTINGS.values():
        raw = os.environ.get(option.environment_variable)
        if raw is not None:
            values[option.name] = raw
    values.update({name: value for name, value in (overrides or {}).items() if value is not None})
    unknown = sorted(set(values) - set(SETTINGS))
    if unknown:
        raise SettingsError(f"unknown setting {unknown[0]!r}; known settings: {', '.join(sorted(SETTINGS))}")
    return Settings(**{name: _convert(name, SETTINGS[name].kind, value) for name, value in values.items()})


def _read_file(path: Path, *, must_exist: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        if must_exist:
            raise SettingsError(f"settings file {path} does not exist; create it or name another") from None
        return {}
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"settings file {path} is not UTF-8 ({error}); save it as UTF-8, or name another"
        ) from error
    except (OSError, ValueError, RecursionError) as error:  # a number of too many digits is no TOMLDecodeError
        raise SettingsError(f"settings file {path} cannot be read: {error}; correct it or name another") from error


def _convert(name: str, kind: type, value: Any) -> Any:
    try:
        if kind is bool:
            return _as_bool(value)
        if isinstance(value, list | dict):
            raise TypeError("must be a single value")
        if kind is not str and isinstance(value, bool):
            raise TypeError("must be a number")
        if kind is int and isinstance(value, float) and not value.is_integer():
            raise ValueError("not a whole number")
        return kind(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise SettingsError(f"setting {name} = {_shown(value)} is not a {kind.__name__}: {error}") from error


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 80 else text[:77] + "..."


def _as_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ValueError("use true or false")
