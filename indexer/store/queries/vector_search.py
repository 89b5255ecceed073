"""Searching the library: nearest frames, nearest texts, full text."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal

import lancedb
import numpy as np
from lancedb.query import MatchQuery
from numpy.typing import NDArray

from indexer.catalog import TextSource
from indexer.records import TimeSpan
from indexer.store.fuzzy_text import Slipped, letters_of
from indexer.store.hits import FrameHit, SegmentKey, Similarities, TextHit, best_first
from indexer.store.memory.dot_products import row_products
from indexer.store.memory.texts import KeptTexts, Matches
from indexer.store.queries.background_sample import Sampling
from indexer.store.reader import all_of, equals, in_segments, one_of
from indexer.store.rows import read_vectors
from indexer.store.schema import ArrowTable, TableName

NPROBES = 80
"""Parts of the vector index that a query looks into; a part holds about 8,000 rows. Measured with a million rows
(122 parts), recall@10: 20 parts 0.955, 30 parts 0.967, 50 parts 0.982, 80 parts 1.000, at no visible cost in time."""
REFINE_LEAST = 2
"""Candidates re-measured with their stored vectors, for each result asked for."""
REFINE_CANDIDATES = 100
"""The same in all, at least."""
WORDS_TOKENIZER = "icu/split"
"""Unicode's word rules for every script, and `foo.bar_baz` is three words, as on slides and terminals."""
FUZZY_CANDIDATES = 3
"""Candidates for each result asked for, of which those that hold no word of the query are dropped."""

_TEXT_COLUMNS = ["video_id", "segment_index", "start_seconds", "stop_seconds", "text", "is_scenery"]


class Searching(Sampling):
    """Safe from any thread, as `Reading`. Filters are applied before the ranking, so they never cost results."""

    def nearest_frames(
        self, vector: NDArray[np.floating[Any]], *, limit: int, video_ids: Collection[str] | None = None
    ) -> list[FrameHit]:
        """The `limit` frames most similar to a query vector (dim,), best first; fewer only where there are fewer."""
        if not self._can_compare("frames", vector, limit):
            return []
        if (kept := self._kept_frames()) is not None:
            return kept.nearest(vector, limit=limit, video_ids=video_ids)
        where = None if video_ids is None else one_of("video_id", video_ids)
        search = self._nearest("frames", vector, limit=limit, where=where)
        columns = ["video_id", "segment_index", "time_seconds", "_distance"]
        rows = self._fetch("searching frames", search.select(columns))[0]
        hits = [
            FrameHit(row["video_id"], row["segment_index"], row["time_seconds"], 1.0 - row["_distance"])
            for row in rows.to_pylist()
        ]
        return sorted(hits, key=lambda hit: (-hit.similarity, hit.video_id, hit.time_seconds))

    def nearest_texts(
        self,
        vector: NDArray[np.floating[Any]],
        *,
        source: TextSource,
        limit: int,
        video_ids: Collection[str] | None = None,
    ) -> list[TextHit]:
        """The `limit` texts of one source most similar in meaning to a query vector (dim,), best first."""
        if not self._can_compare("texts", vector, limit):
            return []
        if (kept := self._kept_texts()) is not None:
            return kept.nearest(vector, source=source, limit=limit, video_ids=video_ids)
        if not self._holds(source):
            return []
        where = _of_source(source, video_ids)
        return self._text_rows("_distance", lambda: self._nearest("texts", vector, limit=limit, where=where))

    def match_words(
        self,
        query: str,
        *,
        source: TextSource,
        limit: int,
        video_ids: Collection[str] | None = None,
        fuzzy: bool = False,
    ) -> list[TextHit]:
        """The `limit` texts of one source that hold at least one word of the query, best BM25 score first.

        Any string is only words: quotes, brackets and operators have no meaning. `fuzzy` also finds words with a
        wrong letter, inside longer words, and across lost or added spaces, where the source is the screen.
        """
        words = split_words(query)
        if not words or limit < 1:
            return []
        slipped = Slipped([letters_of(word) for word in words] if fuzzy else [])
        candidates = limit * FUZZY_CANDIDATES if fuzzy else limit
        kept = self._kept_texts()
        matches = None if kept is None else self._matches(kept, query, source if fuzzy else None)
        if kept is not None and matches is not None:
            places, scores = kept.best(matches, source=source, limit=candidates, video_ids=video_ids)
            if fuzzy:
                held = [slipped.any_in(kept.letters[place]) for place in places.tolist()]
                places, scores = places[held], scores[held]
            return kept.hits(places, scores)[:limit]
        if not self._holds(source):
            return []
        question, where = _question(query, fuzzy=fuzzy), _of_source(source, video_ids)
        table = self._readable["texts"]
        hits = self._text_rows("_score", lambda: table.query().nearest_to_text(question).where(where).limit(candidates))
        if fuzzy:
            hits = [hit for hit in hits if slipped.any_in(letters_of(hit.text))]
        return hits[:limit]

    def _holds(self, source: TextSource) -> bool:
        """Whether there is any text of a source."""
        return self._while_same(f"any {source}", "texts", lambda: self._count("texts", equals("source", source)) > 0)

    def _matches(self, kept: KeptTexts, query: str, fuzzy_of: TextSource | None) -> Matches | None:
        """All texts with a word of the query, asked for once for all sources; of one alone with slips.

        None where the texts have changed since they were kept. Scores are those of the whole table: how rare a word
        is counts the texts of all sources, as it does in a table that is not kept.
        """

        def ask() -> Matches | None:
            search = self._readable["texts"].query().nearest_to_text(_question(query, fuzzy=fuzzy_of is not None))
            search = search.where(equals("source", fuzzy_of)) if fuzzy_of else search
            search = search.select(["_score"]).with_row_id().limit(max(1, len(kept)))
            (rows,) = self._fetch("searching the full text", search)
            places = kept.places_of(rows.column("_rowid").to_numpy())
            return None if places is None else (places, rows.column("_score").to_numpy())

        return kept.matches.get((query, fuzzy_of or ""), ask)

    def frame_similarities(
        self, vector: NDArray[np.floating[Any]], keys: Sequence[SegmentKey]
    ) -> dict[SegmentKey, list[tuple[float, float]]]:
        """For each given segment its frames' (time in seconds, cosine to the query), in order of time."""
        result: dict[SegmentKey, list[tuple[float, float]]] = {key: [] for key in keys}
        if not result or not self.maker.picture_dim:
            return result
        if (kept := self._kept_frames()) is not None:
            return kept.similarities(vector, result)
        columns = ["video_id", "segment_index", "time_seconds", "vector"]
        rows = self._rows_of("frames", result, in_segments(result), columns)
        rows = rows.sort_by("time_seconds")
        names, indices = rows.column("video_id").to_pylist(), rows.column("segment_index").to_pylist()
        times = rows.column("time_seconds").to_pylist()
        for name, index, time, similarity in zip(names, indices, times, _cosines(rows, vector), strict=True):
            if (name, index) in result:
                result[name, index].append((time, float(similarity)))
        return result

    def segment_texts(
        self,
        vector: NDArray[np.floating[Any]] | None,
        keys: Collection[SegmentKey],
        *,
        sources: Collection[TextSource],
    ) -> dict[SegmentKey, list[TextHit]]:
        """The texts of some sources in the given segments, in order of time; similarity 0 without a vector (dim,)."""
        result: dict[SegmentKey, list[TextHit]] = {}
        measured = vector is not None and bool(self.maker.text_dim)
        if not keys or not sources:
            return result
        if (kept := self._kept_texts()) is not None:
            return kept.in_segments(vector if measured else None, keys, sources=sources)
        if not measured and (places := self._text_places()) is not None:
            for hit in places.in_segments(keys, sources=sources):
                result.setdefault((hit.video_id, hit.segment_index), []).append(hit)
            return result
        where = all_of(in_segments(keys), one_of("source", sources))
        assert where is not None
        columns = ["source", *_TEXT_COLUMNS, *(["vector"] if measured else [])]
        rows = self._rows_of("texts", keys, where, columns).sort_by("start_seconds")
        cosines = _cosines(rows, vector) if measured and vector is not None else np.zeros(rows.num_rows, np.float32)
        wanted = set(keys)
        for row, cosine in zip(rows.select(["source", *_TEXT_COLUMNS]).to_pylist(), cosines, strict=True):
            if row["source"] in sources and (row["video_id"], row["segment_index"]) in wanted:
                hit = _text_hit(row, float(cosine))
                result.setdefault((hit.video_id, hit.segment_index), []).append(hit)
        return result

    def _text_rows(self, measure: Literal["_distance", "_score"], ask: Callable[[], Any]) -> list[TextHit]:
        """The texts that a search finds, best first.

        Args:
            ask: makes the search, up to what it selects.
        """

        def similarities(rows: ArrowTable) -> Similarities:
            measured = rows.column(measure).to_numpy()
            return measured if measure == "_score" else 1.0 - measured

        if (places := self._text_places()) is not None:
            (rows,) = self._fetch("searching texts", ask().select([measure]).with_row_id())
            hits = places.hits(rows.column("_rowid").to_numpy(), similarities(rows))
            if hits is not None:  # else the table has just changed
                return hits
        (rows,) = self._fetch("searching texts", ask().select([*_TEXT_COLUMNS, measure]))
        return best_first(
            [_text_hit(row, value) for row, value in zip(rows.to_pylist(), similarities(rows).tolist(), strict=True)]
        )

    def _nearest(self, table: TableName, vector: NDArray[np.floating[Any]], *, limit: int, where: str | None) -> Any:
        """A search by vector, up to what it selects."""
        search = self._readable[table].query().nearest_to(np.asarray(vector, np.float32)).column("vector")
        search = search.distance_type("cosine").nprobes(NPROBES).refine_factor(_refine_factor(limit)).limit(limit)
        return search.where(where) if where else search

    def _can_compare(self, table: TableName, vector: NDArray[np.floating[Any]], limit: int) -> bool:
        """Whether the table has vectors and any are asked for. Raises ValueError for a query of another shape."""
        dim = self.maker.picture_dim if table == "frames" else self.maker.text_dim
        if not dim or limit < 1:
            return False
        if vector.shape != (dim,):
            raise ValueError(f"a query vector for {table} must have the shape ({dim},), got {vector.shape}")
        return True


def _refine_factor(limit: int) -> int:
    return max(REFINE_LEAST, -(-REFINE_CANDIDATES // limit))


def split_words(text: str) -> list[str]:
    """The words of a text as the index cuts them, folded."""
    return [token.text for token in lancedb.tokenize(text, base_tokenizer=WORDS_TOKENIZER, **WORD_RULES)]


WORD_RULES: dict[str, Any] = {"stem": False, "remove_stop_words": False, "lower_case": True, "ascii_folding": True}


def _question(query: str, *, fuzzy: bool) -> Any:
    letters = letters_of(query)
    return _match(letters, "letters") if fuzzy and len(letters) >= 3 else _match(query, "text")


def _match(query: str, column: str) -> Any:
    match: Any = MatchQuery  # its optional arguments are not typed as such
    return match(query, column)


def _of_source(source: TextSource, video_ids: Collection[str] | None) -> str:
    where = all_of(equals("source", source), None if video_ids is None else one_of("video_id", video_ids))
    assert where is not None
    return where


def _text_hit(row: dict[str, Any], similarity: float) -> TextHit:
    span = TimeSpan(row["start_seconds"], row["stop_seconds"])
    return TextHit(row["video_id"], row["segment_index"], span, row["text"], similarity, row["is_scenery"])


def _cosines(rows: ArrowTable, vector: NDArray[np.floating[Any]]) -> Similarities:
    vectors = read_vectors(rows)
    return row_products(np.zeros((0, len(vector)), np.float32) if vectors is None else vectors, vector)
