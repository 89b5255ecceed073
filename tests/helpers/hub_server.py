"""A small server that speaks the paths of the Hugging Face hub, over model folders on this machine.

It can break off in the middle of a file, once or for good, as a connection that is lost.
"""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class HubServer(ThreadingHTTPServer):
    """Serves until `shutdown`; a context manager."""

    daemon_threads = True

    def __init__(self, repositories: dict[str, Path]) -> None:
        """
        Args:
            repositories: ORGANISATION/MODEL -> the folder with its files.
        """
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories = repositories
        self.break_in = ""
        """Name of the file in the middle of which the connection is lost."""
        self.comes_back = False
        """Whether it is lost for a moment only."""
        self.is_lost = False
        self.ranges: list[tuple[str, str]] = []
        """(file, the range that was asked for), of each request for a part of a file."""
        self.files: list[str] = []
        """Names of the files that were sent, or begun."""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> "HubServer":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: Any) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        pass

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        if self.server.is_lost:
            self.close_connection = True
        elif path.startswith("/api/models/"):
            self._describe(path.removeprefix("/api/models/"))
        else:
            self._send_file(path.strip("/"), with_body=with_body)

    def _describe(self, path: str) -> None:
        repository = "/".join(path.split("/")[:2])
        folder = self.server.repositories.get(repository)
        if folder is None:
            self._reply(404, b'{"error": "Repository not found"}', {"X-Error-Code": "RepoNotFound"})
            return
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        if "/tree/" in path:
            rows = [
                {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": _etag(file)} for file in files
            ]
            self._reply(200, json.dumps(rows).encode())
            return
        siblings = [{"rfilename": file.relative_to(folder).as_posix(), "size": file.stat().st_size} for file in files]
        self._reply(200, json.dumps({"id": repository, "sha": COMMIT, "siblings": siblings}).encode())

    def _send_file(self, path: str, *, with_body: bool) -> None:
        repository, _, rest = path.partition("/resolve/")
        name = rest.partition("/")[2]
        file = self.server.repositories.get(repository, Path()) / name
        if not name or not file.is_file():
            self._reply(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        content = file.read_bytes()
        self.server.files += [name] if with_body else []
        first, status = 0, 200
        if (wanted := self.headers.get("Range")) and with_body:
            self.server.ranges.append((name, wanted))
            first, status = int(wanted.removeprefix("bytes=").split("-")[0]), 206
        headers = {"ETag": f'"{_etag(file)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if status == 206:
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        part = content[first:]
        if with_body and name == self.server.break_in:
            self.server.break_in, self.server.is_lost = "", not self.server.comes_back
            self._reply(status, part[: len(part) // 2], headers, length=len(part))
            self.close_connection = True
            return
        self._reply(status, part if with_body else b"", headers, length=len(part))

    def _reply(self, status: int, body: bytes, headers: dict[str, str] | None = None, *, length: int = -1) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length < 0 else length))
        self.end_headers()
        self.wfile.write(body)


def _etag(file: Path) -> str:
    return hashlib.sha1(file.read_bytes(), usedforsecurity=False).hexdigest()
