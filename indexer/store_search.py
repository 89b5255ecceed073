"""Searching the library: nearest frames, nearest texts, full text, and a query's background in this library."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.query import BooleanQuery, MatchQuery, Occur
from numpy.typing import NDArray

from indexer.records import TextSource, TimeSpan
from indexer.rows import read_vectors
from indexer.schema import ArrowTable, TableName
from indexer.store_read import Reading, SegmentKey, all_of, equals, in_segments, one_of
from indexer.store_tables import boundary
from indexer.words import holds_any_word, letters_of

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

Background = Literal["frames"] | TextSource
Similarities = NDArray[np.float32]
_TEXT_COLUMNS = ["video_id", "segment_index", "start_seconds", "stop_seconds", "text", "is_scenery"]


@dataclass(frozen=True, slots=True)
class FrameHit:
    """A frame near a query."""

    video_id: str
    segment_index: int
    time_seconds: float
    similarity: float
    """Cosine, -1 to 1."""


@dataclass(frozen=True, slots=True)
class TextHit:
    """A text near a query."""

    video_id: str
    segment_index: int
    span: TimeSpan
    text: str
    similarity: float
    """Cosine, -1 to 1; of `match_words` the BM25 score, above 0 and without an upper bound."""
    is_scenery: bool = False
    """On-screen text that stands in nearly every scene of its video."""


class Searching(Reading):
    """Safe from any thread, as `Reading`. Filters are applied before the ranking, so they never cost results."""

    def nearest_frames(
        self, vector: NDArray[np.floating[Any]], *, limit: int, video_ids: Collection[str] | None = None
    ) -> list[FrameHit]:
        """The `limit` frames most similar to a query vector (dim,), best first; fewer only where there are fewer."""
        where = None if video_ids is None else one_of("video_id", video_ids)
        columns = ["video_id", "segment_index", "time_seconds"]
        rows = self._nearest("frames", vector, limit=limit, where=where, columns=columns)
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
        rows = self._nearest("texts", vector, limit=limit, where=_of_source(source, video_ids), columns=_TEXT_COLUMNS)
        return _text_hits([{**row, "similarity": 1.0 - row["_distance"]} for row in rows.to_pylist()])

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
        wrong letter, inside longer words, and across lost or added spaces.
        """
        words = split_words(query)
        letters = letters_of(query)
        if not words or limit < 1:
            return []
        question: Any = _match(query, "text")
        if fuzzy and len(letters) >= 3:
            question = BooleanQuery([(Occur.SHOULD, question), (Occur.SHOULD, _match(letters, "letters"))])
        candidates = limit * FUZZY_CANDIDATES if fuzzy else limit
        with boundary(self.path, "searching the full text"):
            rows = (
                self._tables["texts"]
                .search(question, query_type="fts")
                .where(_of_source(source, video_ids), prefilter=True)
                .select([*_TEXT_COLUMNS, "letters", "_score"])
                .limit(candidates)
                .to_arrow()
                .to_pylist()
            )
        if fuzzy:
            folded = [letters_of(word) for word in words]
            rows = [row for row in rows if holds_any_word(row["letters"], folded)]
        return _text_hits([{**row, "similarity": row["_score"]} for row in rows])[:limit]

    def frame_similarities(
        self, vector: NDArray[np.floating[Any]], keys: Sequence[SegmentKey]
    ) -> dict[SegmentKey, list[tuple[float, float]]]:
        """For each given segment its frames' (time in seconds, cosine to the query), in order of time."""
        result: dict[SegmentKey, list[tuple[float, float]]] = {key: [] for key in keys}
        if not result or not self.maker.picture_dim:
            return result
        rows = self._rows("frames", in_segments(result), ["video_id", "segment_index", "time_seconds", "vector"])
        rows = rows.sort_by("time_seconds")
        names, indices = rows.column("video_id").to_pylist(), rows.column("segment_index").to_pylist()
        times = rows.column("time_seconds").to_pylist()
        for name, index, time, similarity in zip(names, indices, times, _cosines(rows, vector), strict=True):
            if (name, index) in result:
                result[name, index].append((time, float(similarity)))
        return result

    def segment_texts(
        self, vector: NDArray[np.floating[Any]] | None, keys: Sequence[SegmentKey], *, source: TextSource
    ) -> dict[SegmentKey, list[TextHit]]:
        """The texts of one source in the given segments, in order of time; similarity 0 without a vector (dim,)."""
        result: dict[SegmentKey, list[TextHit]] = {}
        measured = vector is not None and bool(self.maker.text_dim)
        if not keys:
            return result
        where = all_of(in_segments(keys), equals("source", source))
        rows = self._rows("texts", where, [*_TEXT_COLUMNS, *(["vector"] if measured else [])]).sort_by("start_seconds")
        cosines = _cosines(rows, vector) if measured and vector is not None else np.zeros(rows.num_rows, np.float32)
        wanted = set(keys)
        for row, cosine in zip(rows.select(_TEXT_COLUMNS).to_pylist(), cosines, strict=True):
            if (row["video_id"], row["segment_index"]) in wanted:
                hit = _text_hits([{**row, "similarity": cosine}])[0]
                result.setdefault((hit.video_id, hit.segment_index), []).append(hit)
        return result

    def background(self, vector: NDArray[np.floating[Any]], *, what: Background, size: int = 1000) -> Similarities:
        """(n,) cosines between a query and a fixed sample of the library's vectors; n is `size`, or all there are.

        The sample depends on the rows' keys alone: the same in every library made from the same files.
        """
        if not (self.maker.picture_dim if what == "frames" else self.maker.text_dim):
            return np.empty(0, np.float32)
        return np.asarray(self._sample(what, size) @ np.asarray(vector, np.float32), np.float32)

    def _sample(self, what: Background, size: int) -> Similarities:
        """(n, dim) float32, kept until the table changes."""
        table: TableName = "frames" if what == "frames" else "texts"
        with boundary(self.path, f"reading {table}"):
            version = self._tables[table].version
        cached = self._samples.get((what, size))
        if cached and cached[0] == version:
            return cached[1]
        of_source = None if table == "frames" else equals("source", what)
        rows = self._few_lots(table, of_source, size)
        vectors = read_vectors(rows)
        sample = np.asarray(vectors, np.float32)  # (n, dim)
        self._samples[what, size] = (version, sample)
        return sample

    def _few_lots(self, table: TableName, where: str | None, size: int) -> ArrowTable:
        """The `size` rows with the smallest lots."""
        count = self._count(table, where)
        # Half as many again plus a few: that fewer than `size` fall below the bound is as good as impossible.
        bound = min(2**32 - 1, int((1.5 * size + 50) / max(count, 1) * 2**32))
        rows = self._rows(table, all_of(where, f"lot <= {bound}"), ["video_id", "lot", "vector"])
        return rows.sort_by([("lot", "ascending"), ("video_id", "ascending")]).slice(0, size)

    def _nearest(
        self, table: TableName, vector: NDArray[np.floating[Any]], *, limit: int, where: str | None, columns: list[str]
    ) -> ArrowTable:
        dim = self.maker.picture_dim if table == "frames" else self.maker.text_dim
        if not dim or limit < 1:
            return pa.table({name: [] for name in [*columns, "_distance"]})
        if vector.shape != (dim,):
            raise ValueError(f"a query vector for {table} must have the shape ({dim},), got {vector.shape}")
        with boundary(self.path, f"searching {table}"):
            search: Any = self._tables[table].search(np.asarray(vector, np.float32), vector_column_name="vector")
            search = search.distance_type("cosine").nprobes(NPROBES).refine_factor(_refine_factor(limit))
            search = search.where(where, prefilter=True) if where else search
            return search.select([*columns, "_distance"]).limit(limit).to_arrow()


def _refine_factor(limit: int) -> int:
    return max(REFINE_LEAST, -(-REFINE_CANDIDATES // limit))


def split_words(text: str) -> list[str]:
    """The words of a text as the index cuts them, folded."""
    return [token.text for token in lancedb.tokenize(text, base_tokenizer=WORDS_TOKENIZER, **WORD_RULES)]


WORD_RULES: dict[str, Any] = {"stem": False, "remove_stop_words": False, "lower_case": True, "ascii_folding": True}


def _match(query: str, column: str) -> Any:
    match: Any = MatchQuery  # its optional arguments are not typed as such
    return match(query, column)


def _of_source(source: TextSource, video_ids: Collection[str] | None) -> str:
    where = all_of(equals("source", source), None if video_ids is None else one_of("video_id", video_ids))
    assert where is not None
    return where


def _text_hits(rows: list[dict[str, Any]]) -> list[TextHit]:
    hits = [
        TextHit(
            row["video_id"],
            row["segment_index"],
            TimeSpan(row["start_seconds"], row["stop_seconds"]),
            row["text"],
            float(row["similarity"]),
            row["is_scenery"],
        )
        for row in rows
    ]
    return sorted(hits, key=lambda hit: (-hit.similarity, hit.video_id, hit.span))


def _cosines(rows: ArrowTable, vector: NDArray[np.floating[Any]]) -> Similarities:
    vectors = read_vectors(rows)
    return np.asarray(vectors, np.float32) @ np.asarray(vector, np.float32)  # (n,)
