"""A module for an isolated child process: prints what it sees of its surroundings, as one JSON object."""

import json
import os
import sys
from pathlib import Path


def main() -> None:
    """Facts of this process: import path, working folder, arguments, environment, flags."""
    facts = {
        "path": sys.path,
        "folder": str(Path.cwd()),
        "arguments": sys.argv[1:],
        "environment": dict(os.environ),
        "isolated": sys.flags.isolated,
        "utf8": sys.flags.utf8_mode,
    }
    print(json.dumps(facts))
