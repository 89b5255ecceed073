"""A decoder taken over by the file that it parses: it tries what an attacker would, and reports what worked.

It runs the true entry point of a decoder child or of a media worker, with the parsing of the file replaced by `attack`.
"""

import ctypes
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from indexer.errors import UnreadableVideoError

TARGETS_VARIABLE = "LC_REELSEEK_TEST_TARGETS"
"""Environment variable with the targets as JSON; variables that begin with `LC_` reach a decoder."""

_PTRACE_SEIZE = 0x4206
"""Unlike PTRACE_ATTACH, does not stop the process."""


def attack(*_: Any) -> NoReturn:
    """Try everything. Raises UnreadableVideoError whose text is a JSON object: attack -> what came of it."""
    targets = json.loads(os.environ[TARGETS_VARIABLE])
    found: dict[str, str] = {}
    for name, deed in _deeds(targets).items():
        try:
            deed()
            found[name] = "worked"
        except OSError as error:
            found[name] = f"failed: {error.strerror}"
        except Exception as error:  # noqa: BLE001 - any failure of an attack is one
            found[name] = f"failed: {type(error).__name__} {error}"
    raise UnreadableVideoError(json.dumps(found))


def _deeds(targets: dict[str, Any]) -> dict[str, Callable[[], object]]:
    secret, video, folder = Path(targets["secret"]), Path(targets["video"]), Path(targets["video"]).parent
    parent = os.getppid()
    return {
        "read the video": lambda: video.read_bytes(),
        "read a private key": lambda: secret.read_bytes(),
        "read it through a link": lambda: Path(targets["link"]).read_bytes(),
        "read another video": lambda: (folder / "other.mp4").read_bytes(),
        "read the parent's environment": lambda: Path(f"/proc/{parent}/environ").read_bytes(),
        "list the folder": lambda: os.listdir(folder),  # noqa: PTH208
        "write to the video": lambda: video.open("ab").close(),
        "write a new file": lambda: (folder / "new").write_bytes(b"x"),
        "write to the home folder": lambda: (secret.parent / "authorized_keys").write_bytes(b"x"),
        "remove the other video": lambda: (folder / "other.mp4").unlink(),
        "rename the video": lambda: video.rename(folder / "renamed.mp4").rename(video),
        "make a folder": lambda: (folder / "made").mkdir(),
        "make a link": lambda: (folder / "linked").symlink_to(secret),
        "change permissions": lambda: video.chmod(0o777),
        "change times": lambda: os.utime(video, (1, 1)),
        "connect over TCP": lambda: socket.create_connection(("127.0.0.1", targets["port"]), timeout=5),
        "send over UDP": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
        "connect to a local socket": lambda: socket.socket(socket.AF_UNIX).connect(targets["socket"]),
        "run a program": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
        "run a shell": _shell,
        "fork": _fork,
        "signal the parent": lambda: os.kill(parent, 0),
        "trace the parent": lambda: _call(101 if os.uname().machine == "x86_64" else 117, _PTRACE_SEIZE, parent, 0, 0),
        "set up io_uring": lambda: _call(425, 8, ctypes.create_string_buffer(256)),
    }


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _shell() -> None:
    if os.system("true") != 0:
        raise PermissionError(1, "no shell")


def _call(number: int, *arguments: Any) -> None:
    if ctypes.CDLL(None, use_errno=True).syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def main() -> None:
    """Run the entry point that the first argument names, with its parsing taken over.

    The second argument is whether the system offers to confine it.
    """
    from api.media import still_frames, worker
    from indexer.decode.worker import job
    from indexer.decode.worker import main as decoder
    from indexer.isolation import confine

    job.open_media_container = attack
    still_frames.still_frame = attack
    if sys.argv[2] == "unprotected":
        nothing = confine.Protection(files=False, network=False, processes=False, means="")
        confine.available_protection = lambda: nothing
    {"indexer.decode.worker.main": decoder, "api.media.worker": worker}[sys.argv[1]].main()
