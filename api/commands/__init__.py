"""The commands of `reelseek`, one file each. A command parses, calls one public function, prints."""

import click

from api.commands.ask import ask
from api.commands.demo import demo
from api.commands.describe import describe
from api.commands.evaluate import evaluate
from api.commands.export import export
from api.commands.index import index
from api.commands.keys import keys
from api.commands.models import models
from api.commands.optimize import optimize
from api.commands.pinpoint import pinpoint
from api.commands.remove import remove
from api.commands.search import search
from api.commands.serve import serve
from api.commands.status import status
from api.commands.tag import tag
from api.commands.verify import verify
from api.commands.videos import videos
from api.commands.watch import watch

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
