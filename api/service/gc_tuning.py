"""Garbage collector settings for a process that answers many searches."""

import atexit
import gc

YOUNG_OBJECTS = 20_000
"""New objects before Python collects the youngest generation. The default is 700; one search creates tens of
thousands, and nearly all are freed by reference counting when it ends."""
ROUNDS = 20
"""Collections of a generation before one of the next older generation."""


def freeze_heap() -> None:
    """Excludes all present objects from garbage collection; call it once everything is loaded.

    With torch and its libraries these are half a million objects, which are never freed. A full collection takes 0.3 s
    and blocks every thread; without this, it delayed one search in ten (`python -m bench.mixed`).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, ROUNDS, ROUNDS)
    atexit.register(gc.unfreeze)  # otherwise the frozen objects are reported as leaks at exit
