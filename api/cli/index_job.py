"""An indexing job of the service: `reelseek index --json` in a child process that ends when the service ends.

The arguments are the service's working folder and the paths to index. The service holds the other end of this process's
standard input; its end is the service's end, also by a kill. Settings come as `REELSEEK_*` variables.
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

    folder, *paths = sys.argv[1:]
    # Models may be named by relative paths, also by those that an existing library records. Nothing is imported from
    # here: `sys.path` of an isolated Python holds absolute folders alone.
    os.chdir(folder)
    threading.Thread(target=_end_with_parent, name="service-watch", daemon=True).start()
    command(["index", "--json", "--", *paths])


if __name__ == "__main__":
    main()
