"""Clocks that were set back: Python's clock, the times of the library's files, the times of the films.

The clock of LanceDB's own code cannot be set for one process alone.
"""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.faults.children import Tell, run_child
from bench.faults.operations import OPERATIONS, Bench, Operation, begin_library, operate, run_again
from bench.faults.trials import Trial, Workshop

_YEAR_SECONDS = 365 * 86_400
_WAYS = ("clock two years back", "library from the future", "films from the future")


def set_clock(shop: Workshop) -> Trial:
    """One operation under a clock that was set back."""
    operation = OPERATIONS[shop.number % len(OPERATIONS)]
    way = _WAYS[shop.number // len(OPERATIONS) % len(_WAYS)]
    clean, library = shop.clean[operation.name], shop.place / "library"
    begin_library(shop.bench, shop.clean, operation, library)
    times = _move_times(
        shop.bench.films.iterdir() if way == _WAYS[2] else library.rglob("*") if way == _WAYS[1] else ()
    )
    try:
        ended = run_child(_operate_back_then if way == _WAYS[0] else operate, shop.bench, operation, library)
        wrong = ended.fault() + run_again(shop.bench, operation, library, clean)
    finally:
        for path, status in times.items():
            if path.exists() and way == _WAYS[2]:
                os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return Trial(way, operation.name, "", wrong)


def _move_times(paths: Iterable[Path]) -> dict[Path, os.stat_result]:
    """Sets the times of files a year ahead; what they were."""
    before = {path: path.stat() for path in paths}
    for path, status in before.items():
        os.utime(path, (status.st_atime + _YEAR_SECONDS, status.st_mtime + _YEAR_SECONDS))
    return before


def _operate_back_then(tell: Tell, bench: Bench, operation: Operation, library: Path) -> Any:
    now, now_ns = time.time, time.time_ns
    time.time = lambda: now() - 2 * _YEAR_SECONDS
    time.time_ns = lambda: now_ns() - 2 * _YEAR_SECONDS * 1_000_000_000
    return operate(tell, bench, operation, library)
