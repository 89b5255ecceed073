"""Command-line flags, derived from the descriptions of options.

Precedence of settings: flag, `REELSEEK_*` variable, settings file, default.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from api.cli.options import JSON
from indexer.config import SETTINGS, load_settings
from indexer.options import Option, shown_range

Command = Callable[..., Any]
_Command = TypeVar("_Command", bound=Command)

LIBRARY_SETTINGS = ("library", "models")
VISION_LANGUAGE_SETTINGS = ("vision_language_model", "adapter", "vision_language_context", "send_frames_to")
BOX_SETTINGS = ("box_units",)
MODEL_SETTINGS = ("device", "clip_model", "text_model", *VISION_LANGUAGE_SETTINGS, "speech_model")
WATCH_SETTINGS = ("settle_seconds", "poll_seconds")
SEARCH_SETTINGS = ("relevance_threshold",)
RERANK_SETTINGS = ("reranker_model", "rerank")
SEARCH_MODEL_SETTINGS = ("device", "clip_model", "text_model", *RERANK_SETTINGS)
INDEX_SETTINGS = (
    *MODEL_SETTINGS,
    *(
        name
        for name in SETTINGS
        if name
        not in (*LIBRARY_SETTINGS, *MODEL_SETTINGS, *WATCH_SETTINGS, *SEARCH_SETTINGS, *RERANK_SETTINGS, *BOX_SETTINGS)
    ),
)


class Flag(click.Option):
    """A flag that knows the option it is derived from."""

    def __init__(self, *args: Any, option: Option[Any], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.option = option

    def get_help_extra(self, ctx: click.Context) -> Any:
        """The default as in the description; click would put it in parentheses."""
        extra = super().get_help_extra(ctx)
        extra.pop("default", None)
        is_switch = self.option.kind is bool and not self.secondary_opts
        if not is_switch and (shown := self.option.shown_default()):
            extra["default"] = shown
        if "range" in extra:
            extra["range"] = shown_range(self.option.low, self.option.high)
        return extra


def flag(option: Option[Any], *, dest: str = "", kind: Any = None) -> Callable[[_Command], _Command]:
    """A decorator that adds the flag of an option to a command.

    Args:
        dest: name of the command's argument, if it is not the option's.
        kind: a click type with further checks, as that a file exists.
    """
    attributes: dict[str, Any] = {"default": option.default, "help": _help(option), "required": option.is_required}
    if option.kind is bool:
        attributes["is_flag"] = True
    else:
        attributes |= {"type": kind or _type(option), "multiple": option.is_list, "metavar": option.metavar or None}
    # Of a switch that may be left open, None is a default: without one, click takes it for off.
    if option.is_required or option.is_list or (option.default is None and option.kind is not bool):
        attributes.pop("default")
    return click.option(*option.flags, dest or option.name, cls=Flag, option=option, **attributes)


def with_settings(*names: str) -> Callable[[_Command], _Command]:
    """A decorator that adds `--library`, `--models`, `--json` and the flags of the named settings to a command.

    The command receives them as two arguments: `settings`, checked, and `as_json`.
    """
    chosen = (*LIBRARY_SETTINGS, *names)

    def decorate(function: _Command) -> _Command:
        @wraps(function)
        def run(**given: Any) -> Any:
            overrides = {name: given.pop(name) for name in chosen}
            return function(settings=load_settings(overrides), **given)

        command: Command = flag(JSON)(run)
        for name in reversed(chosen):
            command = _setting_flag(SETTINGS[name])(command)
        return command  # pyright: ignore[reportReturnType] - click hands back what it decorates

    return decorate


def _setting_flag(option: Option[Any]) -> Callable[[Command], Command]:
    """Has no default in click, so that only given flags override variable and file; `Settings` checks the range."""
    flags = option.flags
    if option.kind is bool:
        flags = (f"{flags[0]}/--no-{flags[0][2:]}",)
    numbers = {int: "N", float: "X"}
    return click.option(
        *flags,
        option.name,
        cls=Flag,
        option=option,
        type=None if option.kind is bool else option.kind,
        default=None,
        metavar=option.metavar or numbers.get(option.kind),
        help=_help(option) if option.low is None else _help_with_range(option),
    )


def _help(option: Option[Any]) -> str:
    return f"{option.help.rstrip('.')}; may be given several times." if option.is_list else option.help


def _help_with_range(option: Option[Any]) -> str:
    return f"{option.help.rstrip('.')}; {shown_range(option.low, option.high, option.unit)}."


def _type(option: Option[Any]) -> Any:
    if option.choices:
        return click.Choice(option.choices)
    if option.low is not None:
        ranged: Any = click.IntRange if option.kind is int else click.FloatRange
        return ranged(option.low, option.high)
    return click.Path(path_type=Path) if option.kind is Path else option.kind
