"""The web page and its files, from the package `web`, and the one module that is generated."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from litestar import Controller, HttpMethod, Request, Response, route

from api.errors import NotFoundError
from api.service.views.signal_groups import MODULE, signal_groups_module
from web import PAGE_FOLDER

PAGES = {"/": "index.html", "/api-docs": "api.html"}
_SERVED = {".html", ".css", ".js", ".mjs", ".svg", ".png", ".ico", ".woff2", ".json", ".txt", ".webmanifest"}
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class _File:
    modified_ns: int
    content: bytes
    packed: bytes
    """The content, compressed by gzip."""
    media_type: str
    etag: str


class PageFiles:
    """The files below a folder by name. A name is looked up among existing files and never joined to a path."""

    def __init__(self, folder: Path, *, generated: Mapping[str, bytes]) -> None:
        """
        Args:
            generated: name -> content of further files.
        """
        self._folder = folder
        self._files: dict[str, _File] = {}
        self._generated = {name: _file(PurePath(name), content, 0) for name, content in generated.items()}

    def get(self, name: str) -> _File:
        """Raises NotFoundError."""
        if name in self._generated:
            return self._generated[name]
        path = self._paths().get(name)
        if path is None:
            raise NotFoundError("page not found")
        modified = path.stat().st_mtime_ns
        kept = self._files.get(name)
        if kept is None or kept.modified_ns != modified:
            kept = self._files[name] = _file(path, path.read_bytes(), modified)
        return kept

    def _paths(self) -> dict[str, Path]:
        return {
            path.relative_to(self._folder).as_posix(): path
            for path in self._folder.rglob("*")
            if path.suffix in _SERVED and path.is_file() and not path.is_symlink()
        }


def _file(path: PurePath, content: bytes, modified_ns: int) -> _File:
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    media_type = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    packed = gzip.compress(content, mtime=0)
    return _File(modified_ns, content, packed, media_type, f'"{hashlib.sha256(content).hexdigest()[:16]}"')


_FILES = PageFiles(PAGE_FOLDER, generated={MODULE: signal_groups_module()})
_READ = [HttpMethod.GET, HttpMethod.HEAD]


class PageRoutes(Controller):
    path = "/"
    include_in_schema = False

    @route(["/", "/api-docs"], http_method=_READ, sync_to_thread=False)
    def page(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        return _response(request, PAGES.get(request.url.path.rstrip("/") or "/", "index.html"))

    @route("/static/{name:path}", http_method=_READ, sync_to_thread=False)
    def file(self, request: Request[Any, Any, Any], name: str) -> Response[bytes]:
        return _response(request, str(name).lstrip("/"))

    @route("/favicon.ico", http_method=_READ, sync_to_thread=False)
    def icon(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        return _response(request, "favicon.svg")


def _response(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    file = _FILES.get(name)
    headers = {"ETag": file.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(file.packed, media_type=file.media_type, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)
