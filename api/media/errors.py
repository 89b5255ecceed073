"""Errors of the media routes, below `api.errors.ServiceError`.

ServiceError
├── UnplayableError     422 unplayable: the video cannot be decoded, or its copy cannot be encoded
├── PreparingError      503 preparing, with Retry-After: the file is being prepared
├── PreconditionError   412 precondition: If-Match or If-Unmodified-Since failed
└── ClientGoneError     499 client-gone: the client disconnected
"""

from api.errors import ServiceError


class UnplayableError(ServiceError):
    """The video cannot be played or converted."""

    status, kind, title = 422, "unplayable", "The video cannot be shown"


class PreparingError(ServiceError):
    """The file is being prepared."""

    status, kind, title = 503, "preparing", "Being prepared"

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_seconds)})


class PreconditionError(ServiceError):
    """A condition of the request on the state of the file failed."""

    status, kind, title = 412, "precondition", "The file has changed"


class ClientGoneError(ServiceError):
    """The client disconnected before its response was ready; it never receives this error."""

    status, kind, title = 499, "client-gone", "The client disconnected"
