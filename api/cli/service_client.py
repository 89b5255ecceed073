"""Searches by a running service of the library, whose models are loaded; None where the command has to search itself.

Whatever goes wrong, the command searches itself and then reports what is wrong: so errors are the same either way.
"""

import base64
import http.client
import json
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from api.local.running_service import LOCAL, RunningService, find_running_service
from indexer.config import Settings
from indexer.library_place import library_place, machine_folder
from search.signals import Signal

if TYPE_CHECKING:
    from search.results import SearchResult

_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 60.0
_RELATIVE_PATH = re.compile(r"(video|name):\S*[/\\~]")


def search_by_service(
    settings: Settings,
    query: str,
    *,
    image: Path | None,
    like: str | None,
    video: str | None,
    signals: tuple[Signal, ...],
    scope: str | None,
    **rest: Any,
) -> "SearchResult | None":
    """The result of a running service; arguments as of `SearchEngine.search`."""
    service = find_running_service(machine_folder(library_place(settings.library)), settings)
    if service is None or is_place_relative(f"{query} {scope or ''}"):
        return None
    try:
        asked = {
            "query": query,
            "image": None if image is None else base64.b64encode(image.read_bytes()).decode(),
            "like": None if like is None else absolute_name(like, "@"),
            "video": None if video is None else absolute_name(video),
            "signals": list(signals),
            "scope": scope,
            "threshold": settings.relevance_threshold,
            **rest,
        }
        body = {name: value for name, value in asked.items() if value is not None}
        with posted(service, "/search", body) as response:
            if response is None:
                return None
            from api.local.results import decode_result

            return decode_result(response.read())
    except (OSError, ValueError, http.client.HTTPException):
        return None


@contextmanager
def posted(service: RunningService, path: str, body: dict[str, Any]) -> Generator[http.client.HTTPResponse | None]:
    """A good answer, to be read inside the context; None for any other. Raises OSError, HTTPException."""
    parts = urlsplit(service.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_CONNECT_SECONDS)
    try:
        connection.connect()
        connection.sock.settimeout(_ANSWER_SECONDS)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {service.token}"}
        connection.request("POST", LOCAL + path, json.dumps(body), headers)
        with connection.getresponse() as response:
            yield response if response.status == http.client.OK else None
    finally:
        connection.close()


def is_place_relative(words: str) -> bool:
    """Whether what a query or a scope means depends on the working folder, which the service does not know."""
    return _RELATIVE_PATH.search(words) is not None


def absolute_name(name: str, sign: str = "") -> str:
    """A name of a video, absolute if it is a path from the working folder. `sign` begins what follows the name."""
    path, found, rest = name.rpartition(sign) if sign else (name, "", "")
    known = os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - as `find_video` does
    return f"{known if os.path.exists(known) else path}{found}{rest}"  # noqa: PTH110
