"""Asker: a question -> an answer from a few clips of the library. Owns the search engine and the model.

The steps are in their own files: `question_analysis` reads the question, `token_budget` and `clip_planning` choose
what is shown, `multi_pass` prompts the model, `reply` checks its citations. `counting` and `summarizing` answer
questions about the whole span, `pinpoint` refines bounds.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from indexer.closeable import Closeable
from indexer.config import Settings
from indexer.decode.child_pool import DecodeChildPool
from indexer.errors import ModelMissingError, QueryError
from indexer.library_place import LibraryPlace
from indexer.models.profiles import profile_of
from indexer.models.vision_language import IsCancelled, OnText, VisionLanguageModel
from indexer.models.vision_language_loading import load_vision_language_model
from indexer.provenance import settings_like_provenance
from indexer.records import TimeSpan
from search.answering.answer import Answer, CitedMoment
from search.answering.asked_part import AskedPart
from search.answering.callbacks import AnswerCallbacks, OnEvidence
from search.answering.clip_reader import clip_as_video_input, show_pairs
from search.answering.context import AskContext
from search.answering.counting import answer_count
from search.answering.effort import EFFORTS, fit_answering_effort
from search.answering.moment_texts import answer_needs_text
from search.answering.multi_pass import MultiPass, PassOutcome
from search.answering.pinpoint import Pinpointed, pinpoint
from search.answering.question_analysis import question_presupposes, retrieval_query_of_question, scope_of_question
from search.answering.summarizing import answer_summary
from search.answering.uniform_sampling import plan_uniform_sampling, uniform_candidates
from search.engine import SearchEngine
from search.options import EffortName, Mode
from search.query.validation import check_query
from search.results import Moment, SimilarityCurve
from search.scoring.visual_presence import VISUAL_SIGNALS, VisualPresence

NOT_FOUND = "This was not found in the library."
SHOWN_HERE = "This is where it is shown."
CLOSEST = "closest match"
MOST_CLOSEST = 3


@dataclass(frozen=True, slots=True)
class RetrievedMoments:
    """The moments that retrieval gives a question."""

    moments: list[Moment]
    curves: list[SimilarityCurve]
    """Of each moment."""
    is_sure: bool
    """Retrieval is sure that they show it; see `search.scoring.visual_presence`."""
    closest: list[Moment]
    """The nearest, offered where there are no moments."""


NOTHING_RETRIEVED = RetrievedMoments([], [], is_sure=False, closest=[])
LoadModel = Callable[[Settings], VisionLanguageModel]
"""The settings, which name a model -> loaded."""


class Asker(Closeable):
    """Answers questions about one library. Safe from several threads; models are loaded by the first question."""

    def __init__(self, engine: SearchEngine, settings: Settings, load: LoadModel = load_vision_language_model) -> None:
        self.engine = engine
        self.settings = settings_like_provenance(settings, engine.library.maker)
        self._load = load
        self._model: VisionLanguageModel | None = None
        self._loading = threading.Lock()
        self.spares = DecodeChildPool()
        """Decoder processes that wait for the next question."""

    @classmethod
    def open(cls, library: LibraryPlace, *, settings: Settings, load: LoadModel = load_vision_language_model) -> Self:
        """Opens a library for questions.

        Raises:
            LibraryMissingError, LibraryBrokenError: see `SearchEngine.open`.
        """
        return cls(SearchEngine.open(library, settings=settings), settings, load)

    @property
    def model(self) -> VisionLanguageModel:
        """The model, loaded on first use.

        Raises:
            ModelMissingError: the profile has none, or its weights are absent.
            ModelBrokenError: they cannot be loaded.
            SettingsError: it is on a server that lacks consent.
        """
        with self._loading:
            if self._model is None:
                profile = profile_of(self.settings)
                if not profile.vision_language_model:
                    raise ModelMissingError(
                        f"the profile {profile.name!r} has no vision-language model, so it cannot answer questions;"
                        " download one with `reelseek models fetch small`, then run `reelseek index` again, or choose"
                        " one with --vision-language-model MODEL"
                    )
                self._model = self._load(self.settings)
            return self._model

    @property
    def context(self) -> AskContext:
        """The engine and the model, loaded; raises as `model`."""
        return AskContext(self.engine, self.settings, self.model, self.spares)

    def ask(
        self,
        question: str,
        *,
        video: str | None = None,
        scope: str | None = None,
        mode: Mode = "frames",
        effort: EffortName = "normal",
        retrieval: bool = True,
        kept: Sequence[CitedMoment] = (),
        on_text: OnText | None = None,
        on_draft: OnText | None = None,
        on_evidence: OnEvidence | None = None,
        is_cancelled: IsCancelled | None = None,
    ) -> Answer:
        """The answer to a question, with the moments that it rests on.

        Args:
            video: of this video alone: its id, the first digits of it, its path or its file name.
            scope: in this scope alone; see `search.query.scope`. Each clip that is shown lies in it.
            mode: `frames`: pairs of frames with their times; `video`: each clip as one video.
            effort: how many clips the model is shown.
            retrieval: False: no search; frames spread evenly over the whole video or library.
            kept: clips that are shown beside the best that is retrieved, as far as they lie in the part asked of.
            on_text: gets the answer's words as they are generated; they may still turn out to be unfounded.
            on_draft: gets the words of a first answer from captions and quoted text, before any picture is shown.
            on_evidence: gets (video id, span) of each clip of a prompt, before the model reads it.
            is_cancelled: once it returns True, nothing more is generated.

        Raises:
            QueryError: the question is empty, overlong, or not text.
            NotInLibraryError: no video, or several, go by that name, or no video is in scope.
            PromptTooLongError: the question does not fit the model's context beside a single picture.
            ModelError, GenerationCancelledError: see the model.
        """
        text = check_query(question)
        context = self.context
        asked = AskedPart.of(self.engine.library, video, scope)
        started = time.perf_counter()
        kind = scope_of_question(text)
        callbacks = AnswerCallbacks(on_text, on_draft, on_evidence, is_cancelled)
        if retrieval and kind == "count":
            return answer_count(context, text, asked, effort=effort, started=started, callbacks=callbacks)
        if retrieval and kind == "summary":
            return answer_summary(context, text, asked, started=started, callbacks=callbacks)
        found = self._retrieve(text, asked, effort) if retrieval else NOTHING_RETRIEVED
        fits = fit_answering_effort(EFFORTS[effort], context.model.context_limit, one_thing=question_presupposes(text))
        multi_pass = MultiPass(
            text,
            context.model,
            self.settings,
            effort=fits,
            show=clip_as_video_input if mode == "video" else show_pairs,
            callbacks=callbacks,
            is_sure=found.is_sure,
            spares=self.spares,
        )
        if not retrieval:
            spread = plan_uniform_sampling(
                text, uniform_candidates(self.engine.library, asked), context.model, multi_pass.limit
            )
            return answer_of_outcome(context, text, multi_pass.run_once(spread), [], started)
        first = context.kept(kept, asked)
        if not found.moments and not first:
            return answer_of_outcome(context, text, PassOutcome(), found.closest, started)
        with_text = answer_needs_text(text, found.moments)
        retrieved = context.candidates(found.moments, found.curves, with_text=with_text)
        outcome = multi_pass.run(context.with_kept(retrieved, first, with_text=with_text))
        return answer_of_outcome(context, text, outcome, found.moments, started)

    def pinpoint(
        self, query: str, *, video: str, span: TimeSpan, is_cancelled: IsCancelled | None = None
    ) -> Pinpointed:
        """The bounds of a moment of one video, refined; see `search.answering.pinpoint`.

        Raises:
            QueryError: the query is empty, overlong, or not text; the video has no pictures, or ends before the span.
            NotInLibraryError: no video, or several, go by that name.
            PromptTooLongError: the query leaves no room for pictures.
            ModelError, VideoError, GenerationCancelledError.
        """
        text = check_query(query)
        found = self.engine.library.find_video(video)
        if found.kind == "sound":
            raise QueryError(
                f"{found.path} has no pictures to look at; use `reelseek search` to find what is said in it"
            )
        return pinpoint(self.context, text, found, span, is_cancelled=is_cancelled)

    def _retrieve(self, question: str, asked: AskedPart, effort: EffortName) -> RetrievedMoments:
        """The moments that may answer.

        Where presence in the pictures is judged, and the question does not take the thing for granted, a moment that
        matches by sight alone is dropped if the thing is absent, and one that matches by text is dropped if it is less
        relevant than a search demands.
        """
        query = retrieval_query_of_question(question)
        limit = max(MOST_CLOSEST, EFFORTS[effort].clips)
        found = self.engine.retrieve_evidence(query, video=asked.video_id, scope=asked.scope, limit=limit)
        is_given = question_presupposes(question)
        both = list(zip(found.moments, found.curves, strict=True))
        if found.sight is not None and not is_given:
            least = self.settings.relevance_threshold
            both = [
                (moment, curve)
                for moment, curve in both
                if (
                    found.sight is not VisualPresence.ABSENT
                    if set(moment.signals) <= VISUAL_SIGNALS
                    else moment.relevance >= least
                )
            ]
        moments = [moment for moment, _ in both]
        by_text = bool(moments) and not set(moments[0].signals) <= VISUAL_SIGNALS
        is_sure = (
            bool(moments)
            and found.sight is not None
            and (found.sight is VisualPresence.SURE or by_text)
            and not is_given
        )
        return RetrievedMoments(moments, [curve for _, curve in both], is_sure, found.closest)

    def close(self) -> None:
        """Closes the library; safe to repeat."""
        self.spares.close()
        self.engine.close()


def answer_of_outcome(
    context: AskContext, question: str, outcome: PassOutcome, found: Sequence[Moment], started: float
) -> Answer:
    """The answer that passes gave.

    Args:
        found: the nearest moments are cited where nothing was found.
        started: `time.perf_counter` when the question came.
    """
    reply = outcome.reply
    if reply.found:
        moments = outcome.cited
    else:
        moments = [CitedMoment(one.video, one.video_id, one.span, CLOSEST) for one in found[:MOST_CLOSEST]]
    return Answer(
        question=question,
        found=reply.found,
        answer=reply.answer or (SHOWN_HERE if reply.found else NOT_FOUND),
        moments=moments,
        evidence=context.evidence_used(outcome),
        model=context.model.name,
        seconds=time.perf_counter() - started,
        shown=outcome.shown,
        warnings=outcome.warnings,
    )
