"""Kills an indexing run at random instants, lets a plain rerun finish it, and compares with a run nobody disturbed.

`python -m bench.crash --kills 25 --seed 1` prints a line for each instant and exits with 1 when a library differs or
`verify` finds something.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from indexer.store import Library

REELSEEK = Path(sys.executable).with_name("reelseek")
"""The command as users run it."""


def contents(place: Path) -> dict[str, Any]:
    """Every row and thumbnail of a library, in a form that two libraries can be compared in."""
    with Library.open(place) as library:
        found: dict[str, Any] = {}
        for video in library.videos():
            key = video.video_id
            found[key] = {
                "video": repr(video),
                "segments": [_comparable(row) for row in library.segments(key)],
                "frames": [_comparable(row) for row in library.frames(key)],
                "texts": [_comparable(row) for row in library.texts(key)],
                "thumbnails": [
                    hashlib.blake2b(library.thumbnail_path(key, row.index).read_bytes()).hexdigest()
                    for row in library.segments(key)
                ],
            }
        return found


def _comparable(row: Any) -> tuple[Any, ...]:
    values = (getattr(row, name) for name in row.__slots__)
    return tuple(value.tobytes() if hasattr(value, "tobytes") else value for value in values)


def differences(clean: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What differs, one line each."""
    found = [f"video {key} only in one of them" for key in sorted(set(clean) ^ set(other))]
    for key in sorted(set(clean) & set(other)):
        found += [f"{part} of {key} differ" for part in clean[key] if clean[key][part] != other[key][part]]
    return found


def command(paths: Sequence[Path], library: Path, models: str) -> list[str]:
    """The run that is disturbed."""
    places = [str(path) for path in paths]
    return [str(REELSEEK), "index", *places, "--library", str(library), "--models", models, "--json"]


def run_and_kill(words: Sequence[str], after_seconds: float) -> str:
    """Starts a run, kills all of it after a while; returns the last event that it printed."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        process.wait(after_seconds)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
    printed = process.communicate()[0].strip().splitlines()
    last = json.loads(printed[-1]) if printed else {"event": "nothing yet"}
    return f"{last['event']} {last.get('stage', '')}".strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="videos to index; default: a drawn world")
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=2.0, help="length of the drawn world")
    parser.add_argument("--models", default="demo")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return _measure(Path(folder), options)


def _measure(folder: Path, options: argparse.Namespace) -> int:
    paths: list[Path] = options.paths
    if not paths:
        from demo.make import make_world

        make_world(folder / "world", minutes=options.minutes, seed=options.seed, video_minutes=0.5)
        paths = [folder / "world"]
    words = command(paths, folder / "clean", options.models)
    started = time.perf_counter()
    subprocess.run(words, check=False, stdout=subprocess.DEVNULL)
    whole = time.perf_counter() - started
    started = time.perf_counter()
    subprocess.run(words, check=False, stdout=subprocess.DEVNULL)
    again = time.perf_counter() - started
    print(f"clean run {whole:.1f} s; second run {again:.1f} s, {again / whole:.1%} of the first", flush=True)
    clean, bad = contents(folder / "clean"), 0
    instants = random.Random(options.seed)
    for number in range(options.kills):
        place = folder / f"killed-{number}"
        words = command(paths, place, options.models)
        after = instants.uniform(0.0, whole)
        seen = run_and_kill(words, after)
        subprocess.run(words, check=False, stdout=subprocess.DEVNULL)
        wrong = differences(clean, contents(place))
        with Library.open(place) as library:
            wrong += [str(problem) for problem in library.audit()]
        bad += bool(wrong)
        print(f"{number + 1:3} killed after {after:6.2f} s at {seen:32} {'; '.join(wrong) or 'equal'}", flush=True)
    print(f"{options.kills - bad} of {options.kills} libraries equal the clean run, row for row, and verify clean")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
