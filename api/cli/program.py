"""The program `reelseek`: one command, and an end without delay."""

import atexit
import os
import sys
from contextlib import suppress
from typing import NoReturn

from api.cli.main import main


def run() -> NoReturn:
    """Runs the command line and leaves with its exit code once what was registered for the exit has run.

    Taking apart an interpreter that has imported PyTorch and LanceDB is a sixth of a short command's processor time,
    and most of the wait after Ctrl-C.
    """
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage] - worker processes, temporary folders, logs
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # closed, or its reader has gone
            stream.flush()
    os._exit(code if isinstance(code, int) else 1)
