"""The weight of scenery: on-screen text that stands in nearly every scene of its video."""

from collections.abc import Sequence

from indexer.store.hits import TextHit

SCENERY_WEIGHT = 0.5
"""Of a hit that is scenery (`indexer.ocr.timed_texts`): a text that appears and answers half as well ranks above it,
and so does one in another list that answers about as well."""


def scenery_weight(hit: TextHit) -> float:
    """What a hit is worth beside one that appears."""
    return SCENERY_WEIGHT if hit.is_scenery else 1.0


def rank_scenery_last(hits: Sequence[TextHit], *, middle: float = 0.0) -> list[TextHit]:
    """Hits by how far their similarity lies above `middle`, times their weight; best first."""
    return sorted(hits, key=lambda hit: -(hit.similarity - middle) * scenery_weight(hit))
