"""`reelseek`: the command line's entry point and the list of its commands.

Each command lives in its own file of `api/cli/commands`. It parses, calls one public function, prints, and returns an
exit code.
"""

import click

from api.cli.collections.commands import collection
from api.cli.commands.ask import ask
from api.cli.commands.chat import chat
from api.cli.commands.demo import demo
from api.cli.commands.describe import describe
from api.cli.commands.evaluate import evaluate
from api.cli.commands.export import export
from api.cli.commands.index import index
from api.cli.commands.locate import locate
from api.cli.commands.models import models
from api.cli.commands.pinpoint import pinpoint
from api.cli.commands.remove import remove
from api.cli.commands.search import search
from api.cli.commands.speakers import speakers
from api.cli.commands.status import status
from api.cli.commands.tag import tag
from api.cli.commands.transcript import transcript
from api.cli.commands.videos import videos
from api.cli.commands.watch import watch
from api.cli.group import ReelseekGroup
from api.cli.programs.keys import keys
from api.cli.programs.mcp import mcp
from api.cli.programs.serve import serve
from api.cli.upkeep.backup import backup, restore
from api.cli.upkeep.optimize import optimize
from api.cli.upkeep.repair import repair
from api.cli.upkeep.verify import verify
from api.version import package_version

COMMANDS: dict[str, click.Command] = {
    "index": index,
    "watch": watch,
    "search": search,
    "ask": ask,
    "chat": chat,
    "pinpoint": pinpoint,
    "locate": locate,
    "describe": describe,
    "transcript": transcript,
    "export": export,
    "collection": collection,
    "serve": serve,
    "mcp": mcp,
    "keys": keys,
    "status": status,
    "videos": videos,
    "tag": tag,
    "speakers": speakers,
    "remove": remove,
    "verify": verify,
    "repair": repair,
    "optimize": optimize,
    "backup": backup,
    "restore": restore,
    "eval": evaluate,
    "models": models,
    "demo": demo,
}
"""In the order in which `--help` lists them."""


@click.group(
    cls=ReelseekGroup,
    commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_version(), prog_name="reelseek")
def main() -> None:
    """Find moments in your videos.

    Index a folder once, then search it by what is seen, said or written on screen.

    \b
    Examples:
      reelseek index ~/Videos                      index a folder and its subfolders
      reelseek search "a red car in the snow"      find moments
      reelseek search "invoice" --json             JSON output, for programs
      reelseek status                              what the library contains
      reelseek COMMAND --help                      more examples

    \b
    Exit codes: 0 done or found, 1 nothing found, 2 wrong usage or stopped by an error,
    3 some videos failed, 130 stopped by Ctrl-C.
    """
