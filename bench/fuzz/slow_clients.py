"""Clients that are slow, stop halfway or go away: half heads, half bodies, streams that nobody reads."""

import contextlib
import socket
import threading
from collections.abc import Sequence
from random import Random
from types import TracebackType
from urllib.parse import urlsplit


class SlowClients:
    """A few such clients at a time, in a thread, until the `with` block ends; then all have gone."""

    def __init__(self, url: str, videos: Sequence[str], *, number: int, at_once: int = 12) -> None:
        """`videos` are ids that exist; `number` is the seed."""
        place = urlsplit(url)
        self._address = (place.hostname or "", place.port or 80)
        self._videos = videos
        self._random = Random(number)
        self._at_once = at_once
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slow clients")
        self.started = 0
        """Clients so far."""

    def __enter__(self) -> "SlowClients":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        clients: list[socket.socket] = []
        while not self._over.wait(0.25):
            clients.append(self._start())
            for client in clients:
                self._dawdle(client)
            while len(clients) > self._at_once:
                clients.pop(self._random.randrange(len(clients))).close()
        for client in clients:
            client.close()

    def _start(self) -> socket.socket:
        client = socket.create_connection(self._address, timeout=30)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that the service must wait
        self.started += 1
        client.sendall(self._random.choice(self._beginnings()))
        client.settimeout(0.01)
        return client

    def _dawdle(self, client: socket.socket) -> None:
        """A few bytes to and fro; the service may have closed it."""
        with contextlib.suppress(OSError):
            client.send(self._random.choice([b"a", b"\r\n", b"x: y\r\n", b"\0\xff"]))
        with contextlib.suppress(OSError):
            client.recv(64)

    def _beginnings(self) -> list[bytes]:
        video = self._random.choice(self._videos)
        host = b"Host: 127.0.0.1:%d\r\n" % self._address[1]
        json = b"Content-Type: application/json\r\n"
        return [
            b"GET /api/v1/sea",
            b"GET /api/v1/search?query=car HTTP/1.1\r\nX-Long: ",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"POST /api/v1/search HTTP/1.1\r\n" + host + json + b"Content-Length: 500\r\n\r\n{",
            b"POST /api/v1/ask HTTP/1.1\r\n" + host + json + b"Content-Length: 50\r\n\r\n{",
            b"POST /api/v1/search HTTP/1.1\r\n" + host + json + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
            b"POST /api/v1/videos?name=a.mp4 HTTP/1.1\r\n"
            + host
            + b"Content-Type: video/mp4\r\nContent-Length: 9999999\r\n\r\n",
            b"GET /api/v1/videos/%s/media HTTP/1.1\r\n" % video.encode() + host + b"\r\n",
            b"GET /api/v1/videos/%s/clip?start=0&stop=3 HTTP/1.1\r\n" % video.encode() + host + b"\r\n",
            b"GET /api/v1/videos/%s/sprites.jpg HTTP/1.1\r\n" % video.encode() + host + b"\r\n",
            b"GET /api/v1/search?query=a+red+car HTTP/1.1\r\n" + host + b"\r\n",
            (b"GET /api/v1/videos HTTP/1.1\r\n" + host + b"\r\n") * 50,
        ]
