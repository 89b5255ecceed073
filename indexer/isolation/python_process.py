"""Starts child processes that run this program's modules and no code from the folders they work on.

Every Python that this program starts goes through `start_python` or `start_python_async`;
`tests/test_isolated_children.py` searches the source for others. Plain `python -m` puts the current folder first on
`sys.path`, so a file `av.py` among somebody's videos would run instead of the library. Here a child:

- runs isolated (`-I`): neither the current folder, nor the user's site-packages, nor any `PYTHON*` variable counts;
- starts in the interpreter's own folder, so that no relative path, of Python or of the system's loader, leads into
  the caller's folder. Pass absolute paths;
- gets an environment of `minimal_environment` or `inherited_environment`.

Leaves out what a child is asked and how it answers.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:  # both cost start-up time, also that of `reelseek --help`
    from asyncio.subprocess import Process
    from subprocess import Popen

_ENTRY = Path(__file__).resolve().with_name("python_entry.py")
_NEEDED_VARIABLES = frozenset(
    {
        *("PATH", "LD_LIBRARY_PATH", "LD_PRELOAD"),
        *("DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES"),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR"),  # without the first, Python does not start on Windows
        *("TMPDIR", "TEMP", "TMP"),
        *("LANG", "LANGUAGE", "TZ"),
    }
)
"""What an interpreter and its native libraries need of a system; variables that begin with `LC_` are passed on too."""
_SAFE_DESCENDANTS = {"PYTHONSAFEPATH": "1"}
"""For a Python that some library starts: its current folder is not on `sys.path`."""


def start_python(
    module: str,
    *arguments: str,
    environment: Mapping[str, str],
    stderr: int | IO[bytes],
    pass_fds: Sequence[int] = (),
) -> "Popen[bytes]":
    """Run `main` of a module of this program in an isolated child process, with unbuffered pipes to it and from it.

    The child gets a session of its own: Ctrl-C is the parent's to handle.

    Args:
        module: full name, such as `indexer.decode.worker.main`.
        arguments: the child's `sys.argv[1:]`.
        environment: from `minimal_environment` or `inherited_environment`.
        stderr: the file that receives the child's standard error.
        pass_fds: descriptors that the child inherits under their own numbers.

    Raises:
        OSError: the system starts no process.
    """
    from subprocess import PIPE, Popen

    return Popen(
        _command(module, arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=stderr,
        bufsize=0,
        pass_fds=pass_fds,
        start_new_session=True,
        cwd=_working_folder(),
        env=dict(environment),
    )


async def start_python_async(
    module: str, *arguments: str, environment: Mapping[str, str], line_bytes: int
) -> "Process":
    """`start_python` on the event loop, with a pipe from standard error too.

    Args:
        line_bytes: longest line that can be read from the pipes.
    """
    from asyncio import create_subprocess_exec
    from asyncio.subprocess import PIPE

    return await create_subprocess_exec(
        *_command(module, arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        limit=line_bytes,
        start_new_session=True,
        cwd=_working_folder(),
        env=dict(environment),
    )


def minimal_environment(values: Mapping[str, str]) -> dict[str, str]:
    """An environment for a child that parses hostile bytes: no token, no key, no home folder; then `values`."""
    needed = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _NEEDED_VARIABLES or name.upper().startswith("LC_")
    }
    return {**needed, **_SAFE_DESCENDANTS, **values}


def inherited_environment(values: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what steers Python, for a child that loads models (CUDA, caches, proxies)."""
    inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith("PYTHON")}
    return {**inherited, **_SAFE_DESCENDANTS, **values}


def protect_descendants() -> None:
    """Keep the current folder off `sys.path` of a Python that a library starts from this process.

    multiprocessing's resource tracker is one: it is started by `python -c`.
    """
    os.environ.update(_SAFE_DESCENDANTS)


def _command(module: str, arguments: tuple[str, ...]) -> list[str]:
    # `-X utf8` as in this process: both sides must decode file names alike.
    # `-u`: what a child prints reaches its parent at once.
    return [sys.executable, "-I", "-u", "-X", f"utf8={sys.flags.utf8_mode}", str(_ENTRY), module, *arguments]


def _working_folder() -> str:
    """A folder that nobody but the owner of the interpreter can write to."""
    return sys.prefix
