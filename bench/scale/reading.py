"""Opening a library and looking at it as a whole: `status`, `videos`, `verify`."""

import statistics
import time
from collections.abc import Callable

from api.cli.library_overview import library_overview
from bench.scale.drawn_library import DrawnLibrary
from indexer.config import Settings
from indexer.store.folder import LibraryFolder
from indexer.store.library import Library
from indexer.upkeep.verify import verify_library

TIMES = 3


def measure_reading(drawn: DrawnLibrary, _: int) -> dict[str, float]:
    """Medians in seconds, each with the library opened anew; the size of its files in GB."""
    settings = Settings(library=str(drawn.path))
    last = f"{drawn.videos - 1}.mp4"

    def opened(do: Callable[[Library], object]) -> float:
        def run() -> None:
            with Library.open(drawn.path) as library:
                do(library)

        return statistics.median(_seconds(run) for _ in range(TIMES))

    return {
        "disk, GB": LibraryFolder(drawn.path).size_bytes() / 1e9,
        "opening, s": opened(lambda library: library.maker),
        "one video by name, s": opened(lambda library: library.find_video(last)),
        "`status`, s": opened(lambda library: library_overview(library, settings)),
        "`videos`, s": opened(lambda library: library.videos()),
    }


def measure_verify(drawn: DrawnLibrary, _: int) -> dict[str, float]:
    """Seconds of `reelseek verify`, which reads every file."""
    return {"`verify`, s": _seconds(lambda: verify_library(drawn.path))}


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began
