"""Exit codes of `reelseek`. `docs/json.md` documents them; a test compares the two."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command."""

    OK = 0
    """Done; for `search`: something was found."""
    NOTHING_FOUND = 1
    """`search` found nothing, `verify` found problems, or `demo run` found too little."""
    STOPPED = 2
    """Wrong usage, or an error that stopped the command."""
    PARTLY_FAILED = 3
    """`index` finished, but some videos could not be indexed; `export`, but some moments could not be exported."""
    FAULT = 70
    """A bug in Reelseek; the traceback is printed."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C; finished work is kept."""
