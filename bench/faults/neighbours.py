"""Two writers, and readers beside a writer: the second writer is told so, and no reader meets an error."""

from pathlib import Path

from bench.faults.children import Child, Tell
from bench.faults.damages import QUERIES
from bench.faults.operations import OPERATIONS, Bench, begin_library, operate, run_again
from bench.faults.trials import Trial, Workshop

_READERS = 2


def two_writers(shop: Workshop) -> Trial:
    """The same operation twice at the same time."""
    operation = OPERATIONS[shop.number % len(OPERATIONS)]
    clean, library = shop.clean[operation.name], shop.place / "library"
    begin_library(shop.bench, shop.clean, operation, library)
    writers = [Child(operate, shop.bench, operation, library) for _ in range(2)]
    for writer in writers:
        writer.wait_for_step()
    ends = [writer.end() for writer in writers]
    wrong = [one for end in ends for one in end.fault(allowed=("locked",))]
    if all(end.how == "raised" for end in ends):
        wrong.append("neither could write")
    wrong += run_again(shop.bench, operation, library, clean)
    told = sum(end.kind == "locked" for end in ends)
    return Trial("two writers", operation.name, "", wrong, ["one was told"] if told else ["one after the other"])


def readers_beside_writer(shop: Workshop) -> Trial:
    """Listings and searches all the time that an operation takes."""
    operation = OPERATIONS[shop.number % len(OPERATIONS)]
    clean, library, stop = shop.clean[operation.name], shop.place / "library", shop.place / "stop"
    begin_library(shop.bench, shop.clean, operation, library)
    readers = [Child(read_until, shop.bench, library, stop) for _ in range(_READERS)]
    for reader in readers:
        reader.wait_for_step()
    ended = Child(operate, shop.bench, operation, library).end()
    stop.touch()
    ends = [reader.end() for reader in readers]
    wrong = ended.fault() + [f"a reader {one}" for end in ends for one in end.fault()]
    wrong += run_again(shop.bench, operation, library, clean)
    rounds = sum(end.value for end in ends if end.how == "done")
    return Trial("readers beside a writer", operation.name, f"{rounds} rounds of reading", wrong)


def read_until(tell: Tell, bench: Bench, library: Path, stop: Path) -> int:
    """Lists and searches until a file is there; how often. A library that is not made yet is waited for."""
    import time

    from indexer.errors import LibraryMissingError, NotInLibraryError
    from indexer.store.library import Library
    from search.engine import SearchEngine

    rounds = 0
    tell("reading")
    while not stop.exists():
        try:
            with Library.open(library) as opened:
                opened.counts()
                for video in opened.videos():
                    opened.segments(video.video_id)
                    opened.texts(video.video_id)
            with SearchEngine.open(library, settings=bench.settings, load=lambda _: bench.models) as engine:
                engine.search(QUERIES[rounds % len(QUERIES)])
            rounds += 1
        except (LibraryMissingError, NotInLibraryError):
            time.sleep(0.01)
    return rounds
