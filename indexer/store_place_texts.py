"""The texts of a table that is too large to lie in memory with its vectors. Pure.

To rank a hundred thousand texts costs the database less than to hand out the few hundred that it has found: so it is
asked for row ids, and what they stand for is looked up here.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.records import TextSource, TimeSpan
from indexer.store.hits import SegmentKey, Similarities, TextHit, best_first
from indexer.store.memory.row_locator import Places
from indexer.store.schema import ArrowTable

MOST_TEXT_BYTES = 256 << 20
"""Of the texts alone. The captions and lines of 2,000 hours are about 140 MB."""


class TextPlaces(Places):
    """The rows of one version of the table `texts`, by segment and by row id; some 60 bytes a row beside its text."""

    def __init__(self, table: ArrowTable) -> None:
        super().__init__(table)
        table = table.sort_by("_rowid")
        self._by_id: NDArray[np.uint64] = table.column("_rowid").to_numpy()
        names = table.column("video_id").combine_chunks().dictionary_encode()
        self._names: list[str] = names.dictionary.to_pylist()
        self._videos: NDArray[np.int32] = names.indices.to_numpy()
        self._segments: NDArray[Any] = table.column("segment_index").to_numpy()
        times = [table.column(name).to_numpy() for name in ("start_seconds", "stop_seconds")]
        self._times: NDArray[np.float64] = np.stack(times, axis=1)  # (n, 2)
        self._scenery: NDArray[np.bool_] = table.column("is_scenery").combine_chunks().to_numpy(zero_copy_only=False)
        self._sources: Any = table.column("source").combine_chunks().dictionary_encode()
        self._texts: Any = table.column("text").combine_chunks()

    def hits(self, row_ids: NDArray[Any], similarities: Similarities) -> list[TextHit] | None:
        """These rows as hits, best first; None when one of them is not here."""
        places = self._places_of(row_ids)
        return None if places is None else best_first(self._hits(places, similarities))

    def in_segments(self, keys: Collection[SegmentKey], *, sources: Collection[TextSource]) -> list[TextHit]:
        """The texts of these segments by these sources, in order of time; similarity 0."""
        places = self._places_of(np.array(self.row_ids(keys), np.uint64))
        assert places is not None  # the ids are its own
        said_by = self._sources.take(places).to_pylist()
        wanted = places[np.array([source in sources for source in said_by], bool)]
        return sorted(self._hits(wanted, np.zeros(len(wanted), np.float32)), key=lambda hit: hit.span)

    def ids_between(self, spans: Sequence[tuple[str, TimeSpan]], source: TextSource) -> list[int]:
        """Row ids of the texts of one source that overlap a (video id, span)."""
        found: set[int] = set()
        for video_id, span in spans:
            ids = self.ids_in_video(video_id)
            places = self._places_of(ids)
            assert places is not None  # the ids are its own
            starts, stops = self._times[places].T
            inside = (starts < span.stop_seconds) & (stops > span.start_seconds)
            said_by = self._sources.take(places[inside]).to_pylist()
            found.update(one for one, by in zip(ids[inside].tolist(), said_by, strict=True) if by == source)
        return sorted(found)

    def _places_of(self, row_ids: NDArray[Any]) -> NDArray[np.intp] | None:
        if not len(row_ids):
            return np.empty(0, np.intp)
        if not len(self._by_id):
            return None
        places = np.minimum(np.searchsorted(self._by_id, row_ids), len(self._by_id) - 1)
        return places if np.array_equal(self._by_id[places], row_ids) else None

    def _hits(self, places: NDArray[np.intp], similarities: Similarities) -> list[TextHit]:
        columns = (
            self._videos[places].tolist(),
            self._segments[places].tolist(),
            self._times[places].tolist(),
            self._texts.take(places).to_pylist(),
            similarities.tolist(),
            self._scenery[places].tolist(),
        )
        return [
            TextHit(self._names[video], segment, TimeSpan(*span), text, similarity, is_scenery)
            for video, segment, span, text, similarity, is_scenery in zip(*columns, strict=True)
        ]
