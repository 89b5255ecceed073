"""Answers a question about clips that a person chose: all of them in one prompt, so that they can be compared."""

import time
from collections.abc import Sequence

from indexer.errors import PromptTooLongError
from indexer.models.vision_language import IsCancelled, OnText
from indexer.store.library import Library
from search.answering.answer import Answer
from search.answering.asker import SHOWN_HERE, Asker
from search.answering.callbacks import AnswerCallbacks, OnEvidence
from search.answering.clip_planning import ClipCandidate
from search.answering.clip_reader import clip_as_video_input, show_pairs
from search.answering.effort import EFFORTS
from search.answering.moment_texts import QUOTED_SOURCES, moment_text
from search.answering.multi_pass import MultiPass, PassOutcome
from search.answering.question_analysis import question_calls_for_text
from search.answering.token_budget import PromptBudget, plan_clips
from search.chosen_clips.chosen_clip import ChosenClip, chosen_clips
from search.options import EffortName, Mode
from search.query.validation import check_query

NOT_FOUND_IN_CLIPS = "The clips do not show it."


def ask_about_clips(
    asker: Asker,
    question: str,
    clips: Sequence[str],
    *,
    mode: Mode = "frames",
    effort: EffortName = "normal",
    on_text: OnText | None = None,
    on_evidence: OnEvidence | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Answer:
    """The answer to a question about the clips, which are all of the evidence: nothing is retrieved.

    Where they do not fit the prompt, each is shown with a like share of its frames.

    Args:
        clips: `VIDEO@START-STOP` each, numbered for the model in this order.
        effort: how many tokens the prompt may have.
        mode, on_text, on_evidence, is_cancelled: as in `Asker.ask`.

    Raises:
        QueryError, NotInLibraryError, VanishedVideoError: see `chosen_clips`; or the question is none.
        PromptTooLongError: not even a frame of each clip fits.
        ModelError, GenerationCancelledError: see the model.
    """
    text = check_query(question)
    library = asker.engine.library.snapshot()
    chosen = chosen_clips(library, clips)
    context = asker.context
    started = time.perf_counter()
    multi_pass = MultiPass(
        text,
        context.model,
        context.settings,
        effort=EFFORTS[effort],
        show=clip_as_video_input if mode == "video" else show_pairs,
        callbacks=AnswerCallbacks(on_text=on_text, on_evidence=on_evidence, is_cancelled=is_cancelled),
        spares=context.spares,
    )
    candidates = [_candidate(library, clip, with_text=question_calls_for_text(text)) for clip in chosen]
    planned = plan_clips(text, candidates, context.model, PromptBudget(multi_pass.limit, len(candidates)))
    if len(planned) < len(chosen):
        raise PromptTooLongError(
            f"{len(chosen)} clips do not fit a prompt of {multi_pass.limit:,} tokens, even with one picture of each"
            f" ({len(planned)} do: clip {chosen[len(planned)].name} is one too many); give fewer"
        )
    outcome = multi_pass.run_once(planned)
    reply = outcome.reply
    return Answer(
        question=text,
        found=reply.found,
        answer=reply.answer or (SHOWN_HERE if reply.found else NOT_FOUND_IN_CLIPS),
        moments=outcome.cited if reply.found else [],
        evidence=context.evidence_used(outcome),
        model=context.model.name,
        seconds=time.perf_counter() - started,
        shown=outcome.shown,
        warnings=[*outcome.warnings, *_not_shown(chosen, outcome)],
    )


def _candidate(library: Library, clip: ChosenClip, *, with_text: bool) -> ClipCandidate:
    """The clip with its caption, and with what is written and said in it where that is asked for, or is all of it."""
    video_id, is_sound = clip.video.video_id, clip.video.kind == "sound"
    sources = QUOTED_SOURCES if with_text or is_sound else ()
    rows = [row for source in sources for row in library.texts(video_id, source)]
    caption = moment_text(library.texts(video_id, "caption"), clip.span, between="; ")
    return ClipCandidate.of(clip.video, clip.span, text=moment_text(rows, clip.span), caption=caption)


def _not_shown(chosen: Sequence[ChosenClip], outcome: PassOutcome) -> list[str]:
    shown = set(outcome.shown)
    return [f"not shown to the model: clip {one.name}" for one in chosen if (one.video.video_id, one.span) not in shown]
