"""Reelseek's store beside faiss, usearch and exact numpy: the same vectors and queries, each in a process of its own.

    python -m bench.scale.peers --rows 100000 --seed 0

`make setup-peers` installs faiss and usearch. Prints recall@10 against exact search, p50 and p95 of a search for 10
frames, memory, and the time to build and to add 1,000 rows; then where Reelseek is not the best. Each search figure is
the median of `--times` passes over the queries. One usual setting of each; they are
not brought to the same recall.

Not equal, and to be read with the figures: Reelseek alone keeps its rows on the disk, with the video and time of each,
and adds them in a commit; the others hold vectors in memory and give row numbers.
"""

import argparse
import gc
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module, util
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import psutil
from numpy.typing import NDArray

from bench.search import MAKER, TIE, TOP, records
from bench.support.latency import timed
from bench.support.synthetic_vectors import FRAMES_PER_SEGMENT, make_world, queries, videos
from bench.support.table import print_table
from indexer.store.library import Library

DIM = 512
MORE = 1000
BATCH = 20_000
"""Rows that are given at once."""
NEEDED = ("faiss", "usearch")
HEADS = ("recall@10", "p50 ms", "p95 ms", "memory, MB", "built in s", "1,000 rows added in ms")
Float32 = NDArray[np.float32]


class Peer(Protocol):
    """An index of vectors of unit length; `add` takes (n, DIM) float32."""

    def build(self, parts: Iterator[Float32], rows: int) -> None: ...

    def add(self, vectors: Float32) -> None: ...

    def cosines(self, query: Float32) -> Sequence[float] | Float32:
        """Of the nearest `TOP` rows, as the index itself gives them."""
        ...


class Exact:
    """One matrix product, and a partial sort."""

    def build(self, parts: Iterator[Float32], rows: int) -> None:
        self._vectors = np.empty((rows, DIM), np.float32)
        for number, part in enumerate(parts):
            self._vectors[number * BATCH : number * BATCH + len(part)] = part

    def add(self, vectors: Float32) -> None:
        self._vectors = np.concatenate([self._vectors, vectors])

    def cosines(self, query: Float32) -> Float32:
        every = self._vectors @ query
        return every[np.argpartition(-every, TOP)[:TOP]]


class Faiss:
    """An index of faiss by the name that its factory knows."""

    def __init__(self, name: str, options: str) -> None:
        self._name, self._options = name, options

    def build(self, parts: Iterator[Float32], rows: int) -> None:
        faiss: Any = import_module("faiss")
        lists = round(4 * rows**0.5)
        self._index: Any = faiss.index_factory(DIM, self._name.format(lists=lists), faiss.METRIC_INNER_PRODUCT)
        given = list(parts)
        if not self._index.is_trained:
            step = max(1, rows // (64 * lists))  # 64 rows a list, as Reelseek trains with
            self._index.train(np.concatenate([part[::step] for part in given]))
        for part in given:
            self._index.add(part)
        faiss.ParameterSpace().set_index_parameters(self._index, self._options.format(probes=lists // 8))

    def add(self, vectors: Float32) -> None:
        self._index.add(vectors)

    def cosines(self, query: Float32) -> Float32:
        return self._index.search(query[None], TOP)[0][0]


class Usearch:
    """HNSW over float16."""

    def build(self, parts: Iterator[Float32], rows: int) -> None:
        index: Any = import_module("usearch.index")
        self._index: Any = index.Index(
            ndim=DIM, metric="ip", dtype="f16", connectivity=32, expansion_add=128, expansion_search=256
        )
        for part in parts:
            self.add(part)

    def add(self, vectors: Float32) -> None:
        first = len(self._index)
        self._index.add(np.arange(first, first + len(vectors)), vectors)

    def cosines(self, query: Float32) -> Float32:
        return 1 - self._index.search(query, TOP).distances


class Store:
    """`Library.nearest_frames`, with rows written and indexes built as an indexing run does."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="reelseek-peers-")
        self._path, self._videos = Path(self._folder.name) / "library", 0

    def build(self, parts: Iterator[Float32], rows: int) -> None:
        for part in parts:
            self.add(part)
        with Library.open_writer(self._path, maker=MAKER) as writer:
            writer.maintain(force=True)
        self._library = Library.open(self._path)

    def add(self, vectors: Float32) -> None:
        segment = np.arange(MORE, dtype=np.int32) // FRAMES_PER_SEGMENT
        starts = range(0, len(vectors), MORE)
        made = [
            records(self._videos + number, part, segment[: len(part)])
            for number, part in enumerate(vectors[start : start + MORE].astype(np.float16) for start in starts)
        ]
        with Library.open_writer(self._path, maker=MAKER) as writer:
            writer.write_pictures([(video.video_id, rows, frames) for video, rows, frames in made])
            writer.put_videos([video for video, _, _ in made])
        self._videos += len(made)

    def cosines(self, query: Float32) -> list[float]:
        return [hit.similarity for hit in self._library.nearest_frames(query, limit=TOP)]


PEERS: dict[str, Callable[[], Peer]] = {
    "Reelseek": Store,
    "faiss HNSW32": lambda: Faiss("HNSW32", "efSearch=256"),
    "faiss IVF-PQ256x4, refined": lambda: Faiss(
        "IVF{lists},PQ256x4fs,Refine(SQfp16)", "nprobe={probes},k_factor_rf=10"
    ),
    "usearch HNSW32, float16": Usearch,
    "exact numpy": Exact,
}


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.scale.peers", description="Reelseek's store beside others.")
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--queries", type=int, default=200)
    options.add_argument("--times", type=int, default=3)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    if absent := [name for name in NEEDED if util.find_spec(name) is None]:
        options.exit(1, f"{' and '.join(absent)} not installed: run `make setup-peers`\n")
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # threads of faiss that spin take half of a busy machine
    with tempfile.TemporaryDirectory(prefix="reelseek-peers-") as folder:
        draw(Path(folder), given.rows, given.queries, given.seed)
        found: dict[str, list[float]] = {}
        for name in PEERS:
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                found[name] = pool.submit(measure, name, Path(folder), given.times).result()
            print(f"{name}: {', '.join(map(_cell, found[name]))}", flush=True)
    print(f"\n{given.rows:,} x {DIM}; {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} over five minutes\n")
    print_table(("", *HEADS), [(name, *map(_cell, row)) for name, row in found.items()])
    print("\n".join(losses(found)))


def draw(folder: Path, rows: int, count: int, seed: int) -> None:
    """Writes vectors and queries for all peers, and each query's tenth best cosine."""
    world = make_world(dim=DIM, seed=seed)
    drawn = np.concatenate([vectors for vectors, _ in videos(world, rows + MORE)])  # (rows + MORE, DIM)
    np.save(folder / "vectors.npy", drawn)
    asked = queries(world, rows, count)
    np.save(folder / "queries.npy", asked)
    best = np.full((count, TOP), -1.0, np.float32)
    for part in _parts(drawn[:rows]):
        best = -np.partition(-np.concatenate([best, asked @ part.T], axis=1), TOP - 1, axis=1)[:, :TOP]
    np.save(folder / "tenth.npy", best.min(axis=1))


def measure(name: str, folder: Path, times: int) -> list[float]:
    """The figures of `HEADS`, in this process."""
    vectors, asked = np.load(folder / "vectors.npy", mmap_mode="r"), np.load(folder / "queries.npy")
    rows, more = len(vectors) - MORE, vectors[-MORE:].astype(np.float32)
    peer = PEERS[name]()
    if name != "Reelseek":  # its imports are this module's
        for needed in NEEDED:
            import_module(needed)
    before = psutil.Process().memory_full_info().uss
    built = _seconds(lambda: peer.build(_parts(vectors[:rows]), rows))
    tenth: list[float] = np.load(folder / "tenth.npy").tolist()
    near = [sum(one >= least - TIE for one in peer.cosines(query)) for query, least in zip(asked, tenth, strict=True)]
    passes = [timed(asked, peer.cosines) for _ in range(times)]
    gc.collect()
    memory = psutil.Process().memory_full_info().uss - before
    added = _seconds(lambda: peer.add(more))
    p50, p95 = (statistics.median(values) for values in zip(*((one.p50, one.p95) for one in passes), strict=True))
    return [sum(near) / (TOP * len(near)), p50, p95, memory / 1e6, built, 1e3 * added]


def losses(found: dict[str, list[float]]) -> Iterator[str]:
    """A line for each figure in which another is better than Reelseek."""
    own = found["Reelseek"]
    for place, head in enumerate(HEADS):
        sign = -1 if place == 0 else 1
        best = min(found, key=lambda name: sign * found[name][place])
        if sign * found[best][place] < sign * own[place]:
            yield f"Reelseek loses in {head}: {_cell(own[place])}, {best} {_cell(found[best][place])}"


def _parts(vectors: NDArray[np.float16]) -> Iterator[Float32]:
    return (vectors[start : start + BATCH].astype(np.float32) for start in range(0, len(vectors), BATCH))


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _cell(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
