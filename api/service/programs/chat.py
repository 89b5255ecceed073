"""`/v1/chat/completions`: OpenAI's chat API, answered from the library with citations, also streamed.

For chat programs that can be pointed at a server. The last message of the user is the question; what it refers to is
taken from the messages before it, by rules. Follows OpenAI's API, also in its errors, and is therefore not in this
service's own description.
"""

import asyncio
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import PurePath
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import Body
from msgspec import Meta, Struct

from api.errors import BadRequestError
from api.formatting import time_code
from api.service.disconnects import run_while_connected
from api.service.event_stream import EventChannel, EventStream, StreamCount
from api.service.problems import problem_response
from api.service.runtime import Runtime
from api.service.schemas.problems import Problem
from search.answering.answer import Answer, CitedMoment
from search.conversation.follow_up import stand_alone
from search.query.validation import MAX_QUERY_CHARACTERS

MODEL = "reelseek"
"""The one model that is listed; a request may name any."""
SOURCES = "Sources:"
MOST_TURNS = 20
"""Messages of the user that are read, the last ones."""


class ChatMessage(Struct):
    """A message; fields that are not used here are ignored, as in the requests."""

    role: str
    content: str | list[dict[str, Any]] | None = None


class ChatRequest(Struct):
    """A request of OpenAI's chat API, as far as it is used."""

    messages: Annotated[list[ChatMessage], Meta(min_length=1, max_length=1000)]
    model: str = MODEL
    stream: bool | None = False


def _error_response(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """OpenAI's form of an error, which its clients read."""
    problem = problem_response(request, error)
    content = _error_of(msgspec.json.decode(problem.content, type=Problem))[1]
    return Response(content, status_code=problem.status_code, headers=problem.headers)


class ChatRoutes(Controller):
    path = "/v1"
    include_in_schema = False
    exception_handlers = {Exception: _error_response}  # noqa: RUF012 - as Litestar expects

    @get("/models")
    async def models(self) -> dict[str, Any]:
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "reelseek"}]}

    @post("/chat/completions", status_code=200)
    async def complete(
        self,
        request: Request[Any, Any, Any],
        runtime: Runtime,
        streams: StreamCount,
        data: Annotated[ChatRequest, Body(description="A conversation.")],
    ) -> Response[Any]:
        question, cancel = await asyncio.to_thread(_question_of, data), threading.Event()
        reply = _Reply(str(request.base_url), data.model)

        def ask(on_text: Callable[[str], None] | None) -> Answer:
            return runtime.asker.ask(
                question, on_text=on_text, is_cancelled=lambda: cancel.is_set() or runtime.stopping.is_set()
            )

        async def stream(channel: EventChannel) -> None:
            said: list[str] = []

            def on_text(words: str) -> None:
                said.append(words)
                channel.put("", reply.chunk(words))

            answer = await runtime.asks.run(lambda: ask(on_text))
            channel.put("", reply.chunk(reply.rest(answer, "".join(said))))
            channel.put("", reply.chunk("", finish="stop"))
            channel.put_raw(("", b"[DONE]"))

        if data.stream:
            return EventStream(
                stream,
                count=streams,
                ping_seconds=runtime.service.ping_seconds,
                on_end=cancel.set,
                failed=_error_of,
            )
        answer = await run_while_connected(request, runtime.asks.run(lambda: ask(None)), cancel=cancel.set)
        return Response(reply.whole(reply.rest(answer, "")))


class _Reply:
    """Replies to one request, in OpenAI's form."""

    def __init__(self, address: str, model: str) -> None:
        """
        Args:
            address: of this service, as the client knows it.
        """
        self._address = address.rstrip("/")
        self._head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": model}

    def rest(self, answer: Answer, said: str) -> str:
        """What is still to be said: the answer where other words were streamed, and its citations."""
        words = answer.answer if not said else "" if said.strip() == answer.answer.strip() else f"\n\n{answer.answer}"
        title = SOURCES if answer.found else "The closest moments:"
        cited = [f"{number}. {self._citation(moment)}" for number, moment in enumerate(answer.moments, 1)]
        return words + ("\n\n" + "\n".join([title, *cited]) if cited else "")

    def chunk(self, words: str, *, finish: Literal["stop"] | None = None) -> dict[str, Any]:
        delta = {} if finish else {"role": "assistant", "content": words}
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {**self._head, "object": "chat.completion.chunk", "choices": [choice]}

    def whole(self, words: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": words}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return {**self._head, "object": "chat.completion", "choices": [choice]}

    def _citation(self, moment: CitedMoment) -> str:
        """A link to the page, in Markdown."""
        start, stop = moment.span.start_seconds, moment.span.stop_seconds
        place = {"view": "library", "at": moment.video_id, "start": f"{start:.3f}", "stop": f"{stop:.3f}"}
        name = PurePath(moment.video).name.replace("[", "(").replace("]", ")")
        why = f": {moment.why}" if moment.why else ""
        return f"[{name}, {time_code(start)} to {time_code(stop)}]({self._address}/?{urlencode(place)}){why}"


def _question_of(request: ChatRequest) -> str:
    """The user's last message, so that it stands alone. Raises BadRequestError."""
    asked = [place for place, message in enumerate(request.messages) if message.role == "user"][-MOST_TURNS:]
    if not asked:
        raise BadRequestError(
            "no message has the role user; the last one of that role is the question", fields=[("messages", "")]
        )
    question, answer = "", ""
    for message in request.messages[asked[0] :]:
        if message.role == "assistant":
            answer = _text_of(message).partition(f"\n\n{SOURCES}")[0]
        elif message.role == "user":
            said = " ".join(_text_of(message).split())
            # Longer ones are no questions, and the rules would take long to read them.
            can_refer = question and max(len(said), len(question)) <= MAX_QUERY_CHARACTERS
            question = (stand_alone(said, question, last_answer=answer) if can_refer else None) or said
            answer = ""
    return question


def _text_of(message: ChatMessage) -> str:
    """Raises BadRequestError."""
    parts = [{"type": "text", "text": message.content}] if isinstance(message.content, str) else message.content or []
    if unusable := sorted({str(part.get("type")) for part in parts if part.get("type") != "text"}):
        reason = f"{', '.join(unusable)} cannot be read here; send text"
        raise BadRequestError(reason, fields=[("messages", reason)])
    return "\n".join(str(part.get("text", "")) for part in parts)


def _error_of(problem: Problem) -> tuple[str, Any]:
    return "", {"error": {"message": problem.detail, "type": problem.type, "code": problem.status}}
