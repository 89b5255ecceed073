"""decord beside PyAV on the same files: time, processor time and peak memory.

`python -m bench.decoders [FILE ...]` reads one frame a second from start to end, waiting `--pause-ms` after each, as a
picture model makes a decoder wait. Without files a video of the demo world is drawn. It is why decord reads short
videos only (`indexer/decode/worker/packet_table.py`).
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.support.table import print_table
from demo.world.make import make_world


def decord_frames(path: str, step: int) -> Iterator[Any]:
    """Yields every `step`-th picture, (height, width, 3), skipping the others."""
    import decord

    reader: Any = decord.VideoReader(path, ctx=decord.cpu(0), num_threads=1)
    for number in range(0, len(reader), step):
        if number:
            reader.skip_frames(step - 1)
        yield reader.next().asnumpy()


def pyav_frames(path: str, step: int) -> Iterator[Any]:
    """Yields every `step`-th picture, (height, width, 3), of a plain decode."""
    import av

    with av.open(path) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for number, frame in enumerate(container.decode(video=0)):
            if number % step == 0:
                yield frame.to_ndarray(format="rgb24")


READERS = {"decord": decord_frames, "pyav": pyav_frames}


def read_in_child(decoder: str, path: str, step: int, pause_seconds: float) -> None:
    """Reads the file in this process and prints its cost."""
    began, frames = time.perf_counter(), 0
    for _ in READERS[decoder](path, step):
        frames += 1
        time.sleep(pause_seconds)
    used = resource.getrusage(resource.RUSAGE_SELF)
    wall = time.perf_counter() - began - frames * pause_seconds
    print(json.dumps([frames, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))


def rate_of(path: Path) -> float:
    """Frames a second, as the container says."""
    import av

    with av.open(str(path)) as container:
        return float(container.streams.video[0].average_rate or 25)


def rows_of(path: Path, pause_ms: float) -> list[list[str]]:
    """One row a decoder; the last column is its processor time to PyAV's."""
    step = str(max(1, round(rate_of(path))))
    found: dict[str, list[float]] = {}
    for decoder in READERS:
        words = [sys.executable, "-m", "bench.decoders", "--child", decoder, str(path), step, str(pause_ms / 1000)]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode == 0:
            found[decoder] = json.loads(done.stdout)
    least = found.get("pyav", [0, 0, 0, 0])[2]
    rows: list[list[str]] = []
    for decoder in READERS:
        if decoder not in found:
            rows.append([path.name, decoder, "cannot read it", "", "", "", ""])
            continue
        frames, wall, spent, mib = found[decoder]
        ratio = f"{spent / least:.2f}" if least else ""
        rows.append([path.name, decoder, f"{frames:.0f}", f"{wall:.1f}", f"{spent:.1f}", f"{mib:.0f}", ratio])
    return rows


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        decoder, path, step, pause = sys.argv[2:]
        read_in_child(decoder, path, int(step), float(pause))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--minutes", type=float, default=20.0, help="of the drawn video (default 20)")
    parser.add_argument("--pause-ms", type=float, default=8.0, help="wait after each frame, not counted (default 8)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files: list[Path] = options.files
        if not files:
            world = make_world(Path(folder), minutes=options.minutes, seed=1, video_minutes=options.minutes)
            files = [world.folder / world.videos[0]]
        rows = [row for path in files for row in rows_of(path, options.pause_ms)]
    print_table(["file", "decoder", "frames", "wall s", "processor s", "peak MiB", "processor to pyav"], rows)


if __name__ == "__main__":
    main()
