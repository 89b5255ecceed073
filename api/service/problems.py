"""Errors as `application/problem+json` (RFC 9457): Reelseek's error tree, Litestar's errors, and bugs."""

import logging
import re
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from api.errors import (
    BadRequestError,
    NotFoundError,
    ServiceError,
    TooLargeError,
    UnauthorizedError,
    UnknownParameterError,
    UnsupportedMediaError,
)
from api.service.checks.field_messages import message_in_words
from api.service.schemas.problems import FieldProblem, Problem, QueryFault
from indexer.errors import (
    BoxReplyError,
    ConversationUnknownError,
    ImageError,
    Interrupted,
    LibraryError,
    LibraryLockedError,
    LibraryMissingError,
    LibraryModelsError,
    ModelBusyError,
    ModelError,
    ModelMissingError,
    NoBoxesError,
    NotInLibraryError,
    PromptTooLongError,
    QueryError,
    QuerySyntaxError,
    ReelseekError,
    TextChangedError,
    UsageError,
    VanishedVideoError,
    VideoError,
)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:reelseek:problem:"
REQUEST_ID = "reelseek_request_id"
"""Key of the ASGI scope."""
_log = logging.getLogger("reelseek.service")

_TABLE: tuple[tuple[type[ReelseekError], str, int, str], ...] = (
    (QueryError, "query", 400, "The query is invalid"),
    (ImageError, "image", 400, "The image is invalid"),
    (PromptTooLongError, "query", 400, "The question is too long"),
    (NotInLibraryError, "not-found", 404, "Not found"),
    (ConversationUnknownError, "conversation", 404, "Conversation not found"),
    (TextChangedError, "conflict", 409, "The text has changed"),
    (UsageError, "validation", 400, "The request is invalid"),
    (VanishedVideoError, "vanished", 410, "The video file is missing or has changed"),
    (VideoError, "unsupported-media", 415, "Not a readable video"),
    (ModelBusyError, "busy", 503, "Too busy"),
    (ModelMissingError, "model-missing", 503, "Model not installed"),
    (NoBoxesError, "no-boxes", 422, "The model cannot locate things"),
    (BoxReplyError, "box-reply", 502, "The model's reply has no location"),
    (ModelError, "model", 503, "A model cannot be used"),
    (LibraryLockedError, "library-locked", 409, "The library is in use"),
    (LibraryMissingError, "library-missing", 404, "No library yet"),
    (LibraryModelsError, "library-models", 503, "The library was made with other models"),
    (LibraryError, "library", 503, "The library cannot be used"),
    (Interrupted, "stopped", 503, "The work was stopped"),
)
"""(error, type, status, title); the first match counts."""
_MISSING = re.compile(r"Missing required \w+ parameter '([^']+)'")
_ALIASES = {"words": "query", "only": "state", "limits": "scope", "data": "body"}
"""Arguments that are named differently from their parameters."""
_OURS = (BadRequestError, UnauthorizedError, NotFoundError, TooLargeError, UnsupportedMediaError)
_BY_STATUS = {
    **{error.status: (error.kind, error.title) for error in _OURS},
    403: ("forbidden", "Not allowed"),
    405: ("method", "Method not allowed"),
    406: ("not-acceptable", "No acceptable representation"),
    429: ("too-many", "Too many requests"),
}
"""Of errors that Litestar raises: status -> (type, title)."""
_SERVER_ERROR = 500


def problem_of(error: BaseException, request_id: str) -> tuple[Problem, dict[str, str]]:
    """The problem for an error, and the headers of its response. The text of a bug is not sent to the client."""
    match error:
        case ServiceError():
            fields = [FieldProblem(field=field, message=message) for field, message in error.fields]
            problem = _problem(error.kind, error.status, error.title, str(error), request_id)
            problem.errors = fields or msgspec.UNSET
            if isinstance(error, UnknownParameterError):
                problem.known_parameters = list(error.known)
            return problem, error.headers
        case ReelseekError():
            for kind, name, status, title in _TABLE:
                if isinstance(error, kind):
                    headers = {"Retry-After": "5"} if status == 503 else {}
                    problem = _problem(name, status, title, str(error), request_id)
                    if isinstance(error, QuerySyntaxError):
                        problem.query_fault = QueryFault(
                            start=error.start,
                            stop=error.stop,
                            query=error.query,
                            reason=error.reason,
                            example=error.example,
                        )
                    return problem, headers
        case HTTPException() if error.status_code < _SERVER_ERROR:
            name, title = _BY_STATUS.get(error.status_code, ("request", "The request is invalid"))
            problem = _problem(name, error.status_code, title, error.detail or title, request_id)
            if isinstance(error, ValidationException) and (found := _fields(error)):
                problem.errors = found
                problem.detail = "; ".join(f"{one.field}: {one.message}" for one in found)[:500]
            return problem, {name: value for name, value in (error.headers or {}).items() if value}
        case UnicodeDecodeError():
            return _problem("validation", 400, "The request is invalid", "the body is not UTF-8", request_id), {}
        case _:
            pass
    detail = "this is a bug in Reelseek; find details in the log under this request id"
    return _problem("internal", 500, "Internal error", detail, request_id), {}


def problem_response(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler."""
    request_id = str(request.scope.get(REQUEST_ID, ""))
    problem, headers = problem_of(error, request_id)
    if problem.status == 500:
        _log.error("fault", exc_info=error, extra={"request_id": request_id})
    return Response(msgspec.json.encode(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def problem_responses(*statuses: int) -> dict[int, ResponseSpec]:
    """The problems that a route documents: these statuses, and those possible on every route."""
    return {status: _spec(status) for status in sorted({400, 401, 403, 408, 413, 500, 503, *statuses})}


def _spec(status: int) -> ResponseSpec:
    return ResponseSpec(
        Problem, generate_examples=False, description=_MEANINGS.get(status, "See `type`."), media_type=MEDIA_TYPE
    )


_MEANINGS = {
    400: "`validation` lists the invalid fields, `unknown-parameter` the known ones; `query` explains the fault.",
    401: "`unauthorized`: the API key is missing or unknown.",
    403: "`forbidden-path`, or `forbidden-origin`.",
    404: "`not-found`, `library-missing`, or `conversation`: no conversation has this id.",
    408: "`slow-body`: the body arrived too slowly.",
    409: "`library-locked`: another process is writing to the library; or `conflict`.",
    410: "`vanished`: the video file is missing or has changed since it was indexed.",
    412: "`precondition`: the file has changed.",
    413: "`too-large`.",
    415: "`unsupported-media`.",
    416: "`range`: outside the file.",
    422: "`unplayable`: the video cannot be played; `no-boxes`: the model cannot locate things.",
    500: "`internal`: a bug in Reelseek.",
    502: "`box-reply`: the model's reply has no location in the frame.",
    503: "`busy`, `deadline` or `preparing`, with `Retry-After`; `model-missing`, `model` or `library`.",
    507: "`storage`: not enough disk space.",
}


def _problem(kind: str, status: int, title: str, detail: str, request_id: str) -> Problem:
    text = detail.encode("utf-8", "replace").decode()
    return Problem(type=TYPE_PREFIX + kind, title=title, status=status, detail=text, instance=request_id)


def _fields(error: ValidationException) -> list[FieldProblem]:
    """From Litestar's list of {"message", "key", "source"}, or from its sentence about a missing parameter."""
    if missing := _MISSING.match(error.detail or ""):
        return [FieldProblem(field=missing[1], message="is required")]
    if not isinstance(error.extra, list):
        return []
    rows: list[Any] = error.extra
    given: list[dict[str, Any]] = [row for row in rows if isinstance(row, dict)]
    return [
        FieldProblem(field=_field(str(row.get("key", ""))), message=message_in_words(str(row.get("message", ""))))
        for row in given
    ]


def _field(key: str) -> str:
    return _ALIASES.get(key, key) or "body"
