"""MultiPass: one question over more clips than a prompt holds. One pass for each batch, then one over the winners."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from indexer.config import Settings
from indexer.decode.child_pool import DecodeChildPool
from indexer.errors import PromptTooLongError
from indexer.models.vision_language import OnText, Reply, VisionLanguageModel
from indexer.records import TimeSpan
from search.answering.answer import CitedMoment
from search.answering.callbacks import NO_CALLBACKS, AnswerCallbacks, ShownSpan
from search.answering.clip_planning import ClipCandidate, PlannedClip
from search.answering.clip_reader import read_clips, show_pairs
from search.answering.draft import generate_draft
from search.answering.effort import Effort, reply_tokens
from search.answering.prompts import ShownClip, ask_prompt
from search.answering.reply import (
    FOUND_SCHEMA,
    NOTHING,
    REPLY_SCHEMA,
    SHORT_SCHEMA,
    AnswerStream,
    ParsedReply,
    parse_reply,
)
from search.answering.token_budget import PromptBudget, plan_clips


@dataclass
class PassOutcome:
    """The reply of the last pass, and what all passes showed."""

    reply: ParsedReply = NOTHING
    clips: list[tuple[ClipCandidate, TimeSpan]] = field(default_factory=list[tuple[ClipCandidate, TimeSpan]])
    """The clips of the reply's prompt, which its citations number."""
    shown: list[ShownSpan] = field(default_factory=list[ShownSpan])
    """(video id, span) of every clip of every pass."""
    frames: int = 0
    tokens: int = 0
    """Of the largest prompt."""
    passes: int = 0
    warnings: list[str] = field(default_factory=list[str])

    @property
    def cited(self) -> list[CitedMoment]:
        """The reply's citations on their videos, in the reply's order."""
        of = [(self.clips[citation.clip][0], citation) for citation in self.reply.citations]
        return [CitedMoment(clip.video, clip.video_id, citation.span, citation.why) for clip, citation in of]


@dataclass(frozen=True, slots=True)
class _PromptClip:
    candidate: ClipCandidate
    shown: ShownClip


class MultiPass:
    """Prompts one model with one question; call `run` or `run_once`, once."""

    def __init__(
        self,
        question: str,
        model: VisionLanguageModel,
        settings: Settings,
        *,
        effort: Effort,
        show: Callable[[ShownClip], ShownClip] = show_pairs,
        callbacks: AnswerCallbacks = NO_CALLBACKS,
        is_sure: bool = False,
        spares: DecodeChildPool | None = None,
    ) -> None:
        """
        Args:
            show: how a clip that was read is shown; see `search.answering.clip_reader`.
            is_sure: retrieval is sure that the answer is in the clips (`search.scoring.visual_presence`), so a model
                that does not see it is prompted again.
            spares: decoder processes that wait for the next clips.
        """
        self._is_sure = is_sure
        self._question, self._model, self._settings = question, model, settings
        self._effort, self._show = effort, show
        self._callbacks, self._spares = callbacks, spares
        self.reply_tokens = reply_tokens(model)
        self.limit = min(effort.tokens, model.context_limit) - self.reply_tokens
        """Tokens of a prompt."""
        self._outcome = PassOutcome()
        self._denials: set[str] = set()
        """Answers of the replies that found nothing."""

    def run(self, candidates: Sequence[ClipCandidate]) -> PassOutcome:
        """The outcome of as many passes as the candidates, best first, need.

        Raises:
            PromptTooLongError: the question leaves no room for a single picture.
            GenerationCancelledError, DeviceMemoryError, ModelBusyError: see the model.
        """
        batches = self._batches(candidates[: self._effort.clips])
        first = self._read_beside_draft(next(batches))  # the other batches are planned after the draft has begun
        others = list(batches)
        if not others:
            return self._final_pass(first)
        winners: list[tuple[list[_PromptClip], ParsedReply]] = []
        clips_of_first: list[_PromptClip] = []
        for batch in (None, *others):
            clips = first if batch is None else self._read(batch)
            clips_of_first = clips_of_first or clips
            reply = self._prompt(clips, None)
            if reply.found:
                winners.append((clips, reply))
        if not winners:
            return self._retry_if_sure(clips_of_first, NOTHING) if self._is_sure else self._outcome
        if len(winners) == 1:
            return self._settle(*winners[0])
        chosen = [clips[place] for clips, reply in winners for place in dict.fromkeys(c.clip for c in reply.citations)]
        return self._final_pass(chosen[: self._effort.clips_a_pass])

    def run_once(self, planned: Sequence[PlannedClip]) -> PassOutcome:
        """The outcome of one pass over clips that are planned already."""
        return self._final_pass(self._read(planned))

    def _batches(self, candidates: Sequence[ClipCandidate]) -> Iterator[list[PlannedClip]]:
        left = list(candidates)
        while left:
            budget = PromptBudget(self.limit, self._effort.clips_a_pass)
            planned = plan_clips(self._question, left, self._model, budget)
            if not planned:
                raise PromptTooLongError(
                    f"the question leaves no room for a picture in a context of {self._model.context_limit:,} tokens;"
                    " ask a shorter one"
                )
            yield planned
            left = left[len(planned) :]

    def _read(self, planned: Sequence[PlannedClip]) -> list[_PromptClip]:
        each = self._model.vision.frames_a_step
        read = read_clips(planned, settings=self._settings, spares=self._spares, frames_a_step=each)
        self._outcome.warnings += [warning for warning in read.warnings if warning not in self._outcome.warnings]
        return [_PromptClip(plan.candidate, self._show(clip)) for plan, clip in read.clips]

    def _read_beside_draft(self, planned: Sequence[PlannedClip]) -> list[_PromptClip]:
        """Reads the first clips, in other processes, while the model drafts an answer from their captions and texts.

        Reading starts with the draft's first word: both would share the processors, and that word is waited for.
        """
        with ThreadPoolExecutor(1) as pool:
            reading = cache(lambda: pool.submit(self._read, planned))  # the first caller starts it
            callbacks = self._callbacks.with_draft_callback(reading)
            generate_draft(self._question, planned, self._model, max_tokens=self.reply_tokens, callbacks=callbacks)
            return reading().result()

    def _final_pass(self, clips: list[_PromptClip]) -> PassOutcome:
        reply = self._prompt(clips, self._callbacks.on_text) if clips else NOTHING
        return self._settle(clips, reply) if reply.found else self._retry_if_sure(clips, reply)

    def _retry_if_sure(self, clips: list[_PromptClip], reply: ParsedReply) -> PassOutcome:
        """The model found nothing: where retrieval is sure, one more pass in which it can only name a place."""
        if clips and self._is_sure:
            reply = self._prompt(clips, None, schemas=(FOUND_SCHEMA,))
            if reply.answer in self._denials:  # it repeats its denial beside the place that it had to name
                reply = replace(reply, answer="")
        return self._settle(clips, reply)

    def _settle(self, clips: list[_PromptClip], reply: ParsedReply) -> PassOutcome:
        self._outcome.reply = reply
        self._outcome.clips = [(clip.candidate, clip.shown.span) for clip in clips]
        return self._outcome

    def _prompt(
        self,
        clips: list[_PromptClip],
        on_text: OnText | None,
        *,
        schemas: Sequence[dict[str, Any]] = (REPLY_SCHEMA, SHORT_SCHEMA),
    ) -> ParsedReply:
        """One prompt. A reply that was cut off is generated once more, shorter. Clips that do not fit are dropped."""
        self._fit(clips)
        if not clips:
            return NOTHING
        for schema in schemas:
            reply = self._generate(clips, schema, on_text if schema is REPLY_SCHEMA else None)
            shown = [clip.shown for clip in clips]
            if (parsed := parse_reply(reply.text, [clip.told_span for clip in shown])) is not None:
                if parsed.is_denial:
                    self._denials.add(parsed.answer)
                return parsed.shifted([clip.zero_seconds for clip in shown])
        return NOTHING

    def _generate(self, clips: list[_PromptClip], schema: dict[str, Any], on_text: OnText | None) -> Reply:
        """The reply to a prompt of the clips; of fewer where the model refuses it, whose count may be an estimate."""
        while True:
            prompt = ask_prompt(self._question, [clip.shown for clip in clips])
            tokens = self._model.count_tokens(prompt)
            if self._callbacks.on_evidence is not None:
                self._callbacks.on_evidence([(clip.candidate.video_id, clip.shown.span) for clip in clips])
            try:
                (reply,) = self._model.generate(
                    [prompt],
                    max_tokens=self.reply_tokens,
                    schema=schema,
                    on_text=None if on_text is None else AnswerStream(on_text),
                    is_cancelled=self._callbacks.is_cancelled,
                )
            except PromptTooLongError:
                if not _halve(clips):
                    raise
                continue
            self._record(clips, tokens)
            return reply

    def _record(self, clips: list[_PromptClip], tokens: int) -> None:
        """Notes what a pass showed."""
        outcome = self._outcome
        outcome.passes, outcome.tokens = outcome.passes + 1, max(outcome.tokens, tokens)
        known = set(outcome.shown)
        for clip in clips:
            if (place := (clip.candidate.video_id, clip.shown.span)) not in known:
                outcome.shown.append(place)
                outcome.frames += frames_in_clip(clip.shown)

    def _fit(self, clips: list[_PromptClip]) -> None:
        """Drops frame pairs, then clips, until the prompt fits: the times of decoded frames may have more digits than
        those of the plan."""
        while clips:
            prompt = ask_prompt(self._question, [clip.shown for clip in clips])
            if self._model.count_tokens(prompt) <= self.limit:
                return
            place = max(range(len(clips)), key=lambda place: (len(clips[place].shown.runs), place))
            shown = clips[place].shown
            if len(shown.runs) > 1:
                clips[place] = replace(clips[place], shown=replace(shown, runs=shown.runs[:-1]))
            else:
                clips.pop()


def _halve(clips: list[_PromptClip]) -> bool:
    """Leaves out every second pair, or the last half of the clips where each has but one; False where one is left."""
    if any(len(clip.shown.runs) > 1 for clip in clips):
        clips[:] = [replace(clip, shown=replace(clip.shown, runs=clip.shown.runs[::2])) for clip in clips]
        return True
    if len(clips) < 2:
        return False
    del clips[(len(clips) + 1) // 2 :]
    return True


def frames_in_clip(clip: ShownClip) -> int:
    """Pictures in a clip."""
    return sum(len(run.pixels) for run in clip.runs)
