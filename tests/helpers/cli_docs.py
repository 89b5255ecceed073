"""The tables of options in `docs/cli.md`, made from the commands; `python -m tests.helpers.cli_docs` updates them."""

import re
from pathlib import Path

import click

from api.cli.flags import Flag
from api.cli.main import main

FILE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
_TABLE = re.compile(r"^\| option \| meaning \|\n\|---\|---\|\n(?:\|.*\n)*", flags=re.MULTILINE)


def leaves(command: click.Command, name: str) -> dict[str, click.Command]:
    """Every command that does something, by its full name."""
    if isinstance(command, click.Group):
        found: dict[str, click.Command] = {}
        for part, below in command.commands.items():
            found |= leaves(below, f"{name} {part}")
        return found
    return {name: command}


COMMANDS = leaves(main, "reelseek")


def flags_of(command: click.Command) -> list[Flag]:
    """The flags of a command but `--help`."""
    return [one for one in command.params if isinstance(one, Flag)]


def row(flag: Flag) -> str:
    """A flag's row: its spellings and placeholder, what it does, its choices, and its default in brackets."""
    option = flag.option
    spelled = ", ".join((*flag.opts, *flag.secondary_opts))
    if option.kind is not bool:
        spelled += f" {flag.metavar or option.name.removesuffix('s').rpartition('_')[2].upper()}"
    choices = f"One of {', '.join(f'`{name}`' for name in option.choices)}." if option.choices else ""
    is_switch = option.kind is bool and not flag.secondary_opts
    default = "" if is_switch or not option.shown_default() else f"[{option.shown_default()}]"
    required = "Required." if option.is_required else ""
    return f"| `{spelled}` | {' '.join(part for part in (flag.help, choices, required, default) if part)} |"


def table(command: click.Command) -> str:
    """All flags of a command as a Markdown table."""
    return "| option | meaning |\n|---|---|\n" + "".join(f"{row(flag)}\n" for flag in flags_of(command))


def with_tables(text: str) -> str:
    """The document with its tables as the commands have them."""
    parts = re.split(r"(?m)^(?=## )", text)
    for place, part in enumerate(parts):
        name = part.partition("\n")[0].removeprefix("## ").replace("`", "")
        if name in COMMANDS:
            parts[place] = _TABLE.sub(lambda _, name=name: table(COMMANDS[name]), part)
    return "".join(parts)


if __name__ == "__main__":
    FILE.write_text(with_tables(FILE.read_text(encoding="utf-8")), encoding="utf-8")
