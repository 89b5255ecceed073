"""Full-text search: BM25 on words, and on trigrams where typing and recognition errors are forgiven."""

from collections.abc import Collection
from typing import Any

from lancedb.query import MatchQuery

from indexer.catalog import TextSource
from indexer.store.filters import where_equals, where_source
from indexer.store.fuzzy_text import FuzzyWords
from indexer.store.hits import TextHit
from indexer.store.memory.in_memory_tables import InMemoryTables
from indexer.store.memory.texts import InMemoryTexts, WordMatches
from indexer.store.queries.text_hits import TextHits
from indexer.store.tables import Tables
from indexer.words.folding import fold_letters
from indexer.words.index_terms import query_terms

FUZZY_CANDIDATES = 3
"""Candidates for each wanted result, of which those without any word of the query are dropped."""


class FullTextSearch:
    """Filters apply before the ranking, so they never cost results."""

    def __init__(self, tables: Tables, memory: InMemoryTables, text_hits: TextHits) -> None:
        self._tables = tables
        self._memory = memory
        self._text_hits = text_hits

    def match_words(
        self, query: str, *, source: TextSource, limit: int, video_ids: Collection[str] | None, fuzzy: bool
    ) -> list[TextHit]:
        """The `limit` texts of one source that contain at least one word of the query, best BM25 score first.

        Any string is only words: quotes, brackets and operators have no meaning. `fuzzy` also finds words with a
        wrong letter, inside longer words, and across lost or added spaces, in texts of the screen.
        """
        words = query_terms(query)
        if not words or limit < 1:
            return []
        fuzzy_words = FuzzyWords(words) if fuzzy else None
        candidates = limit * FUZZY_CANDIDATES if fuzzy else limit
        texts = self._memory.texts()
        matches = None if texts is None else self._matches(texts, query, source if fuzzy else None)
        if texts is not None and matches is not None:
            positions, scores = texts.best_matches(matches, source=source, limit=candidates, video_ids=video_ids)
            if fuzzy_words is not None:
                confirmed = [fuzzy_words.any_in(texts.letters[position]) for position in positions.tolist()]
                positions, scores = positions[confirmed], scores[confirmed]
            return texts.hits(positions, scores)[:limit]
        if not self._text_hits.has_source(source):
            return []
        match, where = _match(query, fuzzy=fuzzy), where_source(source, video_ids)
        hits = self._text_hits.fetch(
            "_score", lambda: self._tables.query("texts").nearest_to_text(match).where(where).limit(candidates)
        )
        if fuzzy_words is not None:
            hits = [hit for hit in hits if fuzzy_words.any_in(fold_letters(hit.text))]
        return hits[:limit]

    def _matches(self, texts: InMemoryTexts, query: str, fuzzy_source: TextSource | None) -> WordMatches | None:
        """All texts with a word of the query: one search for all sources, or a fuzzy search of one source.

        None where the table has changed since it was read into memory. Scores are those of the whole table: how rare a
        word is counts the texts of all sources, as it does in a table that is not held in memory.
        """

        def search() -> WordMatches | None:
            found = self._tables.query("texts").nearest_to_text(_match(query, fuzzy=fuzzy_source is not None))
            found = found.where(where_equals("source", fuzzy_source)) if fuzzy_source else found
            found = found.select(["_score"]).with_row_id().limit(max(1, len(texts)))
            rows = self._tables.fetch("searching the full text", found)
            positions = texts.positions(rows.column("_rowid").to_numpy())
            return None if positions is None else (positions, rows.column("_score").to_numpy())

        return texts.cached_matches(query, fuzzy_source, search)


def _match(query: str, *, fuzzy: bool) -> Any:
    letters = fold_letters(query) if fuzzy else ""
    untyped_query: Any = MatchQuery  # its optional arguments are not typed as such
    return (
        untyped_query(letters, "letters") if len(letters) >= 3 else untyped_query(" ".join(query_terms(query)), "terms")
    )
