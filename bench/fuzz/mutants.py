"""Requests with a few bytes changed: cheap beside a generated one, and outside of what a generator thinks of."""

import http.client
from random import Random
from urllib.parse import urlsplit

import requests

from bench.fuzz.answers import Answers

_PIECES = (
    b"%00",
    b"%ff",
    b"..",
    b"\xff",
    b"{",
    b"[[",
    b'"',
    b"null",
    b"-1",
    b"1e999",
    b"=",
    b"&",
    b"9" * 40,
    b"\xed\xa0",
)
_KEPT_HEADERS = ("Content-Type", "Accept", "Range", "Cookie", "Origin")
_SAFE = bytes(range(0x21, 0x7F))
"""What a request line and a header may hold; the rest is what the client itself would refuse to send."""


def send_raw(
    connection: http.client.HTTPConnection,
    answers: Answers,
    request: str,
    method: str,
    path: str,
    body: bytes | None,
    headers: dict[str, str],
) -> None:
    """Sends what a better client would refuse to, and takes the answer; `request` names it in a fault."""
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        answers.take(request, response.status, found, response.read())
    except (http.client.HTTPException, OSError) as error:
        answers.broken(request, error)
        connection.close()


class Mutants:
    """Changed copies of one request after the other, sent to the same service."""

    def __init__(self, answers: Answers, *, number: int, timeout_seconds: float) -> None:
        """`number` is the seed."""
        self._answers = answers
        self._random = Random(number)
        self._timeout = timeout_seconds

    def send(self, sent: requests.PreparedRequest, count: int) -> None:
        """`count` mutants of a request that was sent."""
        place = urlsplit(sent.url or "")
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=self._timeout)
        try:
            for _ in range(count):
                self._send_one(connection, sent)
        finally:
            connection.close()

    def _send_one(self, connection: http.client.HTTPConnection, sent: requests.PreparedRequest) -> None:
        method, path = sent.method or "GET", (sent.path_url or "/").encode()
        headers = {name: str(sent.headers[name]) for name in _KEPT_HEADERS if name in sent.headers}
        body = sent.body if isinstance(sent.body, bytes) else str(sent.body or "").encode()
        match self._random.choice(("path", "header", "body") if body else ("path", "header")):
            case "path":
                path = b"/" + bytes(byte for byte in self._changed(path)[1:] if byte in _SAFE)
            case "header":
                name = self._random.choice(_KEPT_HEADERS)
                value = bytes(byte for byte in self._changed(headers.get(name, "").encode()) if byte >= 0x20)
                headers[name] = value.decode("latin-1")
            case _:
                body = self._changed(body)
        request = f"{method} {path.decode()} {headers} {body[:200]!r}"
        send_raw(connection, self._answers, request, method, path.decode(), body or None, headers)

    def _changed(self, given: bytes) -> bytes:
        """One to three changes: a byte flipped, a part dropped or repeated, a piece put in."""
        made = bytearray(given or b"x")
        for _ in range(self._random.randint(1, 3)):
            start = self._random.randrange(len(made) + 1)
            stop = min(len(made), start + self._random.choice((1, 1, 2, 8)))
            match self._random.choice(("flip", "drop", "repeat", "insert")):
                case "flip" if start < len(made):
                    made[start] ^= 1 << self._random.randrange(8)
                case "drop":
                    del made[start:stop]
                case "repeat":
                    made[start:start] = made[start:stop] * self._random.choice((1, 3, 40))
                case _:
                    made[start:start] = self._random.choice(_PIECES)
        return bytes(made)
