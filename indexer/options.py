"""The description of an option, from which every interface that has the option is derived.

The settings are described in `indexer.config`, the options of a search or a question in `search.options`, and all
others in `api.options`. Settings files, environment variables, command-line flags, HTTP parameters with their OpenAPI
descriptions, and the tables of `docs/cli.md` derive from these. Pure; imports nothing heavy.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")
_GROUPED = 10_000
"""Numbers from here on are displayed with thousands separators."""


@dataclass(frozen=True, slots=True)
class Option(Generic[Value]):
    """An option: its name, the values it accepts, and what it does."""

    name: str
    """Name in Python, settings files and JSON, as `per_video`."""
    kind: type
    """Type of one value: `bool`, `int`, `float`, `str` or `Path`."""
    default: Value
    help: str
    """What it does, in one sentence for every interface."""
    details: str = ""
    """Further sentences, only for the OpenAPI description."""
    low: float | None = None
    """Least allowed number."""
    high: float | None = None
    """Greatest allowed number."""
    served_high: float | None = None
    """Greatest number that the HTTP service accepts, if it is lower."""
    unit: str = ""
    choices: tuple[str, ...] = ()
    max_length: int | None = None
    """In characters; checked only by the HTTP service."""
    default_text: str = ""
    """The default in words, if the value does not explain it."""
    metavar: str = ""
    """Placeholder of the value in `--help`."""
    flag: str = ""
    """The command-line flag, if it is not the name with dashes; `--fold/--no-fold` for one that can be negated."""
    short: str = ""
    """A second spelling of the flag, as `-l`."""
    parameter: str = ""
    """The HTTP query parameter, if it is not the name."""
    is_list: bool = False
    """May be given several times; the value is a tuple."""
    is_required: bool = False
    examples: tuple[Any, ...] = ()

    @property
    def flags(self) -> tuple[str, ...]:
        """Every spelling of the flag, the short one first."""
        flag = self.flag or "--" + self.name.replace("_", "-")
        return (self.short, flag) if self.short else (flag,)

    @property
    def environment_variable(self) -> str:
        """The environment variable, for settings."""
        return f"REELSEEK_{self.name.upper()}"

    @property
    def description(self) -> str:
        """The full description, for OpenAPI."""
        default = f"Default: {self.default_text}." if self.default_text else ""
        return " ".join(part for part in (self.help, self.details, default) if part)

    def shown_default(self) -> str:
        """The default for display, as `on`, `0.05`, `8765`, `1,048,576`; empty if there is none."""
        if self.default_text or self.default in (None, "", ()):
            return self.default_text
        return shown_value(self.default)


def shown_range(low: float | None, high: float | None, unit: str = "") -> str:
    """The allowed numbers for display, as `0.5 to 10 s`, `1 or more`; at least one of the bounds is given."""
    if low is None or high is None:
        return f"{shown_value(high)} or less" if low is None else f"{shown_value(low)} or more"
    return f"{shown_value(low)} to {shown_value(high)} {unit}".rstrip()


def shown_value(value: Any) -> str:
    """A default or a bound for display."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if not isinstance(value, int | float):
        return str(value)
    if isinstance(value, float) and not value.is_integer():
        return f"{value:g}"
    return f"{int(value):,}" if abs(value) >= _GROUPED else f"{int(value)}"
