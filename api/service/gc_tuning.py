"""What a process that answers many searches does with its heap."""

import atexit
import gc

YOUNG_OBJECTS = 20_000
"""Made before Python looks for cycles among the youngest; by default 700, of which one search makes tens of
thousands, nearly all gone by themselves when it ends."""
ROUNDS = 20
"""Looks at the young before one at the older."""


def settle_heap() -> None:
    """Call it once everything is loaded.

    What is loaded stays: half a million objects with torch and its libraries. Python's garbage collector looks through
    all of them in 0.3 s, with every other thread waiting, and so did every tenth search (`python -m bench.mixed`). From
    here on it leaves them alone.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, ROUNDS, ROUNDS)
    atexit.register(gc.unfreeze)  # else what is never freed is reported as leaked when the process ends
