"""Looker: answers a question in steps that the model chooses: search, look closer, answer.

The answer itself is that of `Asker.ask`: one more prompt over the chosen clips, whose citations lie in what was shown.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from indexer.errors import PromptTooLongError, QueryError
from search.answering.answer import Answer
from search.answering.asked_part import AskedPart
from search.answering.asker import Asker, answer_of_outcome
from search.answering.callbacks import NO_CALLBACKS, AnswerCallbacks
from search.answering.clip_planning import ClipCandidate
from search.answering.clip_reader import read_clips
from search.answering.context import AskContext
from search.answering.effort import EFFORTS, fit_answering_effort, reply_tokens
from search.answering.moment_texts import answer_needs_text
from search.answering.multi_pass import MultiPass, PassOutcome, frames_in_clip
from search.answering.prompts import ShownClip
from search.answering.question_analysis import retrieval_query_of_question, scope_of_question
from search.answering.token_budget import PromptBudget, plan_clips
from search.looking.steps import MOST_MOMENTS, MOST_STEPS, STEP_SCHEMA, Step, parse_step, step_prompt
from search.options import EffortName
from search.query.validation import check_query
from search.results import Moment

FOUND_A_SEARCH = 6
"""Moments that a search adds at most."""
OnStep = Callable[[Step], None]
"""Called with each step before it is taken."""


def look_and_answer(
    asker: Asker,
    question: str,
    *,
    video: str | None = None,
    scope: str | None = None,
    effort: EffortName = "high",
    on_step: OnStep | None = None,
    callbacks: AnswerCallbacks = NO_CALLBACKS,
) -> Answer:
    """The answer to a question after at most `MOST_STEPS` steps. Counts and summaries are answered as by `Asker.ask`.

    Raises:
        QueryError: the effort is not high; otherwise, and all else, as `Asker.ask`.
    """
    if effort != "high":
        raise QueryError(
            "looking again works only with effort high, since it takes several times as long; set effort to high"
        )
    text = check_query(question)
    if scope_of_question(text) != "moments":
        return asker.ask(
            text,
            video=video,
            scope=scope,
            effort=effort,
            on_text=callbacks.on_text,
            on_draft=callbacks.on_draft,
            on_evidence=callbacks.on_evidence,
            is_cancelled=callbacks.is_cancelled,
        )
    context, started = asker.context, time.perf_counter()
    looker = _Looker(context, text, AskedPart.of(asker.engine.library, video, scope), callbacks)
    chosen = looker.run(on_step or (lambda _: None))
    if not chosen:
        return looker.counted(answer_of_outcome(context, text, PassOutcome(), looker.closest, started))
    multi_pass = MultiPass(
        text,
        context.model,
        context.settings,
        effort=fit_answering_effort(EFFORTS[effort], context.model.context_limit),
        callbacks=callbacks,
        spares=context.spares,
    )
    return looker.counted(answer_of_outcome(context, text, multi_pass.run(chosen), looker.closest, started))


class _Looker:
    """The steps of one question."""

    def __init__(self, context: AskContext, question: str, asked: AskedPart, callbacks: AnswerCallbacks) -> None:
        self._context, self._question, self._asked, self._callbacks = context, question, asked, callbacks
        self._limit = min(EFFORTS["high"].tokens, context.model.context_limit) - reply_tokens(context.model)
        self._moments: list[ClipCandidate] = []
        self._looked: dict[int, ShownClip] = {}
        self._steps: list[Step] = []
        self._passes = self._tokens = 0
        self._warnings: list[str] = []
        self.closest: list[Moment] = []

    def run(self, on_step: OnStep) -> list[ClipCandidate]:
        """The clips to answer from, best first, after the steps that the model chose."""
        self._search(retrieval_query_of_question(self._question))
        shown: tuple[int, ShownClip] | None = None
        while len(self._steps) < MOST_STEPS:
            step = self._next_step(shown)
            on_step(step)
            self._steps.append(step)
            if step.kind == "answer":
                break
            shown = None
            if step.kind == "search":
                self._search(step.query)
            elif step.kind == "look":
                shown = self._look(step.moments[0])
        named = self._steps[-1].moments if self._steps[-1].kind == "answer" else ()
        order = dict.fromkeys([*named, *self._looked, *range(len(self._moments))])
        return [self._moments[place] for place in (named or order)]

    def counted(self, answer: Answer) -> Answer:
        """The answer with the prompts, clips and frames of the steps in its evidence."""
        own = [(self._moments[place].video_id, clip.span) for place, clip in self._looked.items()]
        new = [clip for place, clip in zip(own, self._looked.values(), strict=True) if place not in answer.shown]
        used = answer.evidence
        evidence = replace(
            used,
            clips=used.clips + len(new),
            frames=used.frames + sum(frames_in_clip(clip) for clip in new),
            tokens=max(used.tokens, self._tokens),
            passes=used.passes + self._passes,
            steps=len(self._steps),
        )
        shown = list(dict.fromkeys([*answer.shown, *own]))
        return replace(answer, evidence=evidence, shown=shown, warnings=[*answer.warnings, *self._warnings])

    def _next_step(self, shown: tuple[int, ShownClip] | None) -> Step:
        model = self._context.model
        prompt = step_prompt(self._question, self._moments, self._steps, shown)
        if shown is not None and model.count_tokens(prompt) > self._limit:
            prompt = step_prompt(self._question, self._moments, self._steps, None)
        tokens = model.count_tokens(prompt)
        if tokens > self._limit:
            return Step("answer")  # what is known fills the context
        try:
            (reply,) = model.generate(
                [prompt],
                max_tokens=reply_tokens(model),
                schema=STEP_SCHEMA,
                is_cancelled=self._callbacks.is_cancelled,
            )
        except PromptTooLongError:
            return Step("answer")
        self._passes, self._tokens = self._passes + 1, max(self._tokens, tokens)
        return parse_step(reply.text, moments=len(self._moments))

    def _search(self, query: str) -> None:
        found = self._context.engine.retrieve_evidence(
            query, video=self._asked.video_id, scope=self._asked.scope, limit=FOUND_A_SEARCH
        )
        self.closest = self.closest or found.moments or found.closest
        with_text = answer_needs_text(self._question, found.moments)
        for one in self._context.candidates(found.moments, found.curves, with_text=with_text):
            known = any(old.video_id == one.video_id and old.span.iou(one.span) > 0.5 for old in self._moments)
            if not known and len(self._moments) < MOST_MOMENTS:
                self._moments.append(one)

    def _look(self, place: int) -> tuple[int, ShownClip] | None:
        """The clip of a moment, read with as many frames as fit a prompt of it alone."""
        model = self._context.model
        if place not in self._looked:
            budget = PromptBudget(self._limit // 2, 1)
            planned = plan_clips(self._question, [self._moments[place]], model, budget)
            read = read_clips(
                planned,
                settings=self._context.settings,
                spares=self._context.spares,
                frames_a_step=model.vision.frames_a_step,
            )
            self._warnings += [one for one in read.warnings if one not in self._warnings]
            if not read.clips:
                return None
            self._looked[place] = read.clips[0][1]
        clip = self._looked[place]
        if self._callbacks.on_evidence is not None:
            self._callbacks.on_evidence([(self._moments[place].video_id, clip.span)])
        return place, clip
