"""ASGI response with a file or a byte range of it, read in threads chunk by chunk, and always closed.

Litestar does not support ranges and does not clean up after a disconnect, so the response watches for that itself.
Leaves out parsing ranges (`byte_ranges`) and opening files (`opened_file`).
"""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from litestar import Request
from litestar.response.base import ASGIResponse, Response
from litestar.types import Receive, Scope, Send

from api.errors import RangeError
from api.media.byte_ranges import ByteRange, OutsideError, check_conditions, parse_range, range_still_holds
from api.media.errors import PreconditionError
from api.media.opened_file import OpenedFile
from api.service.disconnects import until_disconnect

CHUNK_BYTES = 256 << 10
"""Size of a chunk; a response holds at most two."""
_READERS = ThreadPoolExecutor(8, thread_name_prefix="reelseek-read")

AnyRequest = Request[Any, Any, Any]


class FileResponse(Response[bytes]):
    """Sends an opened file and closes it. Created by `file_response`."""

    def __init__(
        self, opened: OpenedFile, span: ByteRange, *, status: int, headers: Mapping[str, str], media_type: str
    ) -> None:
        super().__init__(b"", status_code=status, headers=dict(headers), media_type=media_type)
        self._opened, self._span = opened, span

    def to_asgi_response(self, app: Any = None, request: Any = None, **_: Any) -> ASGIResponse:
        """The ASGI response that Litestar runs."""
        is_head = request is not None and request.method == "HEAD"
        headers: dict[str, str] = {key: str(value) for key, value in self.headers.items()}
        return _FileBody(
            self._opened,
            self._span,
            headers=headers,
            status_code=self.status_code or 200,
            media_type=str(self.media_type),
            is_head_response=is_head,
        )


class _FileBody(ASGIResponse):
    """Sends the headers, then the bytes. Always closes the file."""

    _should_set_content_length = False

    def __init__(self, opened: OpenedFile, span: ByteRange, **values: Any) -> None:
        super().__init__(**values)
        self._opened, self._span = opened, span

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything, or stop when the client is gone."""
        gone = asyncio.ensure_future(until_disconnect(receive))
        try:
            await self.start_response(send)
            if not (self.is_head_response or self.status_code == 304):
                await self._send_span(send, gone)
            if not gone.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            # In a thread, since closing waits for a pending read; not awaited, since this task may be cancelled.
            _READERS.submit(self._opened.close)

    async def _send_span(self, send: Send, gone: "asyncio.Future[None]") -> None:
        loop = asyncio.get_running_loop()
        position = self._span.start
        while position < self._span.stop and not gone.done():
            length = min(CHUNK_BYTES, self._span.stop - position)
            chunk = await loop.run_in_executor(_READERS, self._opened.read, position, length)
            if not chunk:
                raise OSError(f"{self._opened.path} became shorter while it was sent")
            position += len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})


def file_response(
    request: AnyRequest,
    opened: OpenedFile,
    *,
    media_type: str,
    cache_control: str = "private, no-cache",
    headers: Mapping[str, str] | None = None,
) -> FileResponse:
    """The response to a GET or HEAD of a file: 200, 206 or 304. Closes the file on errors.

    Raises:
        RangeError: 416, with `Content-Range`.
        PreconditionError: 412.
    """
    size, validators = opened.size_bytes, opened.validators
    given = {name.lower(): value for name, value in request.headers.items()}
    common = {
        "Content-Type": media_type,  # Litestar omits it in the response to a HEAD
        "ETag": validators.etag,
        "Last-Modified": validators.last_modified,
        "Accept-Ranges": "bytes",
        "Cache-Control": cache_control,
        **(headers or {}),
    }
    whole_file, range_header, span = ByteRange(0, size), given.get("range"), None
    try:
        match check_conditions(given, validators):
            case "failed":
                raise PreconditionError("If-Match or If-Unmodified-Since failed; retry without it")
            case "not_modified":
                return FileResponse(opened, whole_file, status=304, headers=common, media_type=media_type)
            case "send":
                pass
        # RFC 9110, 14.2: ranges are defined only for GET.
        if (
            request.method == "GET"
            and range_header
            and range_still_holds(given.get("if-range"), validators, now_seconds=time.time())
        ):
            span = parse_range(range_header, size)
    except OutsideError:
        opened.close()
        raise RangeError(
            f"the range {range_header!r} lies outside the file of {size} bytes",
            headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"},
        ) from None
    except BaseException:
        opened.close()
        raise
    if span is None:
        return FileResponse(
            opened, whole_file, status=200, headers={**common, "Content-Length": str(size)}, media_type=media_type
        )
    part = {**common, "Content-Range": span.content_range(size), "Content-Length": str(span.length)}
    return FileResponse(opened, span, status=206, headers=part, media_type=media_type)
