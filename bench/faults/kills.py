"""SIGKILL at a random moment or at a commit: nothing typed is lost, verify is clean, a rerun equals a clean run."""

import os
import signal
from functools import partial
from pathlib import Path

from bench.faults.children import Child, run_child
from bench.faults.operations import OPERATIONS, Clean, begin_library, look, operate, run_again
from bench.faults.trials import Trial, Workshop

_WAYS = ("at a random moment", "at a commit")


def kill(shop: Workshop) -> Trial:
    """One kill: each operation in turn, each in both ways."""
    operation = OPERATIONS[shop.number % len(OPERATIONS)]
    way = _WAYS[shop.number // len(OPERATIONS) % len(_WAYS)]
    clean, library = shop.clean[operation.name], shop.place / "library"
    begin_library(shop.bench, shop.clean, operation, library)
    if way == _WAYS[1]:
        last = shop.draw.randrange(clean.syncs)
        detail = f"sync {last} of {clean.syncs}"
        child = Child(operate, shop.bench, operation, library, partial(_kill_at, last))
        ended = child.end()
        wrong = [] if ended.how in ("died", "done") else ended.fault()
    else:
        after = shop.draw.uniform(0.0, clean.seconds)
        detail = f"after {after:.3f} of {clean.seconds:.3f} s"
        child = Child(operate, shop.bench, operation, library)
        child.wait_for_step()
        child.kill_after(after)
        wrong = []
    wrong += _left(library, clean)
    wrong += run_again(shop.bench, operation, library, clean)
    return Trial(f"killed {way}", operation.name, detail, wrong)


def _kill_at(last: int, number: int) -> None:
    if number == last:
        os.kill(os.getpid(), signal.SIGKILL)


def _left(library: Path, clean: Clean) -> list[str]:
    """What is wrong with what a kill left, before anything is run again: each video is as before or as after."""
    if not (library / "library.json").exists():
        return ["library.json is gone"] if clean.before else []
    found = run_child(look, library, False)
    if found.how != "done":
        return [f"after the kill {one}" for one in found.fault()]
    contents, problems = found.value
    wrong = [f"after the kill {one}" for one in problems]
    wrong += [f"video {one} is lost" for one in clean.before if one in clean.contents and one not in contents]
    for video_id, parts in contents.items():
        known = [one[video_id]["typed"] for one in (clean.before, clean.contents) if video_id in one]
        # Of two calls of one operation, a kill may leave the first.
        if clean.operation.name != "tag" and parts["typed"] not in known:
            wrong.append(f"what was typed of {video_id} is {parts['typed']}")
    return wrong
