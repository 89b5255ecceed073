"""Work that ends when the client disconnects: nobody would see its result."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from litestar import Request
from litestar.types import Receive

from api.media.errors import ClientGoneError

Result = TypeVar("Result")


async def until_disconnect(receive: Receive) -> None:
    """Returns when the client has disconnected."""
    with suppress(ClientGoneError):  # before the end of its body, which nobody had read
        while (await receive())["type"] != "http.disconnect":
            pass


async def run_while_connected(
    request: Request[Any, Any, Any], work: Awaitable[Result], *, cancel: Callable[[], None] = lambda: None
) -> Result:
    """The result of `work`, which is cancelled when the client disconnects first.

    Args:
        cancel: stops threads that work for the request; called however it ends, before `work` is cancelled.

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
        cancel()
        gone.cancel()
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
