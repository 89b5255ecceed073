"""Ids in batches, so that the length of a filter is bounded. Pure."""

from collections.abc import Iterable, Iterator

BATCH_IDS = 1_000
"""Ids in one filter."""


def id_batches(video_ids: Iterable[str]) -> Iterator[list[str]]:
    """The distinct ids, sorted."""
    ids = sorted(set(video_ids))
    for start in range(0, len(ids), BATCH_IDS):
        yield ids[start : start + BATCH_IDS]
