"""Conversation: questions about one library that follow one another. Keeps its scope and what was answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from indexer.errors import GenerationCancelledError, QueryError
from indexer.records import TimeSpan
from search.answering.answer import Answer, CitedMoment
from search.answering.asker import Asker
from search.answering.callbacks import NO_CALLBACKS, AnswerCallbacks
from search.conversation.exchange import AskedOf, Exchange, ResolvedBy
from search.conversation.follow_up import as_question, opened, other_thing, stand_alone
from search.conversation.narrowing import ORDINALS, Narrowing, names_a_recording, read_narrowing
from search.conversation.rewriting import rewrite_question
from search.conversation.unresolved import unresolved_reference
from search.looking.looker import OnStep, look_and_answer
from search.options import EffortName, Mode
from search.query.scope import parse_scope
from search.query.validation import check_query

MOST_EXCHANGES = 20
"""Remembered; the oldest is forgotten first."""
SHORT_WORDS = 8
"""A longer question in which the rules find no reference stands alone."""
OPEN_SECONDS = 60.0
"""Of a video that "what happens after that?" asks of."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it is to be answered."""

    question: str
    """Stands alone."""
    within: str
    """What the words narrow it to, for people; empty for nothing."""
    resolved_by: ResolvedBy
    part: AskedOf
    kept: tuple[CitedMoment, ...]
    """Clips of the last answer that are shown again, since the question is about the same thing."""
    is_open: bool = False
    """There is nothing to search for: the whole part is shown."""

    @property
    def shown(self) -> str:
        """For people: the question, and what it is narrowed to."""
        return f"{self.question} ({self.within})" if self.within else self.question


OnUnderstood = Callable[[Understood], None]
"""Called before anything is searched or generated."""


class Conversation:
    """Answers questions that may refer to earlier ones. For one person at a time: not safe from several threads."""

    def __init__(
        self,
        asker: Asker,
        *,
        video: str | None = None,
        scope: str | None = None,
        mode: Mode = "frames",
        effort: EffortName = "normal",
        retrieval: bool = True,
        look_again: bool = False,
    ) -> None:
        """
        Args:
            video, scope, mode, effort, retrieval: of every question; see `Asker.ask`.
            look_again: answer by `search.looking`.
        """
        self._asker = asker
        self._whole = AskedOf(video, scope)
        self._mode: Mode = mode
        self._effort: EffortName = effort
        self._retrieval, self._look_again = retrieval, look_again
        self._part = self._whole
        """Where a question without words about the part is asked: "only in the second video" holds until another."""
        self.exchanges: list[Exchange] = []
        """The last ones, in order."""

    def ask(
        self,
        words: str,
        *,
        on_understood: OnUnderstood | None = None,
        on_step: OnStep | None = None,
        callbacks: AnswerCallbacks = NO_CALLBACKS,
    ) -> Exchange:
        """The answer to what the person asks. A question that fails or is cancelled leaves the conversation as it was.

        Raises:
            QueryError: the question is empty, overlong, or refers to a video or a moment that there is not, or to
                something that nothing said before settles.
            NotInLibraryError, PromptTooLongError, ModelError, GenerationCancelledError: see `Asker.ask`.
        """
        understood = self.understand(words, callbacks=callbacks)
        if on_understood is not None:
            on_understood(understood)
        answer = self._answer(understood, on_step, callbacks)
        if callbacks.is_cancelled is not None and callbacks.is_cancelled():
            raise GenerationCancelledError("the answer was stopped")
        exchange = Exchange(
            check_query(words), understood.question, understood.within, understood.resolved_by, understood.part, answer
        )
        self._remember(exchange, read_narrowing(exchange.asked, is_video=self._is_video))
        return exchange

    def _answer(self, understood: Understood, on_step: OnStep | None, callbacks: AnswerCallbacks) -> Answer:
        if self._look_again and not understood.is_open:
            return look_and_answer(
                self._asker,
                understood.question,
                video=understood.part.video,
                scope=understood.part.scope,
                effort=self._effort,
                on_step=on_step,
                callbacks=callbacks,
            )
        return self._asker.ask(
            understood.question,
            video=understood.part.video,
            scope=understood.part.scope,
            mode=self._mode,
            effort=self._effort,
            retrieval=self._retrieval and not understood.is_open,
            kept=understood.kept,
            on_text=callbacks.on_text,
            on_draft=callbacks.on_draft,
            on_evidence=callbacks.on_evidence,
            is_cancelled=callbacks.is_cancelled,
        )

    def understand(self, words: str, *, callbacks: AnswerCallbacks = NO_CALLBACKS) -> Understood:
        """The question so that it stands alone, and the part of the library that it asks of; raises as `ask`."""
        asked = check_query(words)
        if not self.exchanges:
            return Understood(asked, "", "nothing", self._part, ())
        last = self.exchanges[-1]
        narrowing = read_narrowing(asked, is_video=self._is_video)
        part, within = self._narrowed(narrowing, last)
        if narrowing.is_open:
            return Understood(as_question(narrowing.words), within, "rules", part, (), is_open=True)
        found = last.answer.answer if last.answer.found else ""
        by_rules = stand_alone(narrowing.words, last.question, last_answer=found)
        by_model = None
        if self._may_refer(narrowing.words, by_rules, last):
            by_model = rewrite_question(
                narrowing.words, self.exchanges, self._asker.model, is_cancelled=callbacks.is_cancelled
            )
        if by_model in (None, asked) and (unnamed := unresolved_reference(opened(narrowing.words))):
            raise QueryError(
                f"nothing says what {unnamed!r} means here; name the thing, the moment or the video itself"
            )
        if by_rules is None and by_model in (None, asked):
            return Understood(as_question(narrowing.words) if narrowing else asked, within, "nothing", part, ())
        question = by_model or by_rules or asked
        is_new = bool(narrowing) or question == last.question or other_thing(narrowing.words) != ""
        kept = clips_cited(last.answer) if last.answer.found and not is_new else []
        return Understood(question, within, "rules" if by_model is None else "model", part, tuple(kept))

    def _is_video(self, name: str) -> bool:
        """Whether a file that a question names is a video: the library holds one of this name, or it could."""
        held = (path for video in self._asker.engine.videos() for path in video.paths)
        return names_a_recording(name) or any(PurePath(path).name == name for path in held)

    def _may_refer(self, words: str, by_rules: str | None, last: Exchange) -> bool:
        """Whether a model is to read the question: it refers to something, or is short, in whatever language."""
        if by_rules is None:
            return len(words.split()) <= SHORT_WORDS
        return bool(words) and by_rules != last.question

    def _remember(self, exchange: Exchange, narrowing: Narrowing) -> None:
        if narrowing.is_wide:
            self._part = self._whole
        elif narrowing.video and self.exchanges:
            self._part = replace(exchange.part, scope=self._whole.scope)  # "after that" holds for one question
        self.exchanges = [*self.exchanges, exchange][-MOST_EXCHANGES:]

    def _narrowed(self, narrowing: Narrowing, last: Exchange) -> tuple[AskedOf, str]:
        """The part, and how it is told."""
        part, told = (self._whole if narrowing.is_wide else self._part), list[str]()
        if narrowing.video:
            video_id, name = self._video(narrowing.video, last)
            part = replace(part, video=video_id)
            told.append(f"in {name}")
        if narrowing.side:
            moment = _moment(last, part.video if narrowing.video else None, narrowing.side)
            bound = moment.span.start_seconds if narrowing.side == "before" else moment.span.stop_seconds
            part = AskedOf(moment.video_id, _timed(part.scope, narrowing, bound))
            name = PurePath(moment.video).name
            told = [f"{narrowing.side} {_clock(bound)} in {name}"]
        return part, ", ".join(told) or ("in all videos" if narrowing.is_wide else "")

    def _video(self, which: str, last: Exchange) -> tuple[str, str]:
        """The id and the name of a video that is meant: of those that the last answer names, otherwise of the part."""
        library = self._asker.engine.library
        only = None if self._whole.video is None else library.find_video(self._whole.video)
        if which not in (*ORDINALS, "last", "other", "same"):
            found = library.find_video(which)
            if only is not None and found.video_id != only.video_id:
                raise QueryError(
                    f"this conversation is about {PurePath(only.path).name} alone; start a new one for {which}"
                )
            return found.video_id, PurePath(found.path).name
        named = list(dict.fromkeys((one.video_id, one.video) for one in last.answer.moments))
        place = {"last": -1, "other": 1, "same": 0}.get(which, ORDINALS.index(which) if which in ORDINALS else 0)
        if which != "same" and (len(named) < 2 or place >= len(named)):
            limits = None if self._whole.scope is None else parse_scope(self._whole.scope)
            videos = [only] if only else sorted(library.videos(), key=lambda one: one.path)
            everyone = [(one.video_id, one.path) for one in videos if limits is None or limits.filters.matches(one)]
            named = [*named, *(one for one in everyone if one not in named)] if which == "other" else everyone
        if not named or place >= len(named):
            raise QueryError(f"there is no {which} video here, only {len(named)}; name it by its file")
        video_id, path = named[place]
        return video_id, PurePath(path).name


def clips_cited(answer: Answer) -> list[CitedMoment]:
    """The clips that were shown and that the answer cites; a cited moment itself where it lies in none."""
    kept: list[CitedMoment] = []
    for moment in answer.moments:
        spans = [span for video_id, span in answer.shown if video_id == moment.video_id and _holds(span, moment.span)]
        kept.append(replace(moment, span=min(spans, key=lambda span: span.duration_seconds)) if spans else moment)
    return list({(one.video_id, one.span): one for one in kept}.values())


def _holds(outer: TimeSpan, inner: TimeSpan) -> bool:
    return outer.start_seconds <= inner.start_seconds and inner.stop_seconds <= outer.stop_seconds


def _moment(last: Exchange, video: str | None, side: str) -> CitedMoment:
    """The moment that "before that" or "after that" means: the first cited video's first, or its last."""
    moments: Sequence[CitedMoment] = last.answer.moments if last.answer.found else ()
    moments = [one for one in moments if video in (None, one.video_id)]
    if not moments:
        raise QueryError(f"the last answer has no moment for this to come {side}; say which moment you mean")
    own = [one for one in moments if one.video_id == moments[0].video_id]
    return min(own, key=lambda one: one.span) if side == "before" else max(own, key=lambda one: one.span.stop_seconds)


def _timed(scope: str | None, narrowing: Narrowing, bound: float) -> str:
    """A scope that ends or begins at a time, within the times that it has."""
    wanted = None if scope is None else parse_scope(scope).filters.wanted
    lows, highs = ([wanted.time_from_seconds], [wanted.time_to_seconds]) if wanted else ([], [])
    if narrowing.side == "before":
        highs.append(bound)
        lows.append(max(0.0, bound - OPEN_SECONDS) if narrowing.is_open else None)
    else:
        lows.append(bound)
        highs.append(bound + OPEN_SECONDS if narrowing.is_open else None)
    low = max((one for one in lows if one is not None), default=None)
    high = min((one for one in highs if one is not None), default=None)
    ends = ("" if one is None else f"{one:.6f}s" for one in (low, high))
    return f"{scope or ''} at:{'..'.join(ends)}".strip()


def _clock(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
