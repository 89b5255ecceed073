"""A second look at a search result: a vision-language model is shown the best picture hits, and judges each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from indexer.errors import PromptTooLongError, QueryError
from indexer.models.vision_language import IsCancelled
from search.answering.clip_reader import read_clips
from search.answering.context import AskContext
from search.answering.effort import EFFORTS, reply_tokens
from search.answering.prompts import ask_prompt
from search.answering.reply import REPLY_SCHEMA, parse_reply
from search.answering.token_budget import PromptBudget, plan_clips
from search.query.plan import Plan, Step
from search.results import Moment, SearchResult, SecondLook
from search.scoring.visual_presence import VISUAL_SIGNALS
from search.second_look.verdict_fusion import fused_order

SEEN_FIELDS = (None, "looks", "caption")
"""Fields of a query whose words can be seen in a picture."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """Verdicts of the judged moments, by their place in the list."""

    shows: dict[int, bool]
    warnings: list[str]


def take_second_look(
    context: AskContext, result: SearchResult, *, most: int, is_cancelled: IsCancelled | None = None
) -> SearchResult:
    """The result with the verdicts of a model on its best picture hits, and in the order that counts them.

    No moment is left out, and good moments stay before weak ones. A moment that cannot be read is not judged; the
    warnings of the result say so.

    Args:
        most: hits that are judged at most, of the page that the result is.

    Raises:
        QueryError: the search was by example, or names nothing that can be seen.
        PromptTooLongError: its words leave no room for a picture.
        ModelError, GenerationCancelledError: see the model.
    """
    words = words_of_pictures(result.plan)
    places = [place for place, moment in enumerate(result.moments) if _is_picture_hit(moment)][:most]
    if not places:
        return result
    judged = _judge(context, words, [result.moments[place] for place in places], is_cancelled)
    verdicts = {places[index]: shows for index, shows in judged.shows.items()}
    moments = [
        replace(moment, second_look=SecondLook(verdicts[place], place + 1)) if place in verdicts else moment
        for place, moment in enumerate(result.moments)
    ]
    return replace(result, moments=list(_reordered(moments)), warnings=[*result.warnings, *judged.warnings])


def words_of_pictures(plan: Plan | None) -> str:
    """What a query describes that can be seen, its steps in their order.

    Raises:
        QueryError: nothing can.
    """
    steps = [] if plan is None else [words for step in plan.steps if (words := _words_of_step(step))]
    if not steps:
        raise QueryError(
            "a second look needs a description of what to see, but this search is by example, or only by what is said"
            " or written; describe what to see, or leave out the second look"
        )
    return ", then ".join(steps)


def _words_of_step(step: Step) -> str:
    terms = [term for term in step.terms if term.text not in step.text]
    return " ".join([step.text, *[term.text for term in terms if term.field in SEEN_FIELDS]]).strip()


def _is_picture_hit(moment: Moment) -> bool:
    return moment.kind == "video" and not VISUAL_SIGNALS.isdisjoint(moment.signals)


def _judge(context: AskContext, words: str, moments: Sequence[Moment], is_cancelled: IsCancelled | None) -> _Judged:
    """Shows each moment by itself, and asks where in it the thing can be seen: nowhere is a no."""
    model, question = context.model, f"When can one see {words}?"
    reply_room = reply_tokens(model)
    budget = PromptBudget(min(EFFORTS["low"].tokens, model.context_limit) - reply_room, clips=1)
    candidates = context.candidates(moments, [()] * len(moments), with_text=False)
    planned = [plan_clips(question, [candidate], model, budget) for candidate in candidates]
    if not all(planned):
        raise PromptTooLongError(
            f"the query leaves no room for a picture in a context of {model.context_limit:,} tokens; shorten it"
        )
    read = read_clips(
        [clip for clips in planned for clip in clips],
        settings=context.settings,
        spares=context.spares,
        frames_a_step=model.vision.frames_a_step,
    )
    prompts = [ask_prompt(question, [shown]) for _, shown in read.clips]
    if not prompts:
        return _Judged({}, read.warnings)
    replies = model.generate(prompts, max_tokens=reply_room, schema=REPLY_SCHEMA, is_cancelled=is_cancelled)
    place_of = {(moment.video_id, moment.span): place for place, moment in enumerate(moments)}
    shows: dict[int, bool] = {}
    for (plan, shown), reply in zip(read.clips, replies, strict=True):
        parsed = parse_reply(reply.text, [shown.told_span])
        if parsed is not None:
            shows[place_of[(plan.candidate.video_id, plan.candidate.span)]] = parsed.found
    return _Judged(shows, read.warnings)


def _reordered(moments: Sequence[Moment]) -> Iterator[Moment]:
    """Those judged change places among themselves, within their grade; all others stay where they are."""
    for _, group in groupby(moments, key=lambda moment: moment.grade):
        own = list(group)
        judged = [moment for moment in own if moment.second_look is not None]
        verdicts = [moment.second_look.shows if moment.second_look else None for moment in judged]
        order = iter(fused_order([moment.relevance for moment in judged], verdicts))
        for moment in own:
            yield moment if moment.second_look is None else judged[next(order)]
