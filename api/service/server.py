"""Uvicorn for the service: a time limit for request heads, a clean stop, and binding the address."""

import asyncio
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.local.known_libraries import remember_library
from api.local.running_service import leave_note, remove_note
from api.service.app import Service

_HEAD_BYTES = 32 << 10
_KEEP_ALIVE_SECONDS = 15
_BACKLOG = 1024


def http_protocol(header_seconds: float) -> type[H11Protocol]:
    """An HTTP/1.1 protocol that closes connections whose request head does not arrive in time."""

    class TimedProtocol(H11Protocol):
        _head_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._watch_head()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is h11.IDLE:
                self._watch_head()
            elif self._head_timer:
                self._head_timer.cancel()
                self._head_timer = None

        def connection_lost(self, exc: Exception | None) -> None:
            if self._head_timer:
                self._head_timer.cancel()
            super().connection_lost(exc)

        def _watch_head(self) -> None:
            if self._head_timer is None:
                self._head_timer = self.loop.call_later(header_seconds, self._end_slow_head)

        def _end_slow_head(self) -> None:
            self._head_timer = None
            if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
                self.transport.close()

    return TimedProtocol


class ServiceServer(uvicorn.Server):
    """Uvicorn's server, in which a signal also ends streams and waiting work."""

    def __init__(self, service: Service, *, on_ready: Callable[[], None] = lambda: None) -> None:
        """
        Args:
            on_ready: called in the event loop when the service accepts requests and the search models are loaded.
        """
        settings = service.runtime.service
        config = uvicorn.Config(
            service.app,  # pyright: ignore[reportArgumentType] - an ASGI application
            host=settings.host,
            port=settings.port,
            http=http_protocol(settings.header_seconds),
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=int(settings.stop_seconds),
            h11_max_incomplete_event_size=_HEAD_BYTES,
            backlog=_BACKLOG,
        )
        super().__init__(config)
        self.service = service
        self._on_ready = on_ready
        self._url = ""
        self._ready_task: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._url = url_of((sockets or self.servers[0].sockets)[0])
            self._ready_task = asyncio.create_task(self._call_when_ready())

    async def _call_when_ready(self) -> None:
        while not self.service.runtime.is_warm:
            await asyncio.sleep(0.05)
        runtime = self.service.runtime
        if not self.should_exit:
            url = reachable_url(self._url)
            if isinstance(runtime.place, Path):
                remember_library(runtime.place)
            leave_note(runtime.machine_folder, url=url, token=runtime.local_token, settings=runtime.settings)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        remove_note(self.service.runtime.machine_folder, token=self.service.runtime.local_token)
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal stops the service cleanly; a second Ctrl-C does not wait."""
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.begin_stop()

    def begin_stop(self) -> None:
        """Ends streams and cancels generation; may be called from any thread."""
        self.service.runtime.stopping.set()
        self.should_exit = True
        if self.service.loop:
            self.service.loop.call_soon_threadsafe(self.service.jobs.wake_all)


def bind_service_socket(host: str, port: int) -> socket.socket:
    """Binds the address, before anything heavy is loaded.

    Raises:
        OSError: the address is in use, or does not belong to this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host.strip("[]"), port))
    except OSError:
        taken.close()
        raise
    return taken


def reachable_url(url: str) -> str:
    """An address of this machine in place of one that stands for all of them."""
    return url.replace("://0.0.0.0:", "://127.0.0.1:").replace("://[::]:", "://[::1]:")


def url_of(taken: socket.socket) -> str:
    """The address to open in a browser."""
    host, port = taken.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"
