"""Crash safety: kills indexing at random instants, lets a rerun finish, and compares with an undisturbed run.

`python -m bench.crash --kills 25 --seed 1` prints a line for each instant and exits with 1 when a library differs or
`verify` finds something. Every run is a process of its own, forked from one that has imported the model libraries and
nothing else: their import takes longer than the work that is to be disturbed, and has nothing to lose.
"""

import argparse
import hashlib
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from indexer.config import Settings
from indexer.pipeline.events import IndexEvent

FORK = multiprocessing.get_context("fork")
REELSEEK = Path(sys.executable).with_name("reelseek")
"""The command as users run it."""


def command(paths: Sequence[Path], library: Path, models: str) -> list[str]:
    """The command line of an indexing run."""
    places = [str(path) for path in paths]
    return [str(REELSEEK), "index", *places, "--library", str(library), "--models", models, "--json"]


def contents(place: Path) -> dict[str, Any]:
    """Reads every row and thumbnail of a library, in a comparable form."""
    from indexer.store.library import Library

    with Library.open(place) as library:
        found: dict[str, Any] = {}
        for video in library.videos():
            key = video.video_id
            segments = library.segments(key)
            found[key] = {
                "video": repr(video),
                "segments": [_comparable(row) for row in segments],
                "frames": [_comparable(row) for row in library.frames(key)],
                "texts": [_comparable(row) for row in library.texts(key)],
                "thumbnails": [
                    hashlib.blake2b(library.thumbnail_path(key, row.index).read_bytes()).hexdigest() for row in segments
                ],
            }
        return found


def _comparable(row: Any) -> tuple[Any, ...]:
    values = (getattr(row, name) for name in row.__slots__)
    return tuple(value.tobytes() if hasattr(value, "tobytes") else value for value in values)


def differences(clean: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Lists the differences, one line each."""
    found = [f"video {key} only in one of them" for key in sorted(set(clean) ^ set(other))]
    for key in sorted(set(clean) & set(other)):
        found += [f"{part} of {key} differ" for part in clean[key] if clean[key][part] != other[key][part]]
    return found


def _contents_and_problems(place: Path) -> tuple[dict[str, Any], list[str]]:
    from indexer.store.library import Library

    with Library.open(place) as library:
        return contents(place), [str(problem) for problem in library.audit()]


def _index(paths: Sequence[Path], settings: Settings, log: Path) -> None:
    from indexer.pipeline.index import index_paths

    with log.open("w", buffering=1) as stream:

        def tell(event: IndexEvent) -> None:
            stream.write(f"{type(event).__name__} {getattr(event, 'stage', '')}\n")

        index_paths(paths, settings=settings, on_event=tell)


def _in_child(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls a function in a forked process: with LanceDB's threads this process could not fork again."""
    ours, theirs = FORK.Pipe()

    def call() -> None:
        theirs.send(function(*arguments))

    child = FORK.Process(target=call)
    child.start()
    theirs.close()
    try:
        return ours.recv()
    except EOFError:
        raise SystemExit(f"{function.__name__} failed; its reason is above") from None
    finally:
        child.join()


def _run_and_kill(paths: Sequence[Path], settings: Settings, log: Path, after_seconds: float) -> str:
    """Starts a run and kills it after a while; returns its last event."""
    log.unlink(missing_ok=True)
    child = FORK.Process(target=_index, args=(paths, settings, log))
    child.start()
    child.join(after_seconds)
    if child.is_alive() and child.pid:
        os.kill(child.pid, signal.SIGKILL)
    child.join()
    told = log.read_text().splitlines() if log.exists() else []
    return told[-1].strip() if told else "nothing yet"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="videos to index; default: a drawn world")
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1.0, help="length of the drawn world")
    parser.add_argument("--models", default="demo")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return _measure(Path(folder), options)


def _measure(folder: Path, options: argparse.Namespace) -> int:
    paths: list[Path] = options.paths
    if not paths:
        from demo.world.make import make_world

        make_world(folder / "world", minutes=options.minutes, seed=options.seed, video_minutes=0.3)
        paths = [folder / "world"]
    import open_clip  # noqa: F401  # pyright: ignore[reportUnusedImport]
    import sentence_transformers  # noqa: F401  # pyright: ignore[reportUnusedImport]

    settings, log = Settings(library=str(folder / "clean"), models=options.models), folder / "log"
    seconds: list[float] = []
    for _ in range(2):
        started = time.perf_counter()
        _in_child(_index, paths, settings, log)
        seconds.append(time.perf_counter() - started)
    print(f"clean run {seconds[0]:.1f} s; a second run {seconds[1]:.1f} s", flush=True)
    clean, wrong = _in_child(_contents_and_problems, folder / "clean")
    bad, instants = int(bool(wrong)), random.Random(options.seed)
    for number in range(options.kills):
        place = folder / f"killed-{number}"
        killed = replace(settings, library=str(place))
        after = instants.uniform(0.0, seconds[0])
        seen = _run_and_kill(paths, killed, log, after)
        _in_child(_index, paths, killed, log)
        found, problems = _in_child(_contents_and_problems, place)
        wrong = differences(clean, found) + problems
        bad += bool(wrong)
        print(f"{number + 1:3} killed after {after:6.2f} s at {seen:32} {'; '.join(wrong) or 'equal'}", flush=True)
    print(f"{options.kills - bad} of {options.kills} libraries equal the clean run, row for row, and verify clean")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
