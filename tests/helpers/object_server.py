"""An S3 server on this machine (moto), and a door in front of it that can be told to refuse.

moto needs an older dateutil than Reelseek's tests, so it lives in an environment of its own: `make moto` makes one, or
`REELSEEK_MOTO_PYTHON` names its Python. Without it the tests are skipped.
"""

import http.client
import http.server
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "films"
KEY, SECRET = "AKIAOFTHETESTS", "secret/of/the/tests"
_PASSED_ON = {"etag", "last-modified", "content-type", "content-range", "accept-ranges", "x-amz-version-id"}


def moto_python() -> str:
    """The Python that has moto; skips the test where there is none."""
    named = os.environ.get("REELSEEK_MOTO_PYTHON") or str(ROOT / ".moto" / "bin" / "python")
    if not Path(named).exists():
        pytest.skip("there is no S3 server: `make moto`, or name a Python that has moto in REELSEEK_MOTO_PYTHON")
    return named


@contextmanager
def s3_server() -> Iterator[int]:
    """A server with an empty bucket; its port on the loopback address."""
    command = [moto_python(), "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stderr
            port = next(int(found[1]) for line in server.stderr if (found := re.search(r"127\.0\.0\.1:(\d+)", line)))
            threading.Thread(target=server.stderr.read, daemon=True).start()
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("PUT", f"/{BUCKET}")
            assert connection.getresponse().status == http.client.OK
            yield port
        finally:
            server.kill()


class Door(http.server.ThreadingHTTPServer):
    """Passes requests on to a server, or answers with a fault."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.behind = port
        self.fault: tuple[int, str] | None = None
        """Status and code of the answer."""
        self.passing = 0
        """Requests that write and still pass before the fault."""
        self._mutex = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def refuse(self, status: int, code: str, *, after: int = 0) -> None:
        """Answer with a fault, once so many more requests have written something."""
        self.fault, self.passing = (status, code), after

    def fault_of(self, method: str) -> tuple[int, str] | None:
        with self._mutex:
            if self.fault is None or self.passing > 0:
                self.passing -= method in ("PUT", "POST")
                return None
            return self.fault


class _Passing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Door

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.fault_of(self.command)
        if fault:
            text = f"<?xml version='1.0'?><Error><Code>{fault[1]}</Code><AWSAccessKeyId>{KEY}</AWSAccessKeyId></Error>"
            self._send(fault[0], {}, text.encode(), len(text))
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.server.behind)
        connection.request(self.command, self.path, body, dict(self.headers.items()))
        reply = connection.getresponse()
        kept = {name: value for name, value in reply.getheaders() if name.lower() in _PASSED_ON}
        content = reply.read()
        self._send(reply.status, kept, content, int(reply.getheader("Content-Length") or len(content)))
        connection.close()

    def _send(self, status: int, headers: dict[str, str], body: bytes, length: int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length if self.command == "HEAD" else len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def door_to(port: int) -> Iterator[Door]:
    """A door in front of the server on a port; the environment's address of object stores is its own meanwhile."""
    with Door(port) as door:
        threading.Thread(target=door.serve_forever, daemon=True).start()
        yield door
        door.shutdown()
