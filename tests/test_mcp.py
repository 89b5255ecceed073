"""MCP over both transports, by the SDK's own client: the tools, their types, progress, stills, clips, refusals."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import base64
import io
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, ImageContent, TextContent
from PIL import Image

from api.service.api_keys import KeyStore
from tests.helpers.service import RunningService, demo_library, demo_settings, own_library, service, serving  # noqa: F401

pytestmark = pytest.mark.thorough
ROOT = Path(__file__).resolve().parents[1]
TOOLS = {"search_moments", "ask", "look", "compare", "describe_video", "list_videos", "export_clip"}
Use = Callable[[Client], Awaitable[None]]


@asynccontextmanager
async def over_stdio(library: Path, clips: Path) -> AsyncIterator[Client]:
    arguments = ["mcp", "--library", str(library), "--models", "demo", "--device", "cpu", "--clips", str(clips)]
    command = StdioServerParameters(
        command=sys.executable, args=["-c", "from api.cli.main import main; main()", *arguments], cwd=ROOT
    )
    async with Client(stdio_client(command)) as client:
        yield client


@pytest.fixture(params=["stdio", "http"])
def use(request: pytest.FixtureRequest, demo_library: Path, tmp_path: Path) -> Callable[[Use], None]:
    """Runs a test's work with a client of each transport."""

    def run(work: Use) -> None:
        async def main() -> None:
            if request.param == "stdio":
                async with over_stdio(demo_library, tmp_path / "clips") as client:
                    await work(client)
            else:
                running: RunningService = request.getfixturevalue("service")
                async with Client(f"{running.url}/mcp") as client:
                    await work(client)

        anyio.run(main)

    return run


@pytest.fixture(scope="module")
def seen(world: Path) -> str:
    rows = [json.loads(line) for line in (world / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    return next(row["query"] for row in rows if row["kind"] == "picture")


def test_a_folder_that_cannot_be_written_is_named(demo_library: Path, tmp_path: Path) -> None:
    async def main() -> None:
        async with over_stdio(demo_library, tmp_path / ("x" * 300)) as client:
            (video, *_) = data(await client.call_tool("list_videos", {}))["videos"]
            span = {"video": video["video_id"], "start_seconds": 0, "stop_seconds": 1}
            refused = await client.call_tool("export_clip", span)
            assert refused.is_error and isinstance(refused.content[0], TextContent)
            assert "choose another folder with --clips" in refused.content[0].text

    anyio.run(main)


def data(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content


def test_the_tools_find_show_describe_and_cut(use: Callable[[Use], None], seen: str, tmp_path: Path) -> None:
    async def work(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == TOOLS
        for name, tool in tools.items():
            assert tool.description and tool.annotations and tool.annotations.read_only_hint is (name != "export_clip")
            assert (tool.output_schema is None) is (name in {"look", "compare"})
        found = data(await client.call_tool("search_moments", {"query": seen, "limit": 3}))
        assert found["found"]
        moment = found["moments"][0]
        video = {"video": moment["video_id"]}
        span = {name: moment[name] for name in ("start_seconds", "stop_seconds")}

        looked = await client.call_tool("look", {**video, **span, "stills": 8})
        texts, pictures = kinds(looked)
        assert moment["video"] in texts[0] and len(pictures) == 8
        assert all(picture.format == "JPEG" for picture in pictures)
        reference = f"{moment['video_id']}@{span['start_seconds']}-{span['stop_seconds']}"
        texts, pictures = kinds(
            await client.call_tool("compare", {"first": reference, "second": reference, "stills": 2})
        )
        assert [text.split(":")[0] for text in texts] == ["First", "Second"] and len(pictures) == 4

        described = data(await client.call_tool("describe_video", video))
        assert described["video"]["name"] == moment["video"] and described["texts"]
        listed = data(await client.call_tool("list_videos", {"limit": 2}))
        assert listed["total"] == 3 and len(listed["videos"]) == 2

        clip = data(await client.call_tool("export_clip", {**video, **span}))
        if clip["path"]:
            assert Path(clip["path"]).parent == tmp_path / "clips" and Path(clip["path"]).stat().st_size > 1000
        else:
            assert clip["link"].startswith(f"/api/v1/videos/{moment['video_id']}/clip?")

    use(work)


def test_ask_cites_and_reports_progress(use: Callable[[Use], None], seen: str) -> None:
    async def work(client: Client) -> None:
        said: list[str] = []

        async def on_progress(progress: float, total: float | None, message: str | None) -> None:
            said.append(message or "")

        asked = {"question": f"When is there {seen}?"}
        answer = data(await client.call_tool("ask", asked, progress_callback=on_progress))
        assert answer["answer"] and answer["citations"] and answer["model"]
        assert said[0] == "Searching" and any("clips" in message for message in said)

    use(work)


def test_what_is_wrong_is_said_in_words(use: Callable[[Use], None]) -> None:
    async def work(client: Client) -> None:
        for name, given, words in (
            ("look", {"video": "none.mp4", "start_seconds": 0, "stop_seconds": 1}, "has no video 'none.mp4'"),
            ("search_moments", {"query": ""}, "query is empty"),
            ("search_moments", {"query": "a", "signals": ["smell"]}, "there is no signal 'smell'"),
            ("compare", {"first": "x", "second": "y"}, "is not a moment"),
            ("look", {"video": "x", "start_seconds": 0, "stop_seconds": 1, "stills": 9}, "8"),
        ):
            result = await client.call_tool(name, given)
            assert result.is_error and words in " ".join(kinds(result)[0]), (name, given, result.content)

    use(work)


def kinds(result: CallToolResult) -> tuple[list[str], list[Image.Image]]:
    """Texts and pictures of a result."""
    texts = [one.text for one in result.content if isinstance(one, TextContent)]
    stills = [base64.b64decode(one.data) for one in result.content if isinstance(one, ImageContent)]
    return texts, [Image.open(io.BytesIO(still)) for still in stills]


def test_the_service_asks_for_its_key_and_refuses_other_sites(own_library: Path) -> None:
    _, key = KeyStore(own_library).add("model")
    hello = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accept = {"Accept": "application/json, text/event-stream"}
    with serving(demo_settings(own_library), require_key=True) as running:
        post = lambda **headers: httpx.post(f"{running.url}/mcp", json=hello, headers=accept | headers).status_code  # noqa: E731
        assert post() == 401
        assert post(Authorization="Bearer wrong") == 401
        assert post(Authorization=f"Bearer {key}", Origin="https://elsewhere.example") == 403
        assert post(Authorization=f"Bearer {key}", Host="elsewhere.example") == 403
        for method in ("GET", "DELETE"):  # there are no sessions, so no stream that would stay open, and none to end
            other = httpx.request(method, f"{running.url}/mcp", headers=accept | {"Authorization": f"Bearer {key}"})
            assert (other.status_code, other.headers["allow"]) == (405, "POST")

        async def main() -> None:
            async with (
                httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as http,
                Client(streamable_http_client(f"{running.url}/mcp", http_client=http)) as client,
            ):
                assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS

        anyio.run(main)
