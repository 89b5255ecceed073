"""Work that ends when the client disconnects: nobody would see its result."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from litestar import Request
from litestar.types import Receive

from api.media.errors import ClientGoneError

Result = TypeVar("Result")


async def until_disconnect(receive: Receive) -> None:
    """Returns when the client has disconnected; the request's body must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def run_while_connected(request: Request[Any, Any, Any], work: Awaitable[Result]) -> Result:
    """The result of `work`, which is cancelled when the client disconnects first.

    Raises:
        ClientGoneError: the client disconnected; nobody will see the response.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(until_disconnect(request.receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientGoneError("the client hung up")
    finally:
        gone.cancel()
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def run_with_cancel(
    request: Request[Any, Any, Any], work: Awaitable[Result], *, cancel: Callable[[], None]
) -> Result:
    """The result of `work`, for work that threads do.

    Args:
        cancel: stops the threads; called when the client disconnects first, when the request is cancelled, and at the
            end.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.create_task(until_disconnect(request.receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            cancel()
            task.cancel()
        return await task
    finally:
        cancel()
        for one in (task, gone):
            one.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)
