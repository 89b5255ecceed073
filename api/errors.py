"""Errors of the HTTP service, each with the HTTP status and the problem type it becomes.

ReelseekError
└── ServiceError
    ├── BadRequestError       400 validation: an invalid parameter or body; names the field
    ├── UnknownParameterError 400 unknown-parameter: a query parameter that the route does not know
    ├── UnauthorizedError     401 unauthorized: no API key, or an unknown one
    ├── ForbiddenPathError    403 forbidden-path: a path outside the configured roots
    ├── ForbiddenOriginError  403 forbidden-origin: another site's page, or an unknown host name
    ├── NotFoundError         404 not-found
    ├── BodyTimeoutError      408 slow-body: the body arrived too slowly
    ├── ConflictError         409 conflict: not possible in the current state
    ├── GoneError             410 vanished: the video's file is gone, or was changed since it was indexed
    ├── TooLargeError         413 too-large
    ├── UnsupportedMediaError 415 unsupported-media
    ├── RangeError            416 range
    ├── QueueFullError        503 busy, with Retry-After
    ├── DeadlineError         503 deadline
    └── StorageFullError      507 storage
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from indexer.errors import ReelseekError


class ServiceError(ReelseekError):
    """Base of the errors that a request can be refused with."""

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "internal"
    """Last part of the problem's type, `urn:reelseek:problem:KIND`."""
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str,
        *,
        fields: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """
        Args:
            detail: one sentence: the problem, the reason, and what to do.
            fields: (field, message) for each invalid part of the request.
            headers: of the response.
        """
        super().__init__(detail)
        self.fields = tuple(fields)
        self.headers = dict(headers or {})


class BadRequestError(ServiceError):
    """An invalid parameter or body."""

    status, kind, title = 400, "validation", "The request is invalid"


class UnknownParameterError(ServiceError):
    """A query parameter that the route does not know."""

    status, kind, title = 400, "unknown-parameter", "Unknown parameter"

    def __init__(self, unknown: Sequence[str], known: Sequence[str]) -> None:
        """
        Args:
            unknown: names that were given.
            known: names that the route knows.
        """
        shown = ", ".join(unknown)[:200]
        rest = f"the parameters here are {', '.join(known)}" if known else "there are none here"
        super().__init__(f"unknown: {shown}; {rest}", fields=[(name[:100], "is unknown here") for name in unknown[:20]])
        self.known = tuple(known)


class UnauthorizedError(ServiceError):
    """No API key, or an unknown one."""

    status, kind, title = 401, "unauthorized", "An API key is required"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="reelseek"'})


class ForbiddenPathError(ServiceError):
    """A path outside the configured roots."""

    status, kind, title = 403, "forbidden-path", "This path is not allowed"


class ForbiddenOriginError(ServiceError):
    """The request comes from another site's page, or uses an unknown host name."""

    status, kind, title = 403, "forbidden-origin", "Requests from this origin are not allowed"


class NotFoundError(ServiceError):
    """The resource does not exist."""

    status, kind, title = 404, "not-found", "Not found"


class BodyTimeoutError(ServiceError):
    """The request's body arrived too slowly."""

    status, kind, title = 408, "slow-body", "The body arrived too slowly"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Connection": "close"})


class ConflictError(ServiceError):
    """Not possible in the current state."""

    status, kind, title = 409, "conflict", "Not possible now"


class GoneError(ServiceError):
    """The video's file is gone, or is not the one that was indexed."""

    status, kind, title = 410, "vanished", "The video file is missing or has changed"


class TooLargeError(ServiceError):
    """The body is larger than allowed."""

    status, kind, title = 413, "too-large", "Too large"


class UnsupportedMediaError(ServiceError):
    """The body is of an unsupported type."""

    status, kind, title = 415, "unsupported-media", "This type of content is not supported"


class RangeError(ServiceError):
    """A range outside the file."""

    status, kind, title = 416, "range", "The range is outside the file"


class QueueFullError(ServiceError):
    """Too many requests are waiting."""

    status, kind, title = 503, "busy", "Too busy"

    def __init__(self, detail: str, *, retry_after_seconds: int = 2) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_seconds)})


class DeadlineError(ServiceError):
    """The work took too long."""

    status, kind, title = 503, "deadline", "The request took too long"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Retry-After": "5"})


class StorageFullError(ServiceError):
    """Not enough disk space."""

    status, kind, title = 507, "storage", "Not enough disk space"
