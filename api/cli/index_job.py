"""`python -m api.cli.index_job PATH...`: `reelseek index --json` as a child process of the service.

It ends when the service ends, even if that is killed: the service holds the other end of its standard input. Settings
come as `REELSEEK_*` variables.
"""

import os
import signal
import sys
import threading

GRACE_SECONDS = 20.0


def _end_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait(GRACE_SECONDS)
    os._exit(130)


def main() -> None:
    from api.cli.main import main as command

    threading.Thread(target=_end_with_parent, name="service-watch", daemon=True).start()
    command(["index", "--json", "--", *sys.argv[1:]])


if __name__ == "__main__":
    main()
