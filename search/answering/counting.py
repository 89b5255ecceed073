"""How often something happens: every moment that the search brings up is looked at, and what the model cites counts."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from indexer.records import TimeSpan, Video
from search.answering.answer import Answer, CitedMoment, EvidenceUsed
from search.answering.callbacks import Listening, ShownSpan
from search.answering.effort import EFFORTS, Effort, fitting
from search.answering.multi_pass import Passes
from search.answering.question_analysis import retrieval_query
from search.answering.quoted_texts import wants_text
from search.options import EffortName

if TYPE_CHECKING:
    from search.answering.asker import Asker

CLIPS: dict[EffortName, int] = {"low": 24, "normal": 72, "high": 240}
"""Looked at, at most, by effort."""
PATIENCE = 2
"""Batches in a row without one, ranked by relevance, after which no more are expected."""


def answer_count(
    asker: "Asker", question: str, video: Video | None, *, effort: EffortName, started: float, listening: Listening
) -> Answer:
    """Enumerates the moments."""
    query = retrieval_query(question)
    name, most = video and video.video_id, CLIPS[effort]
    found = asker.engine.gather(query, video=name, limit=most)
    with_text = wants_text(question, found.moments)
    candidates = asker.candidates(found.moments, found.curves, with_text=with_text)
    one_pass = _one_pass(asker, effort)
    counted: list[CitedMoment] = []
    shown: list[ShownSpan] = []
    warnings: list[str] = []
    frames = tokens = passes = without = 0
    quiet = Listening(on_evidence=listening.on_evidence, is_cancelled=listening.is_cancelled)
    for start in range(0, len(candidates), one_pass.clips):
        batch = candidates[start : start + one_pass.clips]
        asked = f"When can one see {query}?"
        looked = Passes(asked, asker.model, asker.settings, effort=one_pass, listening=quiet, spares=asker.spares).look(
            batch
        )
        counted += looked.cited if looked.reply.found else []
        shown += looked.shown
        frames, tokens, passes = frames + looked.frames, max(tokens, looked.tokens), passes + looked.passes
        warnings += looked.warnings
        without = 0 if looked.reply.found else without + 1
        if without == PATIENCE:
            break
    counted = distinct(counted)
    return Answer(
        question,
        bool(counted),
        _times(len(counted)),
        counted,
        EvidenceUsed(len(shown), frames, tokens, asker.model.context_limit, passes),
        asker.model.name,
        time.perf_counter() - started,
        shown,
        warnings,
    )


def _one_pass(asker: "Asker", effort: EffortName) -> Effort:
    fits = fitting(EFFORTS[effort], asker.model.context_limit)
    return Effort(clips=fits.clips_a_pass, clips_a_pass=fits.clips_a_pass, tokens=fits.tokens)


def _times(count: int) -> str:
    if not count:
        return "Not once, as far as was found."
    return {1: "Once.", 2: "Twice."}.get(count, f"{count} times.")


def distinct(moments: Sequence[CitedMoment]) -> list[CitedMoment]:
    """In order of video and time; what overlaps is one."""
    kept: list[CitedMoment] = []
    for moment in sorted(moments, key=lambda one: (one.video, one.span)):
        last = kept[-1] if kept else None
        if last and last.video_id == moment.video_id and last.span.intersection_seconds(moment.span) > 0:
            stop = max(last.span.stop_seconds, moment.span.stop_seconds)
            kept[-1] = CitedMoment(last.video, last.video_id, TimeSpan(last.span.start_seconds, stop), last.why)
        else:
            kept.append(moment)
    return kept
