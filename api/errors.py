"""Errors of the service alone, each with the HTTP status and the problem type it becomes.

ReelseekError
└── ServiceError
    ├── BadRequestError       400 validation: a parameter or body that cannot be used; names the field
    ├── UnauthorizedError     401 unauthorized: no key, or one that is not known
    ├── ForbiddenPathError    403 forbidden-path: a path outside the configured roots
    ├── ForbiddenOriginError  403 forbidden-origin: a foreign page, or a name this service does not go by
    ├── NotFoundError         404 not-found
    ├── BodyTimeoutError      408 slow-body: the body came too slowly
    ├── ConflictError         409 conflict: not possible in the present state
    ├── GoneError             410 vanished: the video's file is gone or changed since it was indexed
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
    """Base of what a request is refused with."""

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
            detail: one sentence: the thing, the reason, the way out.
            fields: (field, message) of what was wrong in the request.
            headers: of the response.
        """
        super().__init__(detail)
        self.fields = tuple(fields)
        self.headers = dict(headers or {})


class BadRequestError(ServiceError):
    """A parameter or body that cannot be used."""

    status, kind, title = 400, "validation", "The request cannot be used"


class UnauthorizedError(ServiceError):
    """No key, or one that is not known."""

    status, kind, title = 401, "unauthorized", "A key is needed"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="reelseek"'})


class ForbiddenPathError(ServiceError):
    """A path outside the configured roots."""

    status, kind, title = 403, "forbidden-path", "This path may not be used"


class ForbiddenOriginError(ServiceError):
    """The request comes from another site's page, or by a name that this service does not go by."""

    status, kind, title = 403, "forbidden-origin", "Requests from there are not taken"


class NotFoundError(ServiceError):
    """There is no such thing."""

    status, kind, title = 404, "not-found", "Not found"


class BodyTimeoutError(ServiceError):
    """The request's body came too slowly."""

    status, kind, title = 408, "slow-body", "The body came too slowly"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Connection": "close"})


class ConflictError(ServiceError):
    """Not possible in the present state."""

    status, kind, title = 409, "conflict", "Not possible now"


class GoneError(ServiceError):
    """The video's file is gone, or is not the one that was indexed."""

    status, kind, title = 410, "vanished", "The video's file is gone"


class TooLargeError(ServiceError):
    """The body is larger than allowed."""

    status, kind, title = 413, "too-large", "Too large"


class UnsupportedMediaError(ServiceError):
    """The body is of a type that is not taken."""

    status, kind, title = 415, "unsupported-media", "This type of content is not taken"


class RangeError(ServiceError):
    """A range that lies outside the thing."""

    status, kind, title = 416, "range", "The range lies outside"


class QueueFullError(ServiceError):
    """Too many wait already."""

    status, kind, title = 503, "busy", "Too busy"

    def __init__(self, detail: str, *, retry_after_seconds: int = 2) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_seconds)})


class DeadlineError(ServiceError):
    """The work took too long."""

    status, kind, title = 503, "deadline", "This took too long"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Retry-After": "5"})


class StorageFullError(ServiceError):
    """No room for more."""

    status, kind, title = 507, "storage", "No room"
