"""Server-sent events whose work stops when the client disconnects.

Litestar's own stream does not clean up on a disconnect (its issue 3772), so this response is an ASGI application of its
own: one task works, one waits for the disconnect, and neither outlives the response.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from api.errors import QueueFullError
from api.service.disconnects import until_disconnect
from api.service.problems import REQUEST_ID, problem_of
from api.service.schemas.problems import Problem

MEDIA_TYPE = "text/event-stream"
EARLY_SECONDS = 0.5
"""An error within this time becomes the response's status; a later one becomes the event `problem`."""
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
_GONE, _DONE = object(), object()


class EventChannel:
    """Events on their way to the client; `put` may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._items: asyncio.Queue[Any] = asyncio.Queue()

    def put(self, event: str, data: Any) -> None:
        self.put_raw((event, msgspec.json.encode(data)))

    def put_raw(self, item: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._items.put_nowait, item)

    async def next(self, seconds: float) -> Any:
        """The next event; None if there is none within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                return await self._items.get()
        except TimeoutError:
            return None


class StreamCount:
    """The number of open streams, and its limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.open = 0


class EventStream(Response[None]):
    """A response that sends the events of `work`, until that returns or the client disconnects."""

    def __init__(
        self,
        work: Callable[[EventChannel], Awaitable[None]],
        *,
        count: StreamCount,
        ping_seconds: float,
        on_end: Callable[[], None] = lambda: None,
        failed: Callable[[Problem], tuple[str, Any]] = lambda problem: ("problem", problem),
    ) -> None:
        """
        Args:
            on_end: called once when the stream ends for any reason; stops its threads.
            failed: a problem -> the event that says it; an event without a name is its data alone.
        """
        super().__init__(None, media_type=MEDIA_TYPE)
        self._app = _Stream(work, count, ping_seconds, on_end, failed)

    def to_asgi_response(self, *args: Any, **options: Any) -> ASGIResponse:
        return self._app


class _Stream(ASGIResponse):
    def __init__(
        self,
        work: Callable[[EventChannel], Awaitable[None]],
        count: StreamCount,
        ping_seconds: float,
        on_end: Callable[[], None],
        failed: Callable[[Problem], tuple[str, Any]],
    ) -> None:
        super().__init__(media_type=MEDIA_TYPE)
        self._failed = failed
        self._work = work
        self._count = count
        self._ping_seconds = ping_seconds
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._count.open >= self._count.limit:
            self._on_end()
            raise QueueFullError(f"{self._count.open} event streams are already open; close some, or try again later")
        self._count.open += 1
        channel = EventChannel()
        tasks = [
            asyncio.create_task(self._run(channel, str(scope.get(REQUEST_ID, "")))),
            asyncio.create_task(_put_disconnect(receive, channel)),
        ]
        try:
            await self._send_all(channel, send)
        finally:
            self._count.open -= 1
            self._on_end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send_all(self, channel: EventChannel, send: Send) -> None:
        item = await channel.next(EARLY_SECONDS)
        if isinstance(item, _Failed):
            raise item.error
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        while item is not _GONE and item is not _DONE:
            await send({"type": "http.response.body", "body": self._encoded(item), "more_body": True})
            if isinstance(item, _Failed):
                break
            item = await channel.next(self._ping_seconds)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _encoded(self, item: Any) -> bytes:
        if item is None:
            return b": ping\n\n"
        if isinstance(item, _Failed):
            name, data = self._failed(problem_of(item.error, item.request_id)[0])
            item = (name, msgspec.json.encode(data))
        name, data = item
        return (b"event: " + name.encode() + b"\n" if name else b"") + b"data: " + data + b"\n\n"

    async def _run(self, channel: EventChannel, request_id: str) -> None:
        try:
            await self._work(channel)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - sent to the client as a problem
            channel.put_raw(_Failed(error, request_id))
        else:
            channel.put_raw(_DONE)


class _Failed:
    def __init__(self, error: Exception, request_id: str) -> None:
        self.error = error
        self.request_id = request_id


async def _put_disconnect(receive: Receive, channel: EventChannel) -> None:
    await until_disconnect(receive)
    channel.put_raw(_GONE)


def wants_events(request: Request[Any, Any, Any]) -> bool:
    """Whether the client requests an event stream instead of JSON."""
    return MEDIA_TYPE in request.headers.get("accept", "").casefold()
