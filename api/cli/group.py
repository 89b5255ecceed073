"""The command group: errors and interruptions become one line of output and an exit code.

Heavy libraries are imported inside the commands, so that `--help` answers at once.
"""

import io
import json
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from api.cli.exit_codes import ExitCode
from api.cli.third_party_logging import quiet_libraries
from api.safe_text import one_line
from indexer.errors import Interrupted, ReelseekError
from indexer.isolation.python_process import protect_descendants


class ReelseekGroup(click.Group):
    """Turns every error that ends a command into one line, or one JSON object, and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of first use, not alphabetical."""
        return list(self.commands)

    def main(self, *args: Any, **options: Any) -> NoReturn:
        given: Sequence[str] | None = args[0] if args else options.get("args")
        words = list(sys.argv[1:] if given is None else given)
        as_json = "--json" in (words[: words.index("--")] if "--" in words else words)
        options["standalone_mode"] = False
        _escape_unencodable()
        quiet_libraries()
        protect_descendants()
        try:
            code = self._run(args, options, as_json)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader (`head`, a pager) is finished; Python must not flush the rest at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = ExitCode.OK
        sys.exit(int(code))

    def _run(self, args: tuple[Any, ...], options: dict[str, Any], as_json: bool) -> int:
        try:
            return int(super().main(*args, **options) or ExitCode.OK)
        except BrokenPipeError:
            raise
        except (click.Abort, KeyboardInterrupt, Interrupted) as error:
            return _report(ExitCode.INTERRUPTED, "Interrupted", str(error) or "stopped", as_json)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            return ExitCode.STOPPED
        except click.ClickException as error:
            return _report(ExitCode.STOPPED, "UsageError", _usage_message(error), as_json)
        except (ReelseekError, OSError) as error:
            return _report(ExitCode.STOPPED, type(error).__name__, str(error), as_json)
        except Exception as error:  # noqa: BLE001 - last resort: a bug must not look like "nothing found"
            traceback.print_exc()
            message = f"{error}; this is a bug in Reelseek; please report it with the lines above"
            return _report(ExitCode.FAULT, type(error).__name__, message, as_json)


def _escape_unencodable() -> None:
    """Prints characters that the terminal's encoding lacks as escapes, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _usage_message(error: click.ClickException) -> str:
    message = error.format_message()
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return message
    asks = message.endswith(("?", "?)"))  # click's guess at what was meant
    return f"{message.rstrip('.')}{' Try' if asks else '; try'} `{context.command_path} --help`"


def _report(code: ExitCode, kind: str, message: str, as_json: bool) -> ExitCode:
    """Reports why the command ends: a line for people on standard error, an object for programs on standard output."""
    if as_json:
        click.echo(json.dumps({"error": {"type": kind, "message": message}}))
    click.echo(f"reelseek: {one_line(message)}", err=True)
    return code
