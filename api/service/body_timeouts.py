"""Time limits for request bodies, so that slow clients do not block the service."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from api.errors import BodyTimeoutError
from api.media.errors import ClientGoneError

Receive = Callable[[], Awaitable[Any]]


def with_deadline(receive: Receive, *, seconds: float) -> Receive:
    """A `receive` that raises BodyTimeoutError unless the whole body arrives within `seconds`, unlimited afterwards;
    and ClientGoneError where the client leaves before."""
    deadline = time.monotonic() + seconds
    is_over = False

    async def limited() -> Any:
        nonlocal is_over
        if is_over:
            return await receive()
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                message = await receive()
        except TimeoutError:
            is_over = True
            raise BodyTimeoutError(f"the body did not arrive within {seconds:g} s") from None
        is_over = _is_last(message)
        return message

    return limited


def with_minimum_rate(receive: Receive, *, idle_seconds: float, least_rate: float) -> Receive:
    """A `receive` for long bodies that raises BodyTimeoutError when the body stalls or is too slow, and ClientGoneError
    where the client leaves before its end.

    Args:
        idle_seconds: maximum wait for the next piece.
        least_rate: minimum average bytes per second, once `idle_seconds` have passed.
    """
    started = time.monotonic()
    taken = 0
    is_over = False

    async def limited() -> Any:
        nonlocal taken, is_over
        if is_over:
            return await receive()
        try:
            async with asyncio.timeout(idle_seconds):
                message = await receive()
        except TimeoutError:
            is_over = True
            raise BodyTimeoutError(f"no byte arrived for {idle_seconds:g} s; the upload was aborted") from None
        taken += len(message.get("body", b""))
        is_over = _is_last(message)
        spent = time.monotonic() - started
        if not is_over and spent > idle_seconds and taken < least_rate * spent:
            is_over = True
            raise BodyTimeoutError(f"the upload is slower than {least_rate:g} bytes per second; it was aborted")
        return message

    return limited


def _is_last(message: Any) -> bool:
    """Whether it ends the body. Raises ClientGoneError where the client left before."""
    if message["type"] == "http.disconnect":
        raise ClientGoneError("the client left before its whole body had arrived")
    return not message.get("more_body", False)
