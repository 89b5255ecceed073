"""Query parameters that a route does not know: refused, with a list of those that it knows."""

from functools import lru_cache
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from api.errors import UnknownParameterError
from api.service.links import API


async def refuse_unknown_parameters(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard of every route of the programs' interface.

    Raises:
        UnknownParameterError: a query parameter has a name that this route does not know.
    """
    scope: Any = connection.scope
    given = set(connection.query_params)
    if not given or not scope["path"].startswith(f"{API}/"):
        return
    known = _known_parameters(connection.app)[scope["path_template"], scope["method"]]
    if unknown := sorted(given.difference(known)):
        raise UnknownParameterError(unknown, known)


@lru_cache(maxsize=4)
def _known_parameters(app: Litestar) -> dict[tuple[str, str], tuple[str, ...]]:
    """Sorted names of the query parameters, by path template and method."""
    return {
        (route.path_format, method): tuple(sorted(one.field_alias for one in arguments.expected_query_params))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (_, arguments) in route.route_handler_map.items()
    }
