"""What `reelseek` returns to the shell. `docs/json.md` describes them; a test holds the two together."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command."""

    OK = 0
    """Done; for `search`: something was found."""
    NOTHING_FOUND = 1
    """`search` found nothing, `verify` found problems, `demo run` found too little."""
    STOPPED = 2
    """Wrong usage, or an error that stopped the command before its end."""
    PARTLY_FAILED = 3
    """`index` finished, and some videos could not be indexed."""
    FAULT = 70
    """A fault in Reelseek itself; the traceback is printed."""
    INTERRUPTED = 130
    """Ctrl-C; what was finished is kept."""
