"""The detector of one excluded thing: whether moments show it or their texts name it.

No fixed cosine decides. The presence of the thing by one signal is 0 at the library's background, 1 at the segments
that are most like it, and 0.5 where the thing begins to be present (`search.exclusion.presence`). For a frequent thing
the library's cosines fall into two groups, and 0.5 lies between them; for a rare thing it lies `RARE_SHARE` of the way
up. Picture and caption are judged together, since each errs in its own way. A text that names the thing contains it, a
caption also by a synonym (`search.exclusion.caption_synonyms`).

The thing is compared by itself and in context, by the difference between the query with the thing and the query
without. A model that never met `spotted` alone still knows what it adds to `a ring`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from indexer.catalog import STAGE_OF_SOURCE, StageName, TextSource
from indexer.store.hits import QueryVector, SegmentKey, TextHit
from indexer.store.library import Library
from search.exclusion.caption_synonyms import Synonyms
from search.exclusion.presence import CONTEXT_RARE_SHARE, RARE_SHARE, PresenceScale
from search.moments.localization import Draft
from search.query.english_operators import without_place_qualifier
from search.query.field_signals import FIELD_SOURCES
from search.query.plan import Excluded
from search.retrieval.embedded_query import EmbeddedQuery
from search.scoring.background import PICTURE_THRESHOLD, TEXT_THRESHOLD
from search.signals import MISREAD_SOURCES
from search.text.phrase_matching import NONE, holds_phrase, holds_thing
from search.text.text_spans import belongs_to

NEAREST_LIMIT = 60
"""Nearest frames or texts from which the most similar segments are taken."""
FRAME_QUANTILE = 0.75
"""The quantile of a moment's cosines that is judged: a thing seen in a quarter of the frames is present."""


class ExclusionDetector:
    """Detects one excluded thing in the moments of one library."""

    def __init__(
        self,
        library: Library,
        excluded: Excluded,
        *,
        alone: EmbeddedQuery,
        in_context: EmbeddedQuery | None,
        synonyms: Synonyms,
        ready: Callable[[str, StageName], bool],
    ) -> None:
        """
        Args:
            alone: the embedded words of the thing.
            in_context: the query with the thing minus the query without, see `query_difference`.
            synonyms: the captioner's words for those of the thing.
            ready: (video id, stage) -> whether that stage of that video is complete.
        """
        self._library = library
        self._excluded = excluded
        self._alone = alone
        self._in_context = in_context
        self._synonyms = synonyms
        self._ready = ready

    def detect(self, drafts: Sequence[Draft]) -> list[bool]:
        """For each draft whether the thing is present."""
        if not drafts:
            return []
        keys = self._library.segments_touching([(draft.video_id, draft.span) for draft in drafts])
        all_keys = list(dict.fromkeys(key for own in keys for key in own))
        present = [False] * len(drafts)
        for source in FIELD_SOURCES[self._excluded.field]:
            texts = self._library.segment_texts(self._alone.text_vector, all_keys, sources=[source])
            scale = None if source == "caption" else self._text_scale(self._alone, source, RARE_SHARE)
            for index, hits in enumerate(self._texts_within(drafts, keys, texts, source)):
                present[index] |= any(self._names(hit.text, source=source) for hit in hits)
                if scale is not None and hits:
                    present[index] |= max(scale(hit.similarity) for hit in hits) >= 0.5
        for question, rare_share in ((self._alone, RARE_SHARE), (self._in_context, CONTEXT_RARE_SHARE)):
            if question is not None:
                seen = self._is_seen(question, rare_share, drafts, keys, all_keys)
                present = [one or other for one, other in zip(present, seen, strict=True)]
        return present

    def _texts_within(
        self,
        drafts: Sequence[Draft],
        keys: Sequence[Sequence[SegmentKey]],
        texts: Mapping[SegmentKey, Sequence[TextHit]],
        source: TextSource,
    ) -> list[list[TextHit]]:
        """The texts of a source that belong to each draft."""
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
        """Whether a text names the thing. Quotes demand the exact words of what is said or written."""
        excluded = self._excluded
        if excluded.exact and source != "caption":
            return holds_phrase(excluded.text, text, fuzzy=source in MISREAD_SOURCES)
        # "the baker sells bread without salt" does not name the salt that the query `bread without salt` excludes.
        if excluded.written[:1] not in "-\u2212" and holds_phrase(excluded.written, text):
            return False
        return holds_thing(
            without_place_qualifier(excluded.text), text, same=self._synonyms if source == "caption" else NONE
        )

    def _is_seen(
        self,
        question: EmbeddedQuery,
        rare_share: float,
        drafts: Sequence[Draft],
        keys: Sequence[Sequence[SegmentKey]],
        all_keys: Sequence[SegmentKey],
    ) -> list[bool]:
        """Whether pictures and captions together show the thing; where one of them is missing, the other alone."""
        field = self._excluded.field
        presences: list[list[float]] = [[] for _ in drafts]
        if field in (None, "looks") and (scale := self._picture_scale(question, rare_share)) is not None:
            assert question.picture_vector is not None
            frames = self._library.frame_similarities(question.picture_vector, all_keys)
            for index, (draft, own) in enumerate(zip(drafts, keys, strict=True)):
                if cosines := _frame_cosines(draft, own, frames):
                    presences[index].append(scale(float(np.quantile(cosines, FRAME_QUANTILE))))
        if field in (None, "caption") and (scale := self._text_scale(question, "caption", rare_share)) is not None:
            texts = self._library.segment_texts(question.text_vector, all_keys, sources=["caption"])
            for index, hits in enumerate(self._texts_within(drafts, keys, texts, "caption")):
                if hits:
                    presences[index].append(max(scale(hit.similarity) for hit in hits))
        return [bool(own) and sum(own) / len(own) >= 0.5 for own in presences]

    def _picture_scale(self, question: EmbeddedQuery, rare_share: float) -> PresenceScale | None:
        vector = question.picture_vector
        if vector is None:
            return None
        nearest = self._library.nearest_frames(vector, limit=NEAREST_LIMIT)
        best = _best_by_segment([((hit.video_id, hit.segment_index), hit.similarity) for hit in nearest])
        sample = self._library.background(vector, what="frames")
        return PresenceScale.of(sample, best, best_z_score=PICTURE_THRESHOLD.best_z_score, rare_share=rare_share)

    def _text_scale(self, question: EmbeddedQuery, source: TextSource, rare_share: float) -> PresenceScale | None:
        vector = question.text_vector
        if vector is None or (self._excluded.exact and source != "caption"):
            return None
        nearest = self._library.nearest_texts(vector, source=source, limit=NEAREST_LIMIT)
        best = _best_by_segment([((hit.video_id, hit.segment_index), hit.similarity) for hit in nearest])
        sample = self._library.background(vector, what=source)
        return PresenceScale.of(sample, best, best_z_score=TEXT_THRESHOLD.best_z_score, rare_share=rare_share)


def query_difference(wanted: EmbeddedQuery, both: EmbeddedQuery) -> EmbeddedQuery:
    """The normalized differences of the vectors of two questions.

    Args:
        wanted: the query without the excluded thing.
        both: the query with it.
    """
    return replace(
        both,
        picture_vector=_difference(wanted.picture_vector, both.picture_vector),
        text_vector=_difference(wanted.text_vector, both.text_vector),
    )


def _difference(one: QueryVector | None, other: QueryVector | None) -> QueryVector | None:
    if one is None or other is None:
        return None
    difference = np.asarray(other, np.float32) - np.asarray(one, np.float32)
    length = float(np.linalg.norm(difference))
    return difference / length if length > 1e-4 else None


def _frame_cosines(
    draft: Draft, keys: Sequence[SegmentKey], frames: Mapping[SegmentKey, Sequence[tuple[float, float]]]
) -> list[float]:
    """The cosines of the frames inside a draft; where none was sampled there, those of its segments."""
    own = [frame for key in keys for frame in frames.get(key, ())]
    inside = [value for time, value in own if draft.span.start_seconds <= time < draft.span.stop_seconds]
    return inside or [value for _, value in own]


def _best_by_segment(hits: Sequence[tuple[SegmentKey, float]]) -> list[float]:
    best: dict[SegmentKey, float] = {}
    for key, similarity in hits:
        best.setdefault(key, similarity)
    return list(best.values())
