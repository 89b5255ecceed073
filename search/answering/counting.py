"""Answers to "how often": the model is shown every moment that the search finds, and its citations are counted."""

import time
from collections.abc import Sequence
from dataclasses import replace

from indexer.records import TimeSpan
from search.answering.answer import Answer, CitedMoment, EvidenceUsed
from search.answering.asked_part import AskedPart
from search.answering.callbacks import AnswerCallbacks, ShownSpan
from search.answering.context import AskContext
from search.answering.effort import EFFORTS, Effort, fit_answering_effort
from search.answering.moment_texts import answer_needs_text
from search.answering.multi_pass import MultiPass
from search.answering.question_analysis import retrieval_query_of_question
from search.options import EffortName

MOST_CLIPS: dict[EffortName, int] = {"low": 24, "normal": 72, "high": 240}
"""Shown at most, by effort."""
PATIENCE = 2
"""Batches in a row without a citation, ranked by relevance, after which no more are expected."""


def answer_count(
    context: AskContext,
    question: str,
    asked: AskedPart,
    *,
    effort: EffortName,
    started: float,
    callbacks: AnswerCallbacks,
) -> Answer:
    """The number of moments that the model cites, with the moments.

    Args:
        started: `time.perf_counter` when the question came.
        callbacks: of these, the evidence and the cancellation.
    """
    query = retrieval_query_of_question(question)
    found = context.engine.retrieve_evidence(query, video=asked.video_id, scope=asked.scope, limit=MOST_CLIPS[effort])
    with_text = answer_needs_text(question, found.moments)
    candidates = context.candidates(found.moments, found.curves, with_text=with_text)
    one_pass = _one_pass(context, effort)
    counted: list[CitedMoment] = []
    shown: list[ShownSpan] = []
    warnings: list[str] = []
    frames = tokens = passes = without = 0
    silent = replace(callbacks, on_text=None, on_draft=None)
    for start in range(0, len(candidates), one_pass.clips):
        multi_pass = MultiPass(
            f"When can one see {query}?",
            context.model,
            context.settings,
            effort=one_pass,
            callbacks=silent,
            spares=context.spares,
        )
        outcome = multi_pass.run(candidates[start : start + one_pass.clips])
        counted += outcome.cited if outcome.reply.found else []
        shown += outcome.shown
        frames, tokens, passes = frames + outcome.frames, max(tokens, outcome.tokens), passes + outcome.passes
        warnings += outcome.warnings
        without = 0 if outcome.reply.found else without + 1
        if without == PATIENCE:
            break
    counted = distinct_cited_moments(counted)
    return Answer(
        question,
        bool(counted),
        _times(len(counted)),
        counted,
        EvidenceUsed(len(shown), frames, tokens, context.model.context_limit, passes),
        context.model.name,
        time.perf_counter() - started,
        shown,
        warnings,
    )


def _one_pass(context: AskContext, effort: EffortName) -> Effort:
    fits = fit_answering_effort(EFFORTS[effort], context.model.context_limit)
    return Effort(clips=fits.clips_a_pass, clips_a_pass=fits.clips_a_pass, tokens=fits.tokens)


def _times(count: int) -> str:
    if not count:
        return "Not once, as far as was found."
    return {1: "Once.", 2: "Twice."}.get(count, f"{count} times.")


def distinct_cited_moments(moments: Sequence[CitedMoment]) -> list[CitedMoment]:
    """The moments in order of video and time; those that overlap are merged into one."""
    merged: list[CitedMoment] = []
    for moment in sorted(moments, key=lambda one: (one.video, one.span)):
        last = merged[-1] if merged else None
        if last and last.video_id == moment.video_id and last.span.intersection_seconds(moment.span) > 0:
            stop = max(last.span.stop_seconds, moment.span.stop_seconds)
            merged[-1] = CitedMoment(last.video, last.video_id, TimeSpan(last.span.start_seconds, stop), last.why)
        else:
            merged.append(moment)
    return merged
