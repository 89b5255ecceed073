"""`python -m api.cli.index_job PATH...`: `reelseek index --json`, ended when the service that started it ends.

The service holds the other end of this process's standard input; its end is the service's end, also by a kill.
Settings come as `REELSEEK_*` variables.
"""

import os
import signal
import sys
import threading

LAST_CHANCE_SECONDS = 20.0


def _watch() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait(LAST_CHANCE_SECONDS)
    os._exit(130)


def main() -> None:
    from api.cli.main import main as command

    threading.Thread(target=_watch, name="service-watch", daemon=True).start()
    command(["index", "--json", "--", *sys.argv[1:]])


if __name__ == "__main__":
    main()
