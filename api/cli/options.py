"""The options that commands share. Defaults and ranges come from `indexer.config`, never repeated here.

Settings win in this order: option, `REELSEEK_*` variable, settings file, default.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any, TypeVar

import click

from indexer.config import LIMITS, Settings, load_settings

Command = Callable[..., Any]
_Command = TypeVar("_Command", bound=Command)

_TEXTS: dict[str, tuple[str, str]] = {
    "library": ("FOLDER", "The library: the folder that Reelseek owns."),
    "models": (
        "PROFILE",
        "Profile of models, see `reelseek models`. Without it: the library's own, `small` for a new library.",
    ),
    "clip_model": ("MODEL", "Picture model instead of the profile's: NAME:PRETRAINED or a local directory."),
    "text_model": ("MODEL", "Text model instead of the profile's: a hub name or a local directory."),
    "vision_language_model": (
        "MODEL",
        "Model for captions and questions instead of the profile's: a hub name or a local directory.",
    ),
    "speech_model": ("MODEL", "Speech model instead of the profile's: a Whisper's hub name or a local directory."),
    "reranker_model": (
        "MODEL",
        "Reranker instead of the profile's, a cross-encoder or late interaction: a hub name or a local directory.",
    ),
    "rerank": ("", "Read the best texts of a search again, each beside the query, or leave it out."),
    "speech": ("", "Write down what is said (of videos without subtitles), or leave it out."),
    "speech_beside_subtitles": ("", "Write down what is said also where there are subtitles."),
    "captions": ("", "Describe each segment in a sentence, or leave it out."),
    "screen_text": ("", "Read on-screen text (OCR), or leave it out."),
    "screen_text_models": (
        "FOLDER",
        "Folder of further OCR networks (rapidocr's NAME.onnx) for scripts beyond Latin and Chinese.",
    ),
    "device": ("DEVICE", "Where models run: auto, cpu, cuda, cuda:1, mps."),
}
"""Placeholder and help of the settings that are texts; numbers are described by `LIMITS`."""
_SHORT: dict[str, str] = {"library": "-l", "models": "-m", "frames_per_second": "--fps"}

LIBRARY_OPTIONS = ("library", "models")
MODEL_OPTIONS = ("device", "clip_model", "text_model", "vision_language_model", "speech_model")
WATCH_OPTIONS = ("settle_seconds", "poll_seconds")
SEARCH_OPTIONS = ("relevance_threshold",)
RERANK_OPTIONS = ("reranker_model", "rerank")
SEARCH_MODEL_OPTIONS = ("device", "clip_model", "text_model", *RERANK_OPTIONS)
INDEX_OPTIONS = (
    *MODEL_OPTIONS,
    "screen_text",
    "screen_text_models",
    "speech",
    "speech_beside_subtitles",
    "captions",
    *(name for name in LIMITS if name not in (*WATCH_OPTIONS, *SEARCH_OPTIONS)),
)


def with_settings(*names: str) -> Callable[[_Command], _Command]:
    """Gives a command `--library`, `--models`, `--json` and the options of the named settings.

    The command receives them as two arguments: `settings`, checked, and `as_json`.
    """
    chosen = (*LIBRARY_OPTIONS, *names)

    def decorate(function: _Command) -> _Command:
        @wraps(function)
        def run(**given: Any) -> Any:
            overrides = {name: given.pop(name) for name in chosen}
            return function(settings=load_settings(overrides), **given)

        command: Command = json_option(run)
        for name in reversed(chosen):
            command = _setting_option(name)(command)
        return command  # pyright: ignore[reportReturnType] - click hands back what it decorates

    return decorate


def json_option(function: _Command) -> _Command:
    """Gives a command `--json`, received as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")(function)


def _setting_option(name: str) -> Callable[[Command], Command]:
    default = {item.name: item.default for item in fields(Settings)}[name]
    flag = "--" + name.replace("_", "-")
    flags = (_SHORT[name], flag) if name in _SHORT else (flag,)
    shown = f"  [{_shown(default)}]" if default != "" else ""
    if default is None:
        shown = "  [as the profile does]"
    if default is None or isinstance(default, bool):
        return click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=_TEXTS[name][1] + shown)
    if name in LIMITS:
        limit, metavar = LIMITS[name], "N" if isinstance(default, int) else "X"
        meaning = limit.meaning[0].upper() + limit.meaning[1:]
        text = f"{meaning}; {_shown(limit.low)} to {_shown(limit.high)} {limit.unit}".rstrip() + "."
    else:
        metavar, text = _TEXTS[name]
    kind = type(default) if name in LIMITS else str
    return click.option(*flags, name, type=kind, default=None, metavar=metavar, help=text + shown)


def _shown(value: Any) -> str:
    """A default or a bound as people write it: `on`, `0.05`, `1,048,576`."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:g}"
    return f"{int(value):,}" if isinstance(value, int | float) else str(value)
