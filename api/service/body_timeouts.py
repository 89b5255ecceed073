"""A request's body arrives in time and within its size, or is refused: slow clients must not hold a place for long."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from api.errors import BodyTimeoutError

Receive = Callable[[], Awaitable[Any]]


def in_time(receive: Receive, *, seconds: float) -> Receive:
    """Receives the whole body within `seconds`, or raises BodyTimeoutError; afterwards it waits as long as it likes."""
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
            raise BodyTimeoutError(f"the body did not arrive within {seconds:g} s; send it faster") from None
        is_over = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return limited


def not_too_slow(receive: Receive, *, idle_seconds: float, least_rate: float) -> Receive:
    """Receives a long body piece by piece; raises BodyTimeoutError when it stands still or trickles.

    Args:
        idle_seconds: longest wait for the next piece.
        least_rate: bytes a second, on average, once `idle_seconds` have passed.
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
            raise BodyTimeoutError(f"no byte arrived for {idle_seconds:g} s; the upload was given up") from None
        taken += len(message.get("body", b""))
        is_over = message["type"] != "http.request" or not message.get("more_body", False)
        spent = time.monotonic() - started
        if not is_over and spent > idle_seconds and taken < least_rate * spent:
            is_over = True
            raise BodyTimeoutError(f"the upload is slower than {least_rate:g} bytes a second; it was given up")
        return message

    return limited
