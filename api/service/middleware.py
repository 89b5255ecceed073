"""Middleware: request ids, authorization, body time limits, security headers, CORS, log and metrics.

It wraps the whole application, so that it also applies to requests that match no route.
"""

import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from api.errors import NotFoundError, ServiceError
from api.service.authorization import Guard, Headers, headers_of
from api.service.body_timeouts import with_deadline, with_minimum_rate
from api.service.links import API
from api.service.metrics import Metrics
from api.service.problems import MEDIA_TYPE, REQUEST_ID, problem_of
from api.service.programs.mcp_front import MCP_PATH
from api.service.settings import ServiceSettings

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; base-uri 'none';"
    " frame-ancestors 'none'; form-action 'self'"
)
SECURITY_HEADERS: dict[str, str] = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
DESCRIPTION_PATH = f"{API}/openapi.json"
UPLOAD_PATH = f"{API}/videos"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger("reelseek.access")


class ServiceMiddleware:
    """An ASGI application around the service's routes."""

    def __init__(self, app: App, *, mcp: App, service: ServiceSettings, guard: Guard, metrics: Metrics) -> None:
        self._app = app
        self._mcp = mcp
        self._service = service
        self._guard = guard
        self._metrics = metrics

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = headers_of(scope)
        given = headers.get("x-request-id", "")
        request_id = given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
        scope[REQUEST_ID] = request_id
        answer = _Answer(send, request_id, self._cors(headers))
        method, path = scope["method"], scope["path"]
        started = time.perf_counter()
        try:
            if self._is_preflight(method, headers):
                await answer.empty(204)
                return
            _check_path(path)
            self._guard.check(method, path, headers)
            app = self._mcp if path == MCP_PATH else self._app
            await app(scope, self._limited(method, path, receive), answer.send)
        except ServiceError as error:
            await answer.problem(error)
        except Exception as error:
            _log.exception("fault", extra={"request_id": request_id})
            if answer.status:
                raise
            await answer.problem(error)
        finally:
            self._count(scope, method, answer, time.perf_counter() - started)

    def _limited(self, method: str, path: str, receive: Receive) -> Receive:
        service = self._service
        if method == "POST" and path.rstrip("/") == UPLOAD_PATH:
            return with_minimum_rate(
                receive, idle_seconds=service.upload_idle_seconds, least_rate=service.upload_least_rate
            )
        return with_deadline(receive, seconds=service.body_seconds)

    def _cors(self, headers: Headers) -> dict[str, str]:
        origin = headers.get("origin", "")
        if not origin or not self._guard.allows_origin(origin):
            return {}
        return {
            "access-control-allow-origin": origin,
            "access-control-expose-headers": "x-request-id, content-range, retry-after, x-not-exported",
            "vary": "Origin",
            "cross-origin-resource-policy": "cross-origin",
        }

    def _is_preflight(self, method: str, headers: Headers) -> bool:
        return (
            method == "OPTIONS"
            and "access-control-request-method" in headers
            and self._guard.allows_origin(headers.get("origin", ""))
        )

    def _count(self, scope: Any, method: str, answer: "_Answer", seconds: float) -> None:
        route = scope.get("path_template") or "other"
        known = method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
        self._metrics.requests.labels(known, route, str(answer.status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        _log.info(
            "request",
            extra={
                "request_id": answer.request_id,
                "method": known,
                "route": route,
                "status": answer.status,
                "milliseconds": round(1000 * seconds, 1),
                "sent_bytes": answer.sent_bytes,
            },
        )


def _check_path(path: str) -> None:
    """Raises NotFoundError for paths that the router would normalize or answer with a page of its own."""
    if not {".", ".."}.isdisjoint(path.split("/")) or path.startswith(DESCRIPTION_PATH + "/"):
        raise NotFoundError("nothing at this path")


class _Answer:
    """Sends a response, with the headers that every response has."""

    def __init__(self, send: Send, request_id: str, cors: dict[str, str]) -> None:
        self._send = send
        self._cors = cors
        self.request_id = request_id
        self.status = 0
        self.sent_bytes = 0

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            extra = {**SECURITY_HEADERS, "x-request-id": self.request_id, **self._cors}
            if not any(name.lower() == b"cache-control" for name, _ in message["headers"]):
                extra["cache-control"] = "no-store"
            given = [(name, value) for name, value in message["headers"] if name.lower().decode("latin-1") not in extra]
            added = [(name.encode(), value.encode("latin-1")) for name, value in extra.items()]
            message = {**message, "headers": [*given, *added]}
        else:
            self.sent_bytes += len(message.get("body", b""))
        await self._send(message)

    async def empty(self, status: int) -> None:
        headers = [
            (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
            (b"access-control-allow-headers", b"authorization, content-type, range, x-request-id"),
            (b"access-control-max-age", b"600"),
        ]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": b""})

    async def problem(self, error: Exception) -> None:
        if self.status:
            return
        problem, headers = problem_of(error, self.request_id)
        rows = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        body = msgspec.json.encode(problem)
        rows += [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        await self.send({"type": "http.response.start", "status": problem.status, "headers": rows})
        await self.send({"type": "http.response.body", "body": body})
