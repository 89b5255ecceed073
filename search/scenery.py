"""Text that is scenery, as a logo in every frame, weighs less than text that appears. Pure."""

from collections.abc import Sequence

from indexer.store.library import TextHit

SCENERY_WEIGHT = 0.5
"""Of a hit that stands in nearly every scene of its video (`indexer.screen_scenery`): a text that appears and answers
half as well comes first, and so does one in another list that answers about as well."""


def weight_of(hit: TextHit) -> float:
    """What a hit is worth beside one that appears."""
    return SCENERY_WEIGHT if hit.is_scenery else 1.0


def scenery_later(hits: Sequence[TextHit], *, middle: float = 0.0) -> list[TextHit]:
    """Hits by what they are worth: how far their similarity lies above `middle`, times their weight; best first."""
    return sorted(hits, key=lambda hit: -(hit.similarity - middle) * weight_of(hit))
