"""OpenAPI descriptions of routes that serve files: methods, operation ids, statuses."""

from collections.abc import Callable
from typing import Any

from litestar import HttpMethod
from litestar.openapi.datastructures import ResponseSpec

from api.service.problems import problem_responses

GET_HEAD = [HttpMethod.GET, HttpMethod.HEAD]


def operation_ids(name: str) -> Callable[[Any, Any, Any], str]:
    """A separate operation id for each method of a route."""
    return lambda _handler, method, _path: (
        name if (value := str(getattr(method, "value", method)).lower()) == "get" else f"{name}_{value}"
    )


def file_responses(media_type: str) -> dict[int, ResponseSpec]:
    """The responses of a route that serves a file in ranges, besides 200."""
    part = ResponseSpec(bytes, generate_examples=False, description="The requested range.", media_type=media_type)
    same = ResponseSpec(None, generate_examples=False, description="Not modified.")
    return {206: part, 304: same, **problem_responses(404, 410, 412, 416, 422)}
