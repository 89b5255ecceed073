"""Errors of the media routes alone; they stand below `api.errors.ServiceError`.

ServiceError
├── UnplayableError     422 unplayable: a video that cannot be decoded, or sound and pictures that cannot be written
├── PreparingError      503 preparing, with Retry-After: the file is being made
└── PreconditionError   412 precondition: If-Match or If-Unmodified-Since does not hold
"""

from api.errors import ServiceError


class UnplayableError(ServiceError):
    """A video that no player gets to see."""

    status, kind, title = 422, "unplayable", "The video cannot be shown"


class PreparingError(ServiceError):
    """The file is being made."""

    status, kind, title = 503, "preparing", "Being prepared"

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_seconds)})


class PreconditionError(ServiceError):
    """What the request holds to be the state is not."""

    status, kind, title = 412, "precondition", "The file is another one by now"


class ClientGoneError(ServiceError):
    """The client hung up before its answer was ready; nobody sees this."""

    status, kind, title = 499, "client-gone", "The client hung up"
