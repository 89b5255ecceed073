"""Settings, their defaults and allowed ranges, once. The command line and the service read them from here."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from indexer.errors import SettingsError

SETTINGS_FILE_VARIABLE = "REELSEEK_SETTINGS"
"""Environment variable that names a settings file other than the user's own."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Allowed range of a number, both ends included."""

    low: float
    high: float
    unit: str
    meaning: str


LIMITS: dict[str, Limit] = {
    "frames_per_second": Limit(0.05, 10.0, "1/s", "how many frames are sampled"),
    "min_segment_seconds": Limit(0.5, 10.0, "s", "the shortest segment, unless the video is shorter"),
    "max_segment_seconds": Limit(4.0, 120.0, "s", "the longest segment"),
    "batch_frames": Limit(1, 1024, "frames", "pictures embedded at once; 0 chooses by device"),
    "picture_max_side": Limit(96, 4096, "pixels", "the longer side of a decoded frame; larger frames are scaled down"),
    "decode_stall_seconds": Limit(1, 3600, "s", "a decoder without a new frame for so long is killed"),
    "decode_cpu_seconds": Limit(10, 1_000_000, "s", "CPU seconds one decoder process may use"),
    "decode_memory_mib": Limit(256, 65536, "MiB", "memory one decoder process may use"),
    "max_pixels": Limit(1024, 1 << 28, "pixels", "width x height of a video that is still read"),
    "max_duration_hours": Limit(0.01, 1000, "h", "duration of a video that is still read"),
    "max_streams": Limit(1, 1000, "streams", "streams in one file that is still read"),
    "settle_seconds": Limit(0.5, 3600, "s", "a watched file that has not changed for so long is complete"),
    "poll_seconds": Limit(0.2, 3600, "s", "pause between two looks at watched folders"),
    "relevance_threshold": Limit(0.0, 1.0, "", "relevance that the best moment must reach to count as found"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default. Build with `load_settings`, which checks the ranges."""

    library: str = "reelseek-library"
    """Folder that Reelseek owns."""
    models: str = ""
    """Profile of models, see `indexer.models.profiles`; empty: the library's own, `small` for a new library."""
    clip_model: str = ""
    """Overrides the profile's picture model: `NAME:PRETRAINED` or a local directory."""
    text_model: str = ""
    """Overrides the profile's text model: a hub name or a local directory."""
    vision_language_model: str = ""
    """Overrides the profile's model for captions and questions: a hub name or a local directory."""
    speech_model: str = ""
    """Overrides the profile's speech model: a Whisper's hub name or a local directory."""
    reranker_model: str = ""
    """Overrides the profile's reranker, a cross-encoder or late interaction: a hub name or a local directory."""
    device: str = "auto"
    """`auto`, `cpu`, `cuda`, `cuda:1`, `mps`."""
    frames_per_second: float = 1.0
    min_segment_seconds: float = 2.0
    max_segment_seconds: float = 30.0
    batch_frames: int = 0
    picture_max_side: int = 1280
    screen_text: bool = True
    """Read on-screen text (OCR)."""
    screen_text_models: str = ""
    """Folder of further recognition networks, for scripts beyond Latin and Chinese: rapidocr's, as `NAME.onnx`."""
    speech: bool | None = None
    """Write down what is said, by the speech model; None: where the profile, or `speech_model`, names one."""
    speech_beside_subtitles: bool = False
    """Also of videos that have subtitles."""
    captions: bool | None = None
    """Describe each segment in a sentence, where the profile has a vision-language model; None: as the profile does."""
    decode_stall_seconds: float = 30.0
    decode_cpu_seconds: float = 36_000.0
    decode_memory_mib: int = 2048
    max_pixels: int = 8192 * 8192
    max_duration_hours: float = 48.0
    max_streams: int = 64
    settle_seconds: float = 10.0
    poll_seconds: float = 5.0
    relevance_threshold: float = 0.5
    """Least relevance of the best moment; below it a search finds nothing and offers the closest."""
    rerank: bool = True
    """Read the best texts of a search again, each beside the query, where the profile has a reranker."""

    def __post_init__(self) -> None:
        for name, limit in LIMITS.items():
            value = getattr(self, name)
            if name == "batch_frames" and value == 0:
                continue
            if not limit.low <= value <= limit.high:
                raise SettingsError(
                    f"setting {name} = {value} is outside {limit.low:g} to {limit.high:g} {limit.unit}"
                    f" ({limit.meaning}); give a value in that range"
                )
        if self.max_segment_seconds < 2 * self.min_segment_seconds:
            raise SettingsError(
                f"max_segment_seconds = {self.max_segment_seconds:g} must be at least twice min_segment_seconds"
                f" = {self.min_segment_seconds:g}, or a span could not be halved; raise one or lower the other"
            )


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
    for item in fields(Settings):
        raw = os.environ.get(f"REELSEEK_{item.name.upper()}")
        if raw is not None:
            values[item.name] = raw
    values.update({name: value for name, value in (overrides or {}).items() if value is not None})
    known = {item.name: item for item in fields(Settings)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise SettingsError(f"unknown setting {unknown[0]!r}; the settings are: {', '.join(sorted(known))}")
    return Settings(**{name: _convert(name, known[name].type, value) for name, value in values.items()})


def _read_file(path: Path, *, must_exist: bool) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        if must_exist:
            raise SettingsError(f"settings file {path} does not exist; create it or name another") from None
        return {}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"settings file {path} cannot be read: {error}; mend it or name another") from error


def _convert(name: str, kind: Any, value: Any) -> Any:
    try:
        if kind in (bool, bool | None):
            return _as_bool(value)
        if kind is int and isinstance(value, float) and not value.is_integer():
            raise ValueError("not a whole number")
        return kind(value)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"setting {name} = {value!r} is not a {kind.__name__}: {error}") from error


def _as_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ValueError("say true or false")
