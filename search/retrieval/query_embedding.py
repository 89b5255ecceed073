"""QueryModels: embeds queries. The models are loaded once, by the first query, and checked against the library's."""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Protocol

from indexer.config import Settings
from indexer.errors import LibraryModelsError, QueryError
from indexer.models.loading import Models
from indexer.models.protocols import PictureModel, TextModel, Vectors
from indexer.provenance import provenance_of, settings_like_provenance
from indexer.store.hits import QueryVector
from indexer.store.library import Library
from search.retrieval.embedded_query import EmbeddedQuery
from search.scoring.calibration import calibration_for
from search.signals import PICTURE, SIGNALS_BY_MEANING, Signal

CACHED_VECTORS = 64
"""Vectors of the last queries: a page of results, its next page and its time lines embed the same words."""


class QueryEmbedder(Protocol):
    """The part of a model that queries need."""

    def embed_queries(self, texts: Sequence[str], /) -> Vectors: ...


QUERY_PICTURES = 2
"""Pictures embedded at once: an image and its mirror image. A larger batch would only be padded."""


class QueryModels:
    """Embeds queries for one library. Safe from several threads."""

    def __init__(self, library: Library, settings: Settings, load: Callable[[Settings], Models]) -> None:
        self._library = library
        self._settings = settings
        self._load = load
        self._models: Models | None = None
        self._loading = threading.Lock()
        self._cache_lock = threading.Lock()
        self._cache: dict[tuple[str, str], QueryVector] = {}

    def load(self, signals: Collection[Signal]) -> None:
        """Loads what these signals need, unless it was loaded before.

        Raises:
            LibraryModelsError: the settings name other models than those that made the library.
            ModelMissingError, ModelBrokenError: a model cannot be loaded.
        """
        maker = self._library.maker
        by_picture = bool(maker.picture_model) and PICTURE in signals
        by_meaning = bool(maker.text_model) and bool(SIGNALS_BY_MEANING & set(signals))
        if not by_picture and not by_meaning:
            return
        with self._loading:
            if self._models is None:
                self._models = self._loaded()

    def text_model(self) -> TextModel | None:
        """The library's text model; None where it has none. Raises as `load`."""
        self.load(SIGNALS_BY_MEANING)
        return self._models.text if self._models else None

    def embed(self, text: str, signals: Collection[Signal], video_ids: frozenset[str] | None) -> EmbeddedQuery:
        """A checked query with the vectors that these signals compare; call `load` first."""
        models = self._models
        picture = models.picture if models and PICTURE in signals else None
        words = models.text if models and SIGNALS_BY_MEANING & set(signals) else None
        return EmbeddedQuery(
            text,
            None if picture is None else self._vector("picture", picture, text),
            None if words is None else self._vector("text", words, text),
            video_ids,
            self._library.maker.profile,
            calibration_for(self._library.maker),
            models.reranker if models else None,
        )

    def pictures(self) -> PictureModel:
        """The picture model, loaded.

        Raises:
            QueryError: the library was made without one.
            LibraryModelsError, ModelMissingError, ModelBrokenError: as `load`.
        """
        self.load((PICTURE,))
        if self._models is None or self._models.picture is None:
            raise QueryError(
                f"library {self._library.path} was made without a picture model, so it cannot be searched by looks;"
                " search for words, or index into a new library with --models small"
            )
        return self._models.picture

    def _vector(self, kind: str, model: QueryEmbedder, text: str) -> QueryVector:
        """Cached: answering a question uses the same vector for searching, for its curves and for its evidence."""
        with self._cache_lock:
            if (kind, text) in self._cache:
                return self._cache[kind, text]
        vector = model.embed_queries([text])[0]
        with self._cache_lock:
            self._cache[kind, text] = vector
            while len(self._cache) > CACHED_VECTORS:
                self._cache.pop(next(iter(self._cache)))
        return vector

    def _loaded(self) -> Models:
        maker = self._library.maker
        settings = replace(settings_like_provenance(self._settings, maker), batch_frames=QUERY_PICTURES)
        models = self._load(settings)
        # How frames were sampled matters to a run that adds to the library, not to a search.
        wanted = replace(provenance_of(models, settings), sampling=maker.sampling)
        if different := maker.differences(wanted):
            raise LibraryModelsError(
                f"library {self._library.path} was made with other models: {'; '.join(different)};"
                " leave out the model options to use its own, or index into another library"
            )
        return models
