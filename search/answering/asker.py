"""Asker: a question -> an answer from a few clips of the library. Owns the search engine and the model.

The steps are in their own files: `question` reads the words, `budget` and `evidence` choose what is
shown, `passes` asks, `reply` checks. `counting` and `summary`
answer questions about the whole span, `pinpoint` refines bounds.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from indexer.closeable import Closing
from indexer.config import Settings
from indexer.decode.child_pool import DecodeSpares
from indexer.errors import ModelMissingError
from indexer.models.profiles import profile_of
from indexer.models.vision_language import IsCancelled, OnText, VisionLanguageModel
from indexer.provenance import settings_like
from indexer.records import Video
from search.answering.answer import Answer, CitedMoment, EvidenceUsed
from search.answering.callbacks import Listening, OnEvidence
from search.answering.clip_planning import Candidate
from search.answering.counting import answer_count
from search.answering.effort import EFFORTS, EffortName, fitting
from search.answering.multi_pass import Looked, Mode, Passes
from search.answering.question_analysis import presupposes, retrieval_query, scope_of
from search.answering.quoted_texts import captions_in, texts_in, wants_text
from search.answering.summarizing import answer_summary
from search.answering.uniform_sampling import whole_candidates, whole_plan
from search.engine import SearchEngine
from search.query.validation import check_query
from search.results import Moment
from search.scoring.visual_presence import SEEN, Sight
from search.session import Curve

NOT_FOUND = "This was not found in the library."
SHOWN_HERE = "This is where it is shown."
CLOSEST = "came closest"
MOST_CLOSEST = 3


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What the search brought up for a question."""

    moments: list[Moment]
    curves: list[Curve]
    """Of each moment."""
    is_sure: bool
    """It is there, as far as retrieval can tell; see `search.scoring.visual_presence`."""
    closest: list[Moment]
    """What comes nearest, to be offered where there are no moments."""


NOTHING_RETRIEVED = Retrieved([], [], is_sure=False, closest=[])
LoadModel = Callable[[str, str], VisionLanguageModel]
"""(model, device) -> loaded."""


def _load(spec: str, device: str) -> VisionLanguageModel:
    from indexer.models.qwen.model import load_vision_language_model

    return load_vision_language_model(spec, device=device)


class Asker(Closing):
    """Answers questions about one library. Safe from several threads; models are loaded by the first question."""

    def __init__(self, engine: SearchEngine, settings: Settings, load: LoadModel = _load) -> None:
        self.engine = engine
        self.settings = settings_like(settings, engine.library.maker)
        self._load = load
        self._model: VisionLanguageModel | None = None
        self._loading = threading.Lock()
        self.spares = DecodeSpares()
        """Decoder children that wait for the next question."""

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
        on_draft: OnText | None = None,
        on_evidence: OnEvidence | None = None,
        is_cancelled: IsCancelled | None = None,
    ) -> Answer:
        """The answer to a question, with the moments that it rests on.

        Args:
            video: of this video alone: its id, the first digits of it, its path or its file name.
            mode: `frames`: pairs of frames with their times; `video`: each clip as one video.
            effort: how many clips are looked at.
            retrieval: False: no search; frames spread evenly over the whole video or library.
            on_text: told the answer's words as they are generated; they may still turn out to be unfounded.
            on_draft: told the words of a first answer from captions and quoted text, before any picture is looked at.
            on_evidence: told (video id, span) of each clip of a prompt, before the model reads it.
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
        scope = scope_of(text)
        if retrieval and scope == "count":
            told = Listening(on_evidence=on_evidence, is_cancelled=is_cancelled)
            return answer_count(self, text, chosen, effort=effort, started=started, listening=told)
        if retrieval and scope == "summary":
            told = Listening(on_text, on_evidence=on_evidence, is_cancelled=is_cancelled)
            return answer_summary(self, text, chosen, started=started, listening=told)
        listening = Listening(on_text, on_draft, on_evidence, is_cancelled)
        found = self._retrieve(text, chosen, effort) if retrieval else NOTHING_RETRIEVED
        fits = fitting(EFFORTS[effort], model.context_limit, one_thing=presupposes(text))
        passes = Passes(
            text,
            model,
            self.settings,
            effort=fits,
            mode=mode,
            listening=listening,
            is_sure=found.is_sure,
            spares=self.spares,
        )
        if not retrieval:
            spread = whole_plan(text, whole_candidates(self.engine.library, chosen), model, passes.limit)
            return self._answer(text, passes.look_at(spread), [], started)
        if not found.moments:
            return self._answer(text, Looked(), found.closest, started)
        with_text = wants_text(text, found.moments)
        looked = passes.look(self.candidates(found.moments, found.curves, with_text=with_text))
        return self._answer(text, looked, found.moments, started)

    def _retrieve(self, question: str, video: Video | None, effort: EffortName) -> "Retrieved":
        """What may answer.

        Where sight is judged, and the question does not take the thing for granted, what is only seen must not be
        absent, and what is read or heard must be relevant enough to be found by a search.
        """
        query, name = retrieval_query(question), video and video.video_id
        limit = max(MOST_CLOSEST, EFFORTS[effort].clips)
        found = self.engine.gather(query, video=name, limit=limit)
        is_given = presupposes(question)
        both = list(zip(found.moments, found.curves, strict=True))
        if found.sight is not None and not is_given:
            least = self.settings.relevance_threshold
            both = [
                (moment, curve)
                for moment, curve in both
                if (found.sight is not Sight.ABSENT if set(moment.signals) <= SEEN else moment.relevance >= least)
            ]
        moments = [moment for moment, _ in both]
        by_text = bool(moments) and not set(moments[0].signals) <= SEEN
        is_sure = bool(moments) and found.sight is not None and (found.sight is Sight.SURE or by_text) and not is_given
        return Retrieved(moments, [curve for _, curve in both], is_sure, found.closest)

    def candidates(self, moments: Sequence[Moment], curves: Sequence[Curve], *, with_text: bool) -> list[Candidate]:
        """Moments, with the curve of each, and what else choosing their frames needs."""
        library = self.engine.library.snapshot()
        videos = {one.video_id: one for one in library.videos()}
        texts = texts_in(library, moments) if with_text else [""] * len(moments)
        captions = captions_in(library, moments)
        return [
            Candidate.of(videos[moment.video_id], moment.span, curve=curve, text=text, caption=caption)
            for moment, curve, text, caption in zip(moments, curves, texts, captions, strict=True)
            if moment.video_id in videos
        ]

    def evidence(self, looked: Looked) -> EvidenceUsed:
        """What a run of passes showed."""
        return EvidenceUsed(len(looked.shown), looked.frames, looked.tokens, self.model.context_limit, looked.passes)

    def close(self) -> None:
        """Let go of the library; safe to repeat."""
        self.spares.close()
        self.engine.close()

    def _answer(self, question: str, looked: Looked, found: Sequence[Moment], started: float) -> Answer:
        reply = looked.reply
        if reply.found:
            moments = looked.cited
        else:
            moments = [CitedMoment(one.video, one.video_id, one.span, CLOSEST) for one in found[:MOST_CLOSEST]]
        return Answer(
            question=question,
            found=reply.found,
            answer=reply.answer or (SHOWN_HERE if reply.found else NOT_FOUND),
            moments=moments,
            evidence=self.evidence(looked),
            model=self.model.name,
            seconds=time.perf_counter() - started,
            shown=looked.shown,
            warnings=looked.warnings,
        )
