"""`/mcp`: the tools of `api.mcp` over one service, as an ASGI application in front of the routes."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from mcp.server.transport_security import TransportSecuritySettings

from api.mcp.backend import Work
from api.mcp.server import make_server
from api.service.links import clip_link
from api.service.runtime import Runtime
from indexer.config import Settings
from indexer.records import TimeSpan, Video
from search.answering.asker import Asker

MCP_PATH = "/mcp"
Result = TypeVar("Result")


class ServiceBackend:
    """The tools run in the service's queues; a clip is a link."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._queues = {
            "search": runtime.searches,
            "ask": runtime.asks,
            "read": runtime.lookups,
            "media": runtime.cuts,
        }

    @property
    def asker(self) -> Asker:
        return self._runtime.asker

    @property
    def settings(self) -> Settings:
        return self._runtime.settings

    def run(self, kind: Work, work: Callable[[], Result]) -> Awaitable[Result]:
        return self._queues[kind].run(work)

    def export(self, video: Video, span: TimeSpan) -> tuple[str, str]:
        return "", clip_link(video.video_id, span)


def mcp_application(runtime: Runtime) -> Any:
    """A Starlette application without sessions; its lifespan must be entered. Hosts and keys are checked before it.

    It answers POST alone. What happens during a call goes into the answer to that; without sessions the stream that MCP
    has GET for would stay silent and open for ever, so GET is 405, by which clients know that there is none.
    """
    server = make_server(ServiceBackend(runtime))
    application: Any = server.streamable_http_app(
        streamable_http_path=MCP_PATH,
        stateless_http=True,
        max_request_body_size=runtime.service.max_body_bytes,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    (route,) = application.routes
    route.methods = {"POST"}
    return application
