"""What the media routes share: parameters checked, names made safe, waiting that ends with the client."""

import asyncio
import math
import mimetypes
import re
import unicodedata
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from litestar import HttpMethod
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from api.errors import BadRequestError
from api.media.errors import ClientGoneError
from api.service.files.file_response import AnyRequest, until_gone
from api.service.problems import described

Result = TypeVar("Result")
GET_HEAD = [HttpMethod.GET, HttpMethod.HEAD]
KEPT = "private, max-age=86400"
"""An id is the content's: what is made of it does not change."""
LEAST_CLIP_SECONDS = 0.001
VideoIdPath = Annotated[
    str, Parameter(pattern="^[0-9a-f]{32}$", description="The video's id.", schema_extra={"example": "0" * 32})
]
_ODD = re.compile(r"[^A-Za-z0-9 ._()+,=@~-]")


def named(name: str) -> Callable[[Any, Any, Any], str]:
    """Operation ids of a route with several methods: each its own."""
    return lambda _handler, method, _path: (
        name if (value := str(getattr(method, "value", method)).lower()) == "get" else f"{name}_{value}"
    )


def file_statuses(media_type: str) -> dict[int, ResponseSpec]:
    """The answers of a route that serves a file by ranges, beside 200."""
    part = ResponseSpec(
        bytes, generate_examples=False, description="The range that was asked for.", media_type=media_type
    )
    same = ResponseSpec(None, generate_examples=False, description="What the client has is still right.")
    return {206: part, 304: same, **described(404, 410, 412, 416, 422)}


async def while_there(request: AnyRequest, work: Awaitable[Result]) -> Result:
    """The result of `work`, which is cancelled when the client hangs up before.

    Raises:
        ClientGoneError: it did; nobody will see the answer.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(until_gone(request.receive))
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


def finite(value: float, field: str) -> float:
    """Raises BadRequestError for what is no number."""
    if not math.isfinite(value):
        raise BadRequestError(f"{field} must be a number", fields=[(field, "must be a number")])
    return value


def clip_span(start: float, stop: float, duration_seconds: float, most_seconds: float) -> tuple[float, float]:
    """The span that is cut: inside the video, and not too long.

    Raises:
        BadRequestError: names the field.
    """
    start, stop = finite(start, "start"), finite(stop, "stop")
    if start >= duration_seconds:
        message = f"lies behind the end of the video, {duration_seconds:.3f} s"
        raise BadRequestError(f"start {message}", fields=[("start", message)])
    stop = min(stop, duration_seconds)
    if stop - start < LEAST_CLIP_SECONDS:
        raise BadRequestError("stop must lie after start", fields=[("stop", "must lie after start")])
    if stop - start > most_seconds:
        message = f"a clip may last {most_seconds:g} s at most; ask for a shorter one"
        raise BadRequestError(message, fields=[("stop", message)])
    return round(start, 6), round(stop, 6)


def content_disposition(name: str, *, kind: str) -> str:
    """RFC 6266: a plain name for old clients, the true one for the others; neither leads anywhere."""
    written = name.encode("utf-8", "replace").decode()
    clean = "".join(sign for sign in written if unicodedata.category(sign)[0] != "C")
    clean = clean.replace("/", "_").replace("\\", "_").strip(". ")[:150] or "video"
    folded = unicodedata.normalize("NFKD", clean).encode("ascii", "ignore").decode()
    plain = _ODD.sub("_", folded).strip()
    plain = f"video{plain}" if not plain or plain.startswith(".") else plain
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"


def type_by_name(name: str) -> str:
    """Of a file as it lies on disk; never a type that a browser would run."""
    kind = mimetypes.guess_type(name)[0] or ""
    return kind if kind.startswith(("video/", "audio/")) else "application/octet-stream"


def clock(seconds: float) -> str:
    """For a file's name, as `1.02.03`."""
    whole = int(seconds)
    hours = f"{whole // 3600}." if whole >= 3600 else ""
    return f"{hours}{whole // 60 % 60:02d}.{whole % 60:02d}"
