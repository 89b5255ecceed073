"""`/api/v1/session`: stores the API key in a cookie, since images and videos cannot send a header."""

from typing import Annotated

from litestar import Controller, Response, delete, post
from litestar.datastructures import Cookie
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Body

from api.service.authorization import COOKIE, Guard
from api.service.links import API
from api.service.problems import problem_responses
from api.service.schemas.session import SessionRequest

_DONE = {204: ResponseSpec(None, description="Done.")}
_YEAR_SECONDS = 365 * 24 * 3600


class SessionRoutes(Controller):
    path = f"{API}/session"
    tags = ["service"]  # noqa: RUF012 - as Litestar expects

    @post(
        operation_id="open_session",
        summary="Store an API key in a cookie",
        status_code=204,
        responses=_DONE | problem_responses(),
    )
    async def open(
        self, guard: Guard, data: Annotated[SessionRequest, Body(description="An API key.")]
    ) -> Response[None]:
        """Sets the cookie `reelseek_key`, which no script can read and no other site can send."""
        guard.check_given(data.key)
        return _with_cookie(data.key, _YEAR_SECONDS)

    @delete(operation_id="close_session", summary="Remove the cookie", responses=_DONE | problem_responses())
    async def close(self) -> Response[None]:
        """Removes the cookie from this browser."""
        return _with_cookie("", 0)


def _with_cookie(value: str, max_age: int) -> Response[None]:
    cookie = Cookie(key=COOKIE, value=value, path="/", httponly=True, samesite="strict", max_age=max_age)
    return Response(None, status_code=204, cookies=[cookie])
