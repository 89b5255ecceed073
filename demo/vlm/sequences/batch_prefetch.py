"""Training batches prepared ahead of time by worker processes, in order."""

import multiprocessing
import pickle
from collections.abc import Callable, Iterator
from typing import Any, cast

from torch.utils.data import DataLoader, Dataset

from demo.vlm.sequences.batches import Batch

MakeBatches = Callable[[int, float], list[Batch]]
"""(step, share of the training time spent) -> batches of that step."""
STEPS_AHEAD = 2
"""Prefetched by each worker."""


class _Steps(Dataset[bytes]):
    """Prepares a step's batches, pickled: tensors shared between processes cost a file each."""

    def __init__(self, make: MakeBatches, first: int, share: Any) -> None:
        self.make, self.first, self.share = make, first, share

    def __len__(self) -> int:
        return 1 << 30

    def __getitem__(self, number: int) -> bytes:
        return pickle.dumps(self.make(self.first + number, self.share.value))


class BatchPrefetcher:
    """Prefetches the batches of one step after another, without end."""

    def __init__(self, make: MakeBatches, *, first: int, workers: int) -> None:
        """Starts the workers; they are copies of this process, so the scenes are not sent to them.

        Args:
            first: the first step.
            workers: processes; with 0, batches are prepared here on demand.
        """
        self.share: Any = multiprocessing.Value("d", 0.0)
        self._loader = DataLoader(
            _Steps(make, first, self.share),
            batch_size=None,
            sampler=range(1 << 30),
            num_workers=workers,
            collate_fn=_unchanged,
            multiprocessing_context="fork" if workers else None,
            prefetch_factor=STEPS_AHEAD if workers else None,
        )
        self._steps = iter(self._loader)

    def next(self, share: float) -> list[Batch]:
        """Returns the next step's batches, and passes the share of the time spent on to the workers."""
        self.share.value = share
        return cast(list[Batch], pickle.loads(next(cast(Iterator[bytes], self._steps))))


def _unchanged(packed: Any) -> Any:
    return packed
