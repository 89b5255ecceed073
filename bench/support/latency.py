"""Times calls one by one, as percentiles."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds."""

    p50: float
    p95: float

    @staticmethod
    def of(seconds: Sequence[float]) -> "Latency":
        p50, p95 = np.percentile(np.asarray(seconds) * 1e3, [50, 95])
        return Latency(float(p50), float(p95))

    def __str__(self) -> str:
        return f"{self.p50:.1f} / {self.p95:.1f}"


def timed(items: Iterable[Any], do: Callable[[Any], object]) -> Latency:
    seconds: list[float] = []
    for item in items:
        started = time.perf_counter()
        do(item)
        seconds.append(time.perf_counter() - started)
    return Latency.of(seconds)
