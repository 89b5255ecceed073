"""One description of an option, from which every interface that has the option is made.

The settings are described in `indexer.config`, the options of a search or a question in `search.options`, and all
others in `api.options`. Settings files, environment variables, command-line flags, HTTP parameters with their OpenAPI
descriptions, and the tables of `docs/cli.md` derive from these. Pure; imports nothing heavy.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")
_GROUPED = 10_000
"""Numbers from here on are written with separators."""


@dataclass(frozen=True, slots=True)
class Option(Generic[Value]):
    """What an option is called, what it accepts, and what it does."""

    name: str
    """In Python, in settings files and in JSON, as `per_video`."""
    kind: type
    """Type of one value: `bool`, `int`, `float`, `str` or `Path`."""
    default: Value
    help: str
    """One or two sentences that hold for every interface."""
    details: str = ""
    """Further sentences, for reference documentation only."""
    low: float | None = None
    """Least allowed number."""
    high: float | None = None
    """Greatest allowed number."""
    served_high: float | None = None
    """Greatest number that the HTTP service accepts, where that is less."""
    unit: str = ""
    choices: tuple[str, ...] = ()
    max_length: int | None = None
    """In characters, for texts over HTTP."""
    default_text: str = ""
    """Says in words what happens without the option."""
    metavar: str = ""
    """Placeholder of the value in `--help`."""
    flag: str = ""
    """The command-line flag, where it is not the name with dashes; `--fold/--no-fold` for one that can be negated."""
    short: str = ""
    """Another flag for the same, as `-l`."""
    parameter: str = ""
    """The HTTP query parameter, where it is not the name."""
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
        """The variable that sets it, where it is a setting."""
        return f"REELSEEK_{self.name.upper()}"

    @property
    def description(self) -> str:
        """Everything that is to be said of it, for reference documentation."""
        without = f"Without it: {self.default_text}." if self.default_text else ""
        return " ".join(part for part in (self.help, self.details, without) if part)

    def shown_default(self) -> str:
        """The default as people write it: `on`, `0.05`, `8765`, `1,048,576`; empty where there is none."""
        if self.default_text or self.default in (None, "", ()):
            return self.default_text
        return shown_value(self.default)


def shown_value(value: Any) -> str:
    """A default or a bound as people write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if not isinstance(value, int | float):
        return str(value)
    if isinstance(value, float) and not value.is_integer():
        return f"{value:g}"
    return f"{int(value):,}" if abs(value) >= _GROUPED else f"{int(value)}"
