"""Training batches made ahead of time by other processes, in order."""

import multiprocessing
import pickle
from collections.abc import Callable, Iterator
from typing import Any, cast

from torch.utils.data import DataLoader, Dataset

from demo.vlm.sequences.batches import Batch

MadeAhead = Callable[[int, float], list[Batch]]
"""Step and how much of the time is over -> the batches of that step."""
STEPS_AHEAD = 2
"""Of each process."""


class _Steps(Dataset[bytes]):
    """Makes a step's batches, packed: tensors shared between processes cost a file each."""

    def __init__(self, make: MadeAhead, first: int, share: Any) -> None:
        self.make, self.first, self.share = make, first, share

    def __len__(self) -> int:
        return 1 << 30

    def __getitem__(self, number: int) -> bytes:
        return pickle.dumps(self.make(self.first + number, self.share.value))


class Feed:
    """Yields the batches of step after step without end."""

    def __init__(self, make: MadeAhead, *, first: int, workers: int) -> None:
        """Starts the workers; they are copies of this process, so the scenes are not sent to them.

        Args:
            first: the first step.
            workers: processes; with none, batches are made here when they are wanted.
        """
        self.share: Any = multiprocessing.Value("d", 0.0)
        self._loader = DataLoader(
            _Steps(make, first, self.share),
            batch_size=None,
            sampler=range(1 << 30),
            num_workers=workers,
            collate_fn=_as_it_is,
            multiprocessing_context="fork" if workers else None,
            prefetch_factor=STEPS_AHEAD if workers else None,
        )
        self._steps = iter(self._loader)

    def next(self, share: float) -> list[Batch]:
        """Returns the next step's batches; those that are made from now on know how much of the time is over."""
        self.share.value = share
        return cast(list[Batch], pickle.loads(next(cast(Iterator[bytes], self._steps))))


def _as_it_is(packed: Any) -> Any:
    return packed
