"""`/local/ask`: questions of commands on this machine, streamed as events; the work stops when the command leaves.

The last event is the whole answer, with paths, so that a command prints the same as without the service.
"""

import threading
from typing import Annotated, Any

from litestar import Controller, Response, post
from litestar.params import Body
from msgspec import Struct

from api.errors import BadRequestError
from api.local.answering import answer_question
from api.local.question import Listeners, OnWords, Question
from api.local.results import encode_answer
from api.local.running_service import LOCAL
from api.service.event_stream import EventChannel, EventStream, StreamCount
from api.service.runtime import Runtime
from search.answering.answer import Answer
from search.chosen_clips.chosen_clip import refuse_beside_clips

LONGEST_SECONDS = 24 * 3600.0
"""A command waits for its answer as long as it would work on it itself; it leaves when Ctrl-C stops it."""


class LocalQuestion(Struct, forbid_unknown_fields=True, kw_only=True):
    """A question, and what of its answer the command wants to hear while it is made."""

    asked: Question
    threshold: float
    """Of relevance, in the settings of the command."""
    hears: frozenset[str]
    """Names of events: text, draft, step."""


class LocalAskRoutes(Controller):
    path = f"{LOCAL}/ask"
    include_in_schema = False

    @post(status_code=200)
    async def ask(
        self, runtime: Runtime, streams: StreamCount, data: Annotated[LocalQuestion, Body(description="A question.")]
    ) -> Response[None]:
        cancel = threading.Event()

        async def stream(channel: EventChannel) -> None:
            work = runtime.asks.run(lambda: _answer(runtime, data, cancel, channel), deadline_seconds=LONGEST_SECONDS)
            channel.put_raw(("answer", encode_answer(await work)))

        return EventStream(stream, count=streams, ping_seconds=runtime.service.ping_seconds, on_end=cancel.set)


def _answer(runtime: Runtime, data: LocalQuestion, cancel: threading.Event, channel: EventChannel) -> Answer:
    """Blocks. Raises as `answer_question`; BadRequestError where this service would judge otherwise."""
    asker, asked = runtime.asker, data.asked
    if data.threshold != asker.settings.relevance_threshold:
        raise BadRequestError("this service uses another relevance threshold")
    if asked.clips:
        refuse_beside_clips(
            video=asked.video, scope=asked.scope, retrieval=asked.retrieval, look_again=asked.look_again
        )

    def words(event: str) -> OnWords | None:
        return (lambda said: channel.put(event, said)) if event in data.hears else None

    def on_step(step: dict[str, Any], told: str) -> None:
        channel.put("step", [step, told])

    listeners = Listeners(words("text"), words("draft"), on_step if "step" in data.hears else None)
    return answer_question(asker, asked, listeners, is_cancelled=lambda: cancel.is_set() or runtime.stopping.is_set())
