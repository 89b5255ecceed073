"""What one video costs a library: added, changed, tagged and removed, each as one command does it."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable

from bench.mixed import MAKER
from bench.scale.drawn_library import DrawnLibrary, DrawnVideo, write_videos
from indexer.store.change_tags import change_tags
from indexer.store.library import Library

TIMES = 5


def measure_writing(drawn: DrawnLibrary, _: int) -> dict[str, float]:
    """Medians in seconds of opening for writing, the change, upkeep and closing; the library is left as it was."""
    seconds: defaultdict[str, list[float]] = defaultdict(list)

    def timed(name: str, do: Callable[[], object]) -> None:
        began, worked = time.perf_counter(), time.process_time()
        do()
        seconds[f"{name}, s"].append(time.perf_counter() - began)
        seconds[f"{name}, CPU s"].append(time.process_time() - worked)

    new = list(drawn.draw(first=drawn.videos, more=2 * TIMES))
    for one, other in zip(new[:TIMES], new[TIMES:], strict=True):
        name = one.video.video_id
        timed("add a video", lambda one=one: write_one(drawn, one))
        changed = DrawnVideo(one.video, other.segments, other.frames, other.texts, other.meanings)
        timed("change a video", lambda changed=changed: write_one(drawn, changed))
        timed("tag a video", lambda name=name: change_tags(drawn.path, [name], add=["chosen"]))
        timed("remove a video", lambda name=name: remove_one(drawn, name))
    return {name: statistics.median(values) for name, values in seconds.items()}


def measure_optimize(drawn: DrawnLibrary, _: int) -> dict[str, float]:
    """Seconds of `reelseek optimize`."""
    with Library.open_writer(drawn.path, maker=MAKER) as library:
        began = time.perf_counter()
        library.maintain(force=True)
        return {"optimize, s": time.perf_counter() - began}


def write_one(drawn: DrawnLibrary, video: DrawnVideo) -> None:
    with Library.open_writer(drawn.path, maker=MAKER) as library:
        write_videos(library, [video])
        library.maintain()


def remove_one(drawn: DrawnLibrary, video_id: str) -> None:
    with Library.open_writer(drawn.path, maker=MAKER) as library:
        library.remove_videos([video_id])
        library.maintain()
