"""Asker: a question -> an answer from a few clips of the library. Owns the search engine and the model.

The steps are in their own files: `question` reads the words, `budget` and `evidence` choose what is
shown, `passes` asks, `reply` checks. Questions about the whole span are `whole`'s, bounds are refined by `pinpoint`.
"""

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from indexer.config import Settings
from indexer.errors import ModelMissingError
from indexer.making import settings_like
from indexer.models.profiles import profile_of
from indexer.models.vision_language import IsCancelled, OnText, VisionLanguageModel
from indexer.records import TimeSpan, Video
from search.answer import Answer, CitedMoment, EvidenceUsed
from search.answer_stream import AnswerStream
from search.engine import SearchEngine
from search.evidence import Candidate
from search.passes import EFFORTS, EffortName, Looked, Mode, Passes, fitting
from search.query import check_query
from search.question import calls_for_text, presupposes, retrieval_query, scope_of
from search.results import Moment
from search.sight import SEEN
from search.texts import texts_in

NOT_FOUND = "This was not found in the library."
CLOSEST = "came closest"
MOST_CLOSEST = 3

LoadModel = Callable[[str, str], VisionLanguageModel]
"""(model, device) -> loaded."""


def _load(spec: str, device: str) -> VisionLanguageModel:
    from indexer.models.qwen import load_vision_language_model

    return load_vision_language_model(spec, device=device)


class Asker:
    """Answers questions about one library. Safe from several threads; models are loaded by the first question."""

    def __init__(self, engine: SearchEngine, settings: Settings, load: LoadModel = _load) -> None:
        self.engine = engine
        self.settings = settings_like(settings, engine.library.maker)
        self._load = load
        self._model: VisionLanguageModel | None = None
        self._loading = threading.Lock()

    @classmethod
    def open(cls, library: Path, *, settings: Settings, load: LoadModel = _load) -> Self:
        """Opens a library for questions.

        Raises:
            LibraryMissingError, LibraryBrokenError: see `SearchEngine.open`.
        """
        return cls(SearchEngine.open(library, settings=settings), settings, load)

    @property
    def model(self) -> VisionLanguageModel:
        """Loaded when first asked for.

        Raises:
            ModelMissingError: the profile has none, or its weights are absent.
            ModelBrokenError: they cannot be loaded.
        """
        with self._loading:
            if self._model is None:
                profile = profile_of(self.settings)
                if not profile.vision_language_model:
                    raise ModelMissingError(
                        f"the profile {profile.name!r} has no vision-language model, so it answers no questions;"
                        " name one with --vision-language-model"
                    )
                self._model = self._load(profile.vision_language_model, self.settings.device)
            return self._model

    def ask(
        self,
        question: str,
        *,
        video: str | None = None,
        mode: Mode = "frames",
        effort: EffortName = "normal",
        retrieval: bool = True,
        on_text: OnText | None = None,
        is_cancelled: IsCancelled | None = None,
    ) -> Answer:
        """The answer to a question, with the moments that it rests on.

        Args:
            video: of this video alone: its id, the first digits of it, its path or its file name.
            mode: `frames`: pairs of frames with their times; `video`: each clip as one video.
            effort: how many clips are looked at.
            retrieval: False: no search; frames spread evenly over the whole video or library.
            on_text: told the answer's words as they are generated; they may still turn out to be unfounded.
            is_cancelled: once it says True, nothing more is generated.

        Raises:
            QueryError: the question is empty, overlong, or not text.
            NotInLibraryError: no video, or several, go by that name.
            PromptTooLongError: the question does not fit the model's context beside a single picture.
            ModelError, GenerationCancelledError: see the model.
        """
        text = check_query(question)
        model = self.model
        chosen = None if video is None else self.engine.library.find_video(video)
        started = time.perf_counter()
        words = None if on_text is None else AnswerStream(on_text)
        passes = partial(
            Passes,
            text,
            model,
            self.settings,
            effort=fitting(EFFORTS[effort], model.context_limit),
            mode=mode,
            on_text=words,
            is_cancelled=is_cancelled,
        )
        if not retrieval:
            from search.whole import whole_candidates, whole_plan

            candidates = whole_candidates(self.engine.library, chosen)
            once = passes()
            looked = once.look_at(whole_plan(text, candidates, model, once.limit))
            return self._answer(text, looked, [], started)
        scope = scope_of(text)
        if scope != "moments":
            from search.whole import answer_whole

            return answer_whole(self, text, scope, chosen, started=started, on_text=on_text, is_cancelled=is_cancelled)
        query = retrieval_query(text)
        found = self.engine.search(query, video=video, limit=max(MOST_CLOSEST, EFFORTS[effort].clips)).moments
        seen = self.engine.is_seen(query, video=video) if found else None
        is_given = presupposes(text)
        if seen is False and not is_given:
            found = [moment for moment in found if not set(moment.signals) <= SEEN]
        if not found:
            return self._answer(text, Looked(), self.engine.nearest(query, video=video, limit=MOST_CLOSEST), started)
        by_text = seen is not None and not set(found[0].signals) <= SEEN
        is_sure = bool(seen) or by_text or (seen is not None and is_given)
        looked = passes(is_sure=is_sure).look(self.candidates(found, query, with_text=wants_text(text, found)))
        return self._answer(text, looked, found, started)

    def candidates(self, moments: Sequence[Moment], query: str, *, with_text: bool) -> list[Candidate]:
        """Moments with what choosing their frames needs."""
        curves = self.engine.curves(query, [(moment.video_id, moment.span) for moment in moments])
        videos = {one.video_id: one for one in self.engine.videos()}
        texts = texts_in(self.engine.library, moments) if with_text else [""] * len(moments)
        return [
            candidate_of(videos[moment.video_id], moment.span, curve=curve, text=text)
            for moment, curve, text in zip(moments, curves, texts, strict=True)
            if moment.video_id in videos
        ]

    def evidence(self, looked: Looked) -> EvidenceUsed:
        """What a run of passes showed."""
        return EvidenceUsed(len(looked.shown), looked.frames, looked.tokens, self.model.context_limit, looked.passes)

    def close(self) -> None:
        """Let go of the library; safe to repeat."""
        self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, question: str, looked: Looked, found: Sequence[Moment], started: float) -> Answer:
        reply = looked.reply
        if reply.found:
            moments = cited(looked)
        else:
            moments = [CitedMoment(one.video, one.video_id, one.span, CLOSEST) for one in found[:MOST_CLOSEST]]
        return Answer(
            question=question,
            found=reply.found,
            answer=reply.answer if reply.found else reply.answer or NOT_FOUND,
            moments=moments,
            evidence=self.evidence(looked),
            model=self.model.name,
            seconds=time.perf_counter() - started,
            shown=looked.shown,
            warnings=looked.warnings,
        )


def cited(looked: Looked) -> list[CitedMoment]:
    """The reply's citations on their videos, in the reply's order."""
    moments: list[CitedMoment] = []
    for citation in looked.reply.citations:
        candidate, _ = looked.clips[citation.clip]
        moments.append(CitedMoment(candidate.video, candidate.video_id, citation.span, citation.why))
    return moments


def candidate_of(
    video: Video, span: TimeSpan, *, curve: Sequence[tuple[float, float]] = (), text: str = ""
) -> Candidate:
    """A span of a video as evidence."""
    width, height = (video.probe.width, video.probe.height) if video.probe else (16, 9)
    return Candidate(video.path, video.video_id, span, tuple(curve), width, height, text)


def wants_text(question: str, moments: Sequence[Moment]) -> bool:
    """Whether to quote what is read and heard: the question calls for it, or only text led to the best moment."""
    best = moments[0].signals if moments else {}
    by_sight = {"picture", "caption", "caption_words"} & set(best)
    return calls_for_text(question) or (bool(best) and not by_sight)
