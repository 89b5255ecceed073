"""Is a thing that a query excludes there? Judged by the thing's own similarity, for pictures and texts.

How like the thing is a moment, beside how like it the library is in general? Nothing is excluded by a bare number: the
evidence of a signal is 0 at the library's background, 1 at what is most like the thing in it, and 0.5 where the thing
begins to be there (`presence`). For a thing that is in many places the two kinds of places set themselves apart, and
0.5 lies between them; for a rare one it lies `PART` of the way up. Picture and caption are judged together, as in
`sight`: each errs in its own way. A text that names the thing in words holds it, a caption also in words of its own
(`own_words`).

The thing is compared by itself, and in its context: the direction from the wanted to the wanted with the thing. A
model that never met `spotted` alone knows well what it adds to `a ring`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from indexer.catalog import STAGE_OF_SOURCE, Stage, TextSource
from indexer.store.hits import SegmentKey, TextHit
from indexer.store.library import Library
from search.exclusion.caption_synonyms import SameWords
from search.exclusion.presence import CONTEXT_PART, PART, Presence
from search.moments.localization import Draft
from search.query.english_operators import without_place
from search.query.field_signals import FIELD_SOURCES
from search.query.plan import Excluded
from search.retrieval.embedded_query import EmbeddedQuery, QueryVector
from search.scoring.background import PICTURE, TEXT
from search.signals import MISREAD_SOURCES
from search.text.phrase_matching import NONE, holds_phrase, holds_thing
from search.text.text_spans import belongs_to

LOOK_AT = 60
"""Nearest frames or texts, among which is what is most like the thing."""
MOST_OF = 0.75
"""Quantile of a moment's frames that is compared: seen in a quarter of it is there."""


class Unwanted:
    """Judges one excluded thing in one library."""

    def __init__(
        self,
        library: Library,
        excluded: Excluded,
        *,
        alone: EmbeddedQuery,
        in_context: EmbeddedQuery | None,
        same: SameWords,
        ready: Callable[[str, Stage], bool],
    ) -> None:
        """
        Args:
            alone: the thing's own words, embedded.
            in_context: the direction from the wanted to the wanted with the thing; see `direction`.
            same: the captions' own words for those of the thing.
            ready: (video id, stage) -> whether that stage of that video is complete.
        """
        self._library = library
        self._excluded = excluded
        self._alone = alone
        self._in_context = in_context
        self._same = same
        self._ready = ready

    def held_by(self, drafts: Sequence[Draft]) -> list[bool]:
        """For each draft whether the thing is there."""
        if not drafts:
            return []
        keys = self._library.segments_touching([(draft.video_id, draft.span) for draft in drafts])
        wanted = list(dict.fromkeys(key for own in keys for key in own))
        held = [False] * len(drafts)
        for source in FIELD_SOURCES[self._excluded.field]:
            texts = self._library.segment_texts(self._alone.text_vector, wanted, sources=[source])
            evidence = None if source == "caption" else self._text_evidence(self._alone, source, PART)
            for place, own in enumerate(self._inside(drafts, keys, texts, source)):
                held[place] |= any(self._names(hit.text, source=source) for hit in own)
                if evidence is not None and own:
                    held[place] |= max(evidence(hit.similarity) for hit in own) >= 0.5
        for question, part in ((self._alone, PART), (self._in_context, CONTEXT_PART)):
            if question is not None:
                shown = self._shown(question, part, drafts, keys, wanted)
                held = [one or other for one, other in zip(held, shown, strict=True)]
        return held

    def _inside(
        self,
        drafts: Sequence[Draft],
        keys: Sequence[Sequence[SegmentKey]],
        texts: Mapping[SegmentKey, Sequence[TextHit]],
        source: TextSource,
    ) -> list[list[TextHit]]:
        """The texts of a source that lie in each draft."""
        stage = STAGE_OF_SOURCE[source]
        return [
            [
                hit
                for key in own
                for hit in texts.get(key, ())
                if belongs_to(hit.span, draft.span) and self._ready(key[0], stage)
            ]
            for draft, own in zip(drafts, keys, strict=True)
        ]

    def _names(self, text: str, *, source: TextSource) -> bool:
        """Whether a text has the thing in words. Quotes ask for the very words where something is said or written."""
        excluded = self._excluded
        if excluded.exact and source != "caption":
            return holds_phrase(excluded.text, text, fuzzy=source in MISREAD_SOURCES)
        # "the baker sells bread without salt" does not hold the salt that the query `bread without salt` excludes.
        if excluded.written[:1] not in "-\u2212" and holds_phrase(excluded.written, text):
            return False
        return holds_thing(without_place(excluded.text), text, same=self._same if source == "caption" else NONE)

    def _shown(
        self,
        question: EmbeddedQuery,
        part: float,
        drafts: Sequence[Draft],
        keys: Sequence[Sequence[SegmentKey]],
        wanted: Sequence[SegmentKey],
    ) -> list[bool]:
        """Whether pictures and captions together show the thing; where one of them says nothing, the other alone."""
        field = self._excluded.field
        likes: list[list[float]] = [[] for _ in drafts]
        if field in (None, "looks") and (evidence := self._picture_evidence(question, part)) is not None:
            assert question.picture_vector is not None
            frames = self._library.frame_similarities(question.picture_vector, wanted)
            for place, (draft, own) in enumerate(zip(drafts, keys, strict=True)):
                if cosines := _frames_in(draft, own, frames):
                    likes[place].append(evidence(float(np.quantile(cosines, MOST_OF))))
        if field in (None, "caption") and (evidence := self._text_evidence(question, "caption", part)) is not None:
            texts = self._library.segment_texts(question.text_vector, wanted, sources=["caption"])
            for place, hits in enumerate(self._inside(drafts, keys, texts, "caption")):
                if hits:
                    likes[place].append(max(evidence(hit.similarity) for hit in hits))
        return [bool(own) and sum(own) / len(own) >= 0.5 for own in likes]

    def _picture_evidence(self, question: EmbeddedQuery, part: float) -> Presence | None:
        vector = question.picture_vector
        if vector is None:
            return None
        nearest = self._library.nearest_frames(vector, limit=LOOK_AT)
        best = _best_of_each([((hit.video_id, hit.segment_index), hit.similarity) for hit in nearest])
        sample = self._library.background(vector, what="frames")
        return Presence.of(sample, best, best_standing=PICTURE.best_standing, part=part)

    def _text_evidence(self, question: EmbeddedQuery, source: TextSource, part: float) -> Presence | None:
        vector = question.text_vector
        if vector is None or (self._excluded.exact and source != "caption"):
            return None
        nearest = self._library.nearest_texts(vector, source=source, limit=LOOK_AT)
        best = _best_of_each([((hit.video_id, hit.segment_index), hit.similarity) for hit in nearest])
        sample = self._library.background(vector, what=source)
        return Presence.of(sample, best, best_standing=TEXT.best_standing, part=part)


def direction(wanted: EmbeddedQuery, both: EmbeddedQuery) -> EmbeddedQuery:
    """From one question's vectors to the other's, each of length 1."""
    return replace(
        both,
        picture_vector=_towards(wanted.picture_vector, both.picture_vector),
        text_vector=_towards(wanted.text_vector, both.text_vector),
    )


def _towards(one: QueryVector | None, other: QueryVector | None) -> QueryVector | None:
    if one is None or other is None:
        return None
    difference = np.asarray(other, np.float32) - np.asarray(one, np.float32)
    length = float(np.linalg.norm(difference))
    return difference / length if length > 1e-4 else None


def _frames_in(
    draft: Draft, keys: Sequence[SegmentKey], frames: Mapping[SegmentKey, Sequence[tuple[float, float]]]
) -> list[float]:
    own = [frame for key in keys for frame in frames.get(key, ())]
    inside = [value for time, value in own if draft.span.start_seconds <= time < draft.span.stop_seconds]
    return inside or [value for _, value in own]


def _best_of_each(hits: Sequence[tuple[SegmentKey, float]]) -> list[float]:
    best: dict[SegmentKey, float] = {}
    for key, similarity in hits:
        best.setdefault(key, similarity)
    return list(best.values())
