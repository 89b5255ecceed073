"""`/api/v1/ask`: an answer as JSON, or streamed as server-sent events; work stops when the client disconnects."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Controller, Request, Response, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import Body

from api.errors import BadRequestError
from api.service.disconnects import run_while_connected
from api.service.event_stream import MEDIA_TYPE, EventChannel, EventStream, StreamCount, wants_events
from api.service.links import API
from api.service.problems import problem_responses
from api.service.runtime import Runtime
from api.service.schemas import ask as ask_schemas
from api.service.views.search import answer_view, shown_views
from indexer.records import TimeSpan
from search.answering.callbacks import AnswerCallbacks
from search.chosen_clips.ask_about_clips import ask_about_clips
from search.chosen_clips.chosen_clip import refuse_beside_clips
from search.conversation.conversation import Conversation, Understood
from search.conversation.exchange import AskedOf, Exchange
from search.looking.steps import Step

DESCRIPTION = (
    "With `Accept: text/event-stream` the answer is streamed as events: `evidence` with the clips that the model sees,"
    " `draft` with the next words of a draft from captions and quoted text, `token` with the next words of the answer"
    " from the frames, which replaces the draft and may still be rejected, and finally `answer` or `problem`. The work"
    " stops when the client disconnects. An answer names its `conversation`; a question with it may refer to that"
    " answer, and its stream begins with `understood`: the question that stands alone."
    " With `look_again`, `step` tells each step before it is taken: search, look, answer, or none."
)


@dataclass
class AskOperation(Operation):
    """Describes the event stream, which Litestar cannot infer."""

    def __post_init__(self) -> None:
        events = Schema(
            type=OpenAPIType.STRING,
            description="Server-sent events: understood, step, evidence, draft, token, answer, problem.",
        )
        answer = self.responses["200"] if self.responses else None
        if isinstance(answer, OpenAPIResponse) and answer.content:
            answer.content[MEDIA_TYPE] = OpenAPIMediaType(schema=events)


class AskRoutes(Controller):
    path = f"{API}/ask"
    tags = ["search"]  # noqa: RUF012 - as Litestar expects

    @post(
        operation_id="ask",
        operation_class=AskOperation,
        summary="Ask a question",
        description=DESCRIPTION,
        status_code=200,
        responses={200: ResponseSpec(ask_schemas.AskAnswer, generate_examples=False, description="The answer.")}
        | problem_responses(404),
    )
    async def ask(
        self,
        request: Request[Any, Any, Any],
        runtime: Runtime,
        streams: StreamCount,
        data: Annotated[ask_schemas.AskRequest, Body(description="A question.")],
    ) -> Response[Any]:
        cancel = threading.Event()
        if wants_events(request):
            return EventStream(
                lambda channel: _stream(runtime, data, cancel, channel),
                count=streams,
                ping_seconds=runtime.service.ping_seconds,
                on_end=cancel.set,
            )
        work = runtime.asks.run(lambda: _ask(runtime, data, cancel, None))
        return Response(await run_while_connected(request, work, cancel=cancel.set))


async def _stream(
    runtime: Runtime, data: ask_schemas.AskRequest, cancel: threading.Event, channel: EventChannel
) -> None:
    channel.put("answer", await runtime.asks.run(lambda: _ask(runtime, data, cancel, channel)))


def _ask(
    runtime: Runtime, data: ask_schemas.AskRequest, cancel: threading.Event, channel: EventChannel | None
) -> ask_schemas.AskAnswer:
    """Blocks. Raises as `Conversation.ask`; ConversationUnknownError, BadRequestError."""
    asker = runtime.asker
    if data.clips and data.conversation is not None:
        message = "a conversation is about a library, not about clips; leave one of the two out"
        raise BadRequestError(message, fields=[("clips", message)])

    def is_cancelled() -> bool:
        return cancel.is_set() or runtime.stopping.is_set()

    def on_text(words: str) -> None:
        if channel:
            channel.put("token", {"text": words})

    def on_draft(words: str) -> None:
        if channel:
            channel.put("draft", {"text": words})

    def on_evidence(clips: Sequence[tuple[str, TimeSpan]]) -> None:
        if channel:
            videos = {one.video_id: one for one in asker.engine.videos()}
            channel.put("evidence", {"clips": shown_views(clips, videos)})

    if data.clips:
        refuse_beside_clips(video=data.video, scope=data.scope, retrieval=data.retrieval, look_again=data.look_again)
        answer = ask_about_clips(
            asker,
            data.question,
            data.clips,
            mode=data.mode,
            effort=data.effort,
            on_text=on_text,
            on_evidence=on_evidence,
            is_cancelled=is_cancelled,
        )
        return answer_view(Exchange(data.question, answer.question, "", "nothing", AskedOf(), answer), "")

    def on_understood(understood: Understood) -> None:
        if channel and data.conversation is not None:
            told = {"question": understood.question, "within": understood.within, "resolved_by": understood.resolved_by}
            channel.put("understood", told)

    def on_step(step: Step) -> None:
        if channel:
            channel.put("step", step.to_json())

    conversation = _conversation(runtime, data)
    exchange = conversation.ask(
        data.question,
        on_understood=on_understood,
        on_step=on_step,
        callbacks=AnswerCallbacks(on_text, on_draft if channel else None, on_evidence, is_cancelled),
    )
    return answer_view(exchange, data.conversation or runtime.conversations.add(conversation))


def _conversation(runtime: Runtime, data: ask_schemas.AskRequest) -> Conversation:
    if data.conversation is None:
        return Conversation(
            runtime.asker,
            video=data.video,
            scope=data.scope,
            mode=data.mode,
            effort=data.effort,
            retrieval=data.retrieval,
            look_again=data.look_again,
        )
    given = [name for name, value in (("video", data.video), ("scope", data.scope)) if value is not None]
    if given:
        message = "a conversation keeps its video and scope; leave it out, or ask without `conversation`"
        raise BadRequestError(message, fields=[(name, message) for name in given])
    return runtime.conversations.find(data.conversation)
