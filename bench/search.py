"""Vector search in libraries of synthetic frames: recall and latency, beside exact search with numpy.

`python -m bench.search [--rows 10000,100000,1000000] [--out DIR]` makes each library with the store's own code, lets
`maintain` decide on its index, and prints

- recall@10 of `Library.nearest_frames` against an exact search over the same float16 vectors;
- latency of the index alone (10 frames), of the whole query as a user's search runs it (`SearchEngine.search`: 1,000
  candidate frames, background, trimming, moments) without and with embedding the query, at p50 and p95;
- exact numpy search in the same run (one matrix product and a partial sort for the same 10 frames), and its ratio.

The queries' vectors are given (see `bench.support.synthetic_vectors`). The time of embedding is that of the text
tower of the demo world's CLIP checkpoint, whose vectors have another dimension: it is timed apart and added.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.support.latency import Latency, timed
from bench.support.latency_plot import plot_latency
from bench.support.synthetic_vectors import World, make_world, queries, videos
from bench.support.table import print_table
from indexer.config import Settings
from indexer.models.device import single_thread_on_cpu
from indexer.models.image_embedder import load_clip_model
from indexer.models.loading import Models
from indexer.records import FrameRow, SegmentRow, TimeSpan, Video
from indexer.store.hits import FrameHit
from indexer.store.library import Library
from indexer.store.schema import Maker
from search.engine import SearchEngine

DIM = 512
TOP = 10
BATCH_VIDEOS = 20
MAKER = Maker("synthetic", DIM, "", 0, "1/s", "demo")
DEMO_CLIP = Path(__file__).parent.parent / "demo" / "checkpoints" / "clip"
TIE = 2e-4
"""Cosines this close count as equal: float16 components leave an error of about 1e-4."""
Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured with one library."""

    rows: int
    index: str
    build_seconds: float
    recall: float
    nearest: Latency
    whole: Latency
    exact: Latency
    exact_kind: str


class PrecomputedVectors:
    """A picture model whose queries are row numbers of a matrix."""

    name, dim, batch_frames = MAKER.picture_model, DIM, 1

    def __init__(self, vectors: Float32) -> None:
        self._vectors = vectors

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float16]:
        return np.stack([self._vectors[int(text)] for text in texts]).astype(np.float16)


def main() -> None:
    options = argparse.ArgumentParser(
        prog="python -m bench.search", description="Measures search beside exact numpy search."
    )
    options.add_argument("--rows", default="10000,100000,1000000", help="library sizes in frames, comma-separated")
    options.add_argument("--queries", type=int, default=100, help="queries for each library")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--out", type=Path, help="folder for the plot; none is drawn without")
    options.add_argument("--work", type=Path, help="folder for the libraries (3 GB at a million), by default temporary")
    given = options.parse_args()
    embedding = time_embedding()
    print(f"embedding a query: {embedding[0]} ms (p50 / p95) with {embedding[1]}; {os.cpu_count()} cores\n", flush=True)
    results: list[Row] = []
    for rows in (int(part) for part in given.rows.split(",")):
        folder = Path(tempfile.mkdtemp(prefix="reelseek-bench-", dir=given.work))
        try:
            results.append(measure(make_world(dim=DIM, seed=given.seed), rows, given.queries, folder / "library"))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print_results(results, embedding[0])
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        latencies = {"exact numpy": "exact", "index, 10 frames": "nearest", "whole query": "whole"}
        curves = {label: [getattr(row, name) for row in results] for label, name in latencies.items()}
        print(plot_latency(given.out / "search_latency.png", [row.rows for row in results], curves))


def print_results(results: Sequence[Row], embedding: Latency) -> None:
    heads = (
        "frames", "index", "built in s", "recall@10", "index ms p50 / p95", "whole query ms", "with embedding ms",
        "exact numpy ms", "exact / index", "exact / whole",
    )  # fmt: skip
    print_table(heads, [cells(row, embedding) for row in results])


def cells(row: Row, embedding: Latency) -> tuple[str, ...]:
    return (
        f"{row.rows:,}",
        row.index,
        f"{row.build_seconds:.1f}",
        f"{row.recall:.3f}",
        str(row.nearest),
        str(row.whole),
        str(Latency(row.whole.p50 + embedding.p50, row.whole.p95 + embedding.p95)),
        f"{row.exact} ({row.exact_kind})",
        f"{row.exact.p50 / row.nearest.p50:.1f}",
        f"{row.exact.p50 / row.whole.p50:.1f}",
    )


def measure(world: World, rows: int, count: int, path: Path) -> Row:
    """Writes a library, then searches it in each way."""
    asked = queries(world, rows, count)
    vectors, build_seconds, index = make_library(world, rows, path)
    exact, exact_kind, best = time_exact(vectors, asked)
    del vectors
    with Library.open(path) as library:
        for vector in asked[:5]:  # the first touch reads the index from disk
            library.nearest_frames(vector, limit=TOP)
        found: list[list[FrameHit]] = []
        nearest = timed(asked, lambda vector: found.append(library.nearest_frames(vector, limit=TOP)))
    # A frame counts as found when it is as near as the tenth of the exact search: equal cosines have no order.
    near = [[hit.similarity >= tenth - TIE for hit in hits] for hits, tenth in zip(found, best, strict=True)]
    recall = sum(map(sum, near)) / (TOP * len(near))
    return Row(rows, index, build_seconds, recall, nearest, time_whole(path, asked), exact, exact_kind)


def make_library(world: World, rows: int, path: Path) -> tuple[NDArray[np.float16], float, str]:
    """Writes `rows` frames as the pipeline does; returns the vectors, the seconds of `maintain`, the index's name."""
    kept = np.empty((rows, world.dim), np.float16)
    filled = 0
    started = time.perf_counter()
    with Library.open_writer(path, maker=MAKER) as library:
        batch: list[tuple[Video, list[SegmentRow], list[FrameRow]]] = []
        for number, (vectors, segment) in enumerate(videos(world, rows)):
            kept[filled : filled + len(vectors)] = vectors
            filled += len(vectors)
            batch.append(records(number, vectors, segment))
            if len(batch) == BATCH_VIDEOS or filled == rows:
                library.write_pictures([(video.video_id, segments, frames) for video, segments, frames in batch])
                library.put_videos([video for video, _, _ in batch])
                batch = []
        print(f"{rows:,} frames written in {time.perf_counter() - started:.1f} s (making them included)", flush=True)
        started = time.perf_counter()
        library.maintain()
        seconds = time.perf_counter() - started
        return kept, seconds, library.vector_index("frames") or "none (flat)"


def records(
    number: int, vectors: NDArray[np.float16], segment: NDArray[np.int32]
) -> tuple[Video, list[SegmentRow], list[FrameRow]]:
    """Makes the rows of one video at a frame a second."""
    frames = [FrameRow(float(t), int(segment[t]), vectors[t], changed=True) for t in range(len(vectors))]
    edges = [*np.flatnonzero(np.diff(segment, prepend=-1)).tolist(), len(vectors)]
    segments = [
        SegmentRow(index, TimeSpan(float(start), float(stop)), float(start), vectors[start])
        for index, (start, stop) in enumerate(pairwise(edges))
    ]
    name = blake2b(str(number).encode(), digest_size=16).hexdigest()
    video = Video(name, (f"/videos/{number}.mp4",), 1, (1,), float(len(vectors)), None, {"picture": "synthetic"})
    return video, segments, frames


def time_exact(vectors: NDArray[np.float16], asked: Float32) -> tuple[Latency, str, list[float]]:
    """Searches exactly with numpy: latency of the faster of two ways, its name, each query's tenth best cosine."""
    part = vectors[:10_000]
    halves: list[NDArray[np.float16]] = list(asked[:3].astype(np.float16))
    half = timed(halves, part.__matmul__).p50 * len(vectors) / len(part)
    wide = vectors.astype(np.float32)  # (rows, dim), outside the clock: a service would keep it so
    best: list[float] = []

    def search(query: Float32) -> None:
        cosines = wide @ query  # (rows,)
        top = np.argpartition(-cosines, TOP - 1)[:TOP]
        best.append(float(cosines[top].min()))

    single = timed(asked, search)
    if half < single.p50:
        return Latency(half, half), "float16, from a part", best
    return single, "float32", best


def time_whole(path: Path, asked: Float32) -> Latency:
    """Times a user's search by pictures, without embedding."""
    given: Any = PrecomputedVectors(asked)

    def load(settings: Settings, **_: object) -> Models:
        models: Any = Models
        return models(picture=given, text=None, profile=None)

    with SearchEngine.open(path, settings=Settings(), load=load) as engine:
        for number in range(5):
            engine.search(str(number), signals=["picture"])
        return Latency.of(
            [engine.search(str(number), signals=["picture"]).seconds["retrieve"] for number in range(len(asked))]
        )


def time_embedding(count: int = 50) -> tuple[Latency, str]:
    """Times embedding one query with a real text tower."""
    if not DEMO_CLIP.is_dir():
        return Latency(0.0, 0.0), "nothing: there is no demo checkpoint yet, so embedding counts as 0"
    model, name = load_clip_model(str(DEMO_CLIP), device="cpu"), "the demo world's CLIP (its own dimension, one core)"
    asked = [f"a red circle moves left of a blue square {number}" for number in range(count + 5)]
    with single_thread_on_cpu("cpu"):  # on busy cores two threads wait for each other
        model.embed_queries(asked[:5])
        return timed(asked[5:], lambda text: model.embed_queries([text])), name


if __name__ == "__main__":
    main()
