"""What is disturbed: index, tag, remove, optimize and index again, each with the library that it begins with.

Every operation may be repeated until it is done, as a person would do after an error.
"""

import itertools
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.faults.children import Tell, run_child
from bench.support.library_contents import contents, differences
from demo.world.make import make_world
from indexer.config import Settings
from indexer.models.loading import Models

WORDS = ("amber lantern", "broken compass", "copper kettle", "distant harbour", "evening train", "frozen orchard")
"""Each video's subtitle; what is searched for."""
CORRECTED = "amber lantern in a hand"


@dataclass(frozen=True, slots=True)
class Bench:
    """The films and the models of all trials."""

    folder: Path
    settings: Settings
    models: Models

    @property
    def films(self) -> Path:
        """The folder that is indexed: a link, so that its content changes at once."""
        return self.folder / "films"

    def show(self, films: str) -> None:
        """Makes the films those `before` or `after` they were changed."""
        draft = self.folder / "films.new"
        draft.symlink_to(self.folder / f"films-{films}")
        draft.replace(self.films)

    def settings_of(self, library: Path) -> Settings:
        return replace(self.settings, library=str(library))


def draw_films(folder: Path, seed: int) -> None:
    """Six short films, and the same after some were replaced, moved, removed and added, and a subtitle was changed."""
    before, after = folder / "films-before", folder / "films-after"
    make_world(before, minutes=0.6, seed=seed, video_minutes=0.1)
    films = sorted(before.glob("*.mp4"))[: len(WORDS)]
    for film, words in zip(films, WORDS, strict=True):
        film.with_suffix(".srt").write_text(f"1\n00:00:01,000 --> 00:00:03,000\n{words}\n")
    shutil.copytree(before, after)
    make_world(folder / "more", minutes=0.2, seed=seed + 1, video_minutes=0.1)
    replacing, added = sorted((folder / "more").glob("*.mp4"))[:2]
    names = [after / film.name for film in films]
    shutil.copy2(replacing, names[0])
    names[1].with_suffix(".srt").write_text("1\n00:00:01,000 --> 00:00:03,000\nother words\n")
    names[2].rename(names[2].with_stem("moved"))
    names[2].with_suffix(".srt").rename(names[2].with_stem("moved").with_suffix(".srt"))
    names[3].unlink()
    shutil.copy2(added, after / "added.mp4")


def index(bench: Bench, library: Path) -> None:
    from indexer.pipeline.index import index_paths

    settings = bench.settings_of(library)
    finished = index_paths([bench.films], settings=settings, models=bench.models, prune=True)
    if finished.failed or finished.failed_stages:
        from indexer.store.library import Library

        with Library.open(library) as opened:
            reasons = {one.failure_reason or str(one.stage_failures) for one in opened.videos()}
        raise AssertionError(f"{finished.failed} videos and {finished.failed_stages} stages failed: {reasons}")


def tag(bench: Bench, library: Path) -> None:
    from indexer.store.change_tags import change_tags
    from indexer.store.correct_text import correct_text
    from indexer.store.library import Library

    with Library.open(library) as opened:
        videos = {Path(one.path).stem[-3:]: one.video_id for one in opened.videos()}
        row = opened.texts(videos["000"], "subtitle")[0]  # the first of two where a cut lies within the subtitle
    change_tags(library, [*videos.values()], add=["seen"], remove=["unseen"])
    change_tags(library, [videos["001"]], add=["tag 1"])
    if row.text != CORRECTED:
        correct_text(library, videos["000"], "subtitle", 0, CORRECTED, was=row.text, model=bench.models.text)


def remove(bench: Bench, library: Path) -> None:
    from indexer.store.library import Library

    with Library.open_to_change(library) as opened:
        opened.remove_videos([one.video_id for one in opened.videos() if Path(one.path).stem[-1] in "14"])


def optimize(bench: Bench, library: Path) -> None:
    from indexer.store.library import Library

    with Library.open_to_change(library) as opened:
        opened.maintain(force=True)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, and the library and the films that it begins with."""

    name: str
    run: Callable[[Bench, Path], None]
    begin: str
    """Operation whose clean result it begins with; empty: no library."""
    films: str = "before"


OPERATIONS = (
    Operation("index", index, ""),
    Operation("tag", tag, "index"),
    Operation("optimize", optimize, "tag"),
    Operation("remove", remove, "optimize"),
    Operation("re-index", index, "optimize", films="after"),
)


@dataclass(frozen=True, slots=True)
class Clean:
    """An undisturbed run of an operation."""

    operation: Operation
    library: Path
    contents: dict[str, Any]
    before: dict[str, Any]
    """Contents of the library that it begins with; empty where there is none."""
    seconds: float
    syncs: int
    """Calls of `os.fsync` and `os.replace`: each commit ends with some."""
    grown_bytes: int


def run_all_clean(bench: Bench) -> dict[str, Clean]:
    """Each operation, undisturbed, by name."""
    done: dict[str, Clean] = {}
    for operation in OPERATIONS:
        library = bench.folder / f"clean-{operation.name}"
        begin = begin_library(bench, done, operation, library)
        before = bytes_of(begin) if begin else 0
        ended = run_child(operate, bench, operation, library)
        if ended.how != "done":
            raise SystemExit(f"{operation.name} fails without any fault: {ended.error}")
        seconds, syncs = ended.value
        found = run_child(look, library)
        if found.how != "done" or found.value[1]:
            raise SystemExit(f"{operation.name} leaves problems without any fault: {found}")
        grown = bytes_of(library) - before
        earlier = done[operation.begin].contents if operation.begin else {}
        done[operation.name] = Clean(operation, library, found.value[0], earlier, seconds, syncs, grown)
    return done


def begin_library(bench: Bench, clean: dict[str, Clean], operation: Operation, library: Path) -> Path | None:
    """Puts the library that an operation begins with in a place, and shows the films; what was copied."""
    bench.show(operation.films)
    shutil.rmtree(library, ignore_errors=True)
    if not operation.begin:
        return None
    shutil.copytree(clean[operation.begin].library, library)
    return clean[operation.begin].library


def operate(
    tell: Tell, bench: Bench, operation: Operation, library: Path, at_sync: Callable[[int], None] | None = None
) -> tuple[float, int]:
    """Runs an operation; its seconds and syncs.

    Args:
        at_sync: called before and after every sync with their number so far.
    """
    import_module("indexer.pipeline.index")  # before time counts
    counted = watch_syncs(at_sync or (lambda number: None))
    tell(operation.name)
    started = time.perf_counter()
    operation.run(bench, library)
    return time.perf_counter() - started, next(counted)


def watch_syncs(at_sync: Callable[[int], None]) -> "itertools.count[int]":
    """Calls a function before and after each sync of this process; the numbers that it is called with."""
    numbers = itertools.count()

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            at_sync(next(numbers))
            result = real(*arguments, **named)
            at_sync(next(numbers))
            return result

        return call

    os.fsync, os.replace = watched(os.fsync), watched(os.replace)
    return numbers


def look(tell: Tell, library: Path, with_leftovers: bool = True) -> tuple[dict[str, Any], list[str]]:
    """A library's contents and problems; a film that is not where it was is none of them."""
    from indexer.upkeep.verify import verify_library

    tell("verify")
    found = [one for one in verify_library(library) if one.is_damage or (with_leftovers and one.is_leftover)]
    tell("reading all")
    return contents(library), [f"{one.kind} {one.detail}" for one in found]


def run_again(bench: Bench, operation: Operation, library: Path, clean: Clean) -> list[str]:
    """Runs an operation once more; how the library differs from the clean one then, and its problems."""
    found = run_child(_operate_and_look, bench, operation, library)
    if found.how != "done":
        return [f"run again it {one}" for one in found.fault()]
    other, problems = found.value
    return differences(clean.contents, other) + problems


def _operate_and_look(
    tell: Tell, bench: Bench, operation: Operation, library: Path
) -> tuple[dict[str, Any], list[str]]:
    operate(tell, bench, operation, library)
    return look(tell, library)


def bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
