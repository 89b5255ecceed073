"""A server that speaks OpenAI's protocol over any vision-language model, with real streams and scripted faults."""

import asyncio
import base64
import io
import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import uvicorn
from litestar import Litestar, Request, Response, get, post
from litestar.response import Stream
from PIL import Image

from api.service.server import bind_service_socket, url_of
from indexer.decode.frame_transforms import scale_frame
from indexer.errors import GenerationCancelledError
from indexer.models.vision_language import Frames, Part, Prompt, Reply, Turn, VisionLanguageModel

MODEL = "tiny"
_TIME = re.compile(r"(\d+\.\d)s $")

Fault = Callable[[dict[str, Any]], Response[Any] | Stream | None]
"""A request -> a response in place of the model's; None lets the model answer."""


@dataclass
class ModelServer:
    """A server that answers; `faults` are used up by one chat request each, in order."""

    model: VisionLanguageModel
    name: str = MODEL
    faults: list[Fault] = field(default_factory=list[Fault])
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Bodies of the chat requests."""
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    gave_up: threading.Event = field(default_factory=threading.Event)
    """Set once a generation was stopped since its client had gone."""
    token_seconds: float = 0.0
    """Waited before every token, as a large model takes."""
    in_progress: int = 0
    most_in_progress: int = 0
    listed: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the list of models says of the model."""
    url: str = ""

    @property
    def spec(self) -> str:
        """As `--vision-language-model` takes it."""
        return f"openai:{self.name}@{self.url}"

    def received(self, body: dict[str, Any]) -> Prompt:
        """The prompt of a request, its pictures at the size that the model takes."""
        prompt, only = prompt_of(body["messages"]), self.model.vision.only
        return prompt if only is None else tuple(_at_size(turn, *only) for turn in prompt)


def prompt_of(messages: list[dict[str, Any]]) -> Prompt:
    """The prompt in a request: a picture with the time that stands before it is a frame."""
    return tuple(Turn(message["role"], tuple(_parts(message["content"]))) for message in messages)


def _parts(content: Any) -> list[Part]:
    parts: list[Part] = []
    for item in [{"type": "text", "text": content}] if isinstance(content, str) else content:
        if item["type"] == "text":
            parts.append(item["text"])
            continue
        before = parts.pop()
        assert isinstance(before, str)
        time = _TIME.search(before)
        assert time is not None, "each picture comes after its time"
        data = base64.b64decode(item["image_url"]["url"].removeprefix("data:image/jpeg;base64,"))
        pixels = np.array(Image.open(io.BytesIO(data)).convert("RGB"))[None]
        parts += [before[: time.start()], Frames(pixels, (float(time[1]),))]
    return parts


def _at_size(turn: Turn, height: int, width: int) -> Turn:
    def fitted(part: Part) -> Part:
        if isinstance(part, str):
            return part
        return replace(part, pixels=np.stack([scale_frame(picture, width, height) for picture in part.pixels]))

    return Turn(turn.role, tuple(fitted(part) for part in turn.parts))


def status(code: int, message: str, headers: dict[str, str] | None = None, **more: Any) -> Fault:
    """A fault: an error as the protocol has it."""
    return lambda request: Response({"error": {"message": message, **more}}, status_code=code, headers=headers)


def raw(body: str, *, media_type: str, code: int = 200) -> Fault:
    """A fault: a response of these very bytes."""
    return lambda request: Response(body.encode(), status_code=code, media_type=media_type)


def pieces(*texts: str, finish: str | None = "stop", empty_first: bool = False) -> Fault:
    """A fault: a stream of these pieces; without `finish` it just ends, as where a server dies."""
    chunks = [_chunk({"content": text}) for text in texts]
    if empty_first:
        chunks.insert(0, {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": []})
    if finish:
        chunks.append(_chunk({}, finish))
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + ("data: [DONE]\n\n" if finish else "")
    return raw(body, media_type="text/event-stream")


def _chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": [choice]}


class _Chat:
    """One chat request: the model runs in a thread, its pieces are streamed, and it stops when the client goes."""

    def __init__(self, server: ModelServer, body: dict[str, Any]) -> None:
        self._server, self._body = server, body
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[str | Reply | Exception] = asyncio.Queue()
        self._gone = threading.Event()

    async def events(self) -> AsyncIterator[str]:
        server = self._server
        server.in_progress += 1
        server.most_in_progress = max(server.most_in_progress, server.in_progress)
        thread = threading.Thread(target=self._generate)
        thread.start()
        try:
            while isinstance(item := await self._queue.get(), str):
                yield self._event(_chunk({"content": item}))
            if isinstance(item, Exception):
                yield self._event({"error": {"message": str(item)}})
                return
            yield self._event(_chunk({}, "stop" if item.complete else "length"))
            count = server.model.count_tokens(server.received(self._body))
            usage = {"prompt_tokens": count, "completion_tokens": item.tokens, "total_tokens": count + item.tokens}
            yield self._event(_chunk({}) | {"choices": [], "usage": usage})
            yield "data: [DONE]\n\n"
        finally:
            server.in_progress -= 1
            self._gone.set()

    def _event(self, value: dict[str, Any]) -> str:
        return f"data: {json.dumps(value)}\n\n"

    def _generate(self) -> None:
        def put(item: str | Reply | Exception) -> None:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)

        schema = self._body.get("response_format", {}).get("json_schema", {}).get("schema")
        try:
            (reply,) = self._server.model.generate(
                [self._server.received(self._body)],
                max_tokens=self._body["max_tokens"],
                schema=schema,
                on_text=put,
                is_cancelled=lambda: self._gone.wait(self._server.token_seconds),
            )
            put(reply)
        except GenerationCancelledError:
            self._server.gave_up.set()
        except Exception as error:  # noqa: BLE001 - told to the client
            put(error)


def _app(server: ModelServer) -> Litestar:
    @get("/v1/models", sync_to_thread=False)
    def models(request: Request[Any, Any, Any]) -> dict[str, Any]:
        server.headers.append(dict(request.headers))
        own = {"id": server.name, "object": "model", "created": 1, "owned_by": "us"}
        return {"object": "list", "data": [own | server.listed]}

    @post("/v1/chat/completions", status_code=200)
    async def chat(request: Request[Any, Any, Any]) -> Response[Any] | Stream:
        body = await request.json()
        server.requests.append(body)
        server.headers.append(dict(request.headers))
        if server.faults and (response := server.faults.pop(0)(body)) is not None:
            return response
        prompt, limit = server.received(body), server.model.context_limit
        if server.model.count_tokens(prompt) + body["max_tokens"] > limit:
            error = {"message": f"This model's maximum context length is {limit} tokens"}
            return Response({"error": error}, status_code=400)
        return Stream(_Chat(server, body).events(), media_type="text/event-stream")

    return Litestar([models, chat], request_max_body_size=None, logging_config=None)


@contextmanager
def serving_model(model: VisionLanguageModel, *, name: str = MODEL, port: int = 0) -> Iterator[ModelServer]:
    """Runs the server on a port of this machine; 0 takes a free one."""
    server = ModelServer(model, name, listed={"max_model_len": model.context_limit})
    taken = bind_service_socket("127.0.0.1", port)
    server.url = url_of(taken).rstrip("/") + "/v1"
    running = uvicorn.Server(uvicorn.Config(_app(server), log_level="error", timeout_graceful_shutdown=5))
    running.install_signal_handlers = lambda: None  # pyright: ignore[reportAttributeAccessIssue] - not the main thread
    thread = threading.Thread(target=lambda: running.run(sockets=[taken]), name="model server")
    thread.start()
    try:
        yield server
    finally:
        running.should_exit = True
        thread.join(60)
        taken.close()
        assert not thread.is_alive(), "the server does not stop"
