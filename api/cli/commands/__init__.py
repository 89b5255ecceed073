"""The commands of `reelseek`, one file each. A command parses, calls one public function, prints."""

import click

from api.cli.commands.ask import ask
from api.cli.commands.demo import demo
from api.cli.commands.describe import describe
from api.cli.commands.evaluate import evaluate
from api.cli.commands.export import export
from api.cli.commands.index import index
from api.cli.commands.keys import keys
from api.cli.commands.models import models
from api.cli.commands.optimize import optimize
from api.cli.commands.pinpoint import pinpoint
from api.cli.commands.remove import remove
from api.cli.commands.search import search
from api.cli.commands.serve import serve
from api.cli.commands.status import status
from api.cli.commands.tag import tag
from api.cli.commands.verify import verify
from api.cli.commands.videos import videos
from api.cli.commands.watch import watch

COMMANDS: dict[str, click.Command] = {
    "index": index,
    "watch": watch,
    "search": search,
    "ask": ask,
    "pinpoint": pinpoint,
    "describe": describe,
    "export": export,
    "serve": serve,
    "keys": keys,
    "status": status,
    "videos": videos,
    "tag": tag,
    "remove": remove,
    "verify": verify,
    "optimize": optimize,
    "eval": evaluate,
    "models": models,
    "demo": demo,
}
"""In the order in which `--help` lists them."""
