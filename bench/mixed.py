"""Search by all signals beside search by pictures alone, in a library of 100,000 segments.

`python -m bench.mixed [--segments 100000] [--queries 200] [--work DIR]` writes the library with the store's own code
(5 frames a segment, a caption each, a spoken line for every second, words on the screen for every third), lets
`maintain` decide on its indexes, then runs each query twice, in turn: with `signals=["picture"]` and with all. It
prints p50 and p95 of both, their ratio, and the parts of the time.

Vectors are those of `bench.support.synthetic_vectors`. Words are drawn by Zipf's law with English function words on
top, so that full-text search meets frequent and rare words. Embedding is not measured: vectors are precomputed.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.service.gc_tuning import freeze_heap
from bench.search import records
from bench.support.latency import Latency
from bench.support.synthetic_vectors import FRAMES_PER_SEGMENT, make_world, queries, videos
from bench.support.table import print_table
from indexer.catalog import TextSource
from indexer.config import Settings
from indexer.models.loading import Models
from indexer.records import SegmentRow, TextRow, TimeSpan, Video
from indexer.store.library import Library
from indexer.store.schema import Maker
from search.engine import SearchEngine

PICTURE_DIM, TEXT_DIM = 512, 384
KEEP_EVERY = 2
"""Every second drawn frame is used, 5 a segment."""
BATCH_VIDEOS = 20
MAKER = Maker("synthetic", PICTURE_DIM, "synthetic", TEXT_DIM, "1/s", "small")
SOURCES: dict[TextSource, tuple[int, int]] = {"caption": (1, 12), "subtitle": (2, 8), "screen_text": (3, 3)}
"""Source -> (segments for each text, words of a text)."""
STAGES: Any = dict.fromkeys(("picture", "subtitles", "screen_text", "captions"), "synthetic")
FUNCTION_WORDS = "a the of and in to is on with at it for".split()
VOCABULARY = 20_000
ZIPF = 1.1
Float16 = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class EmbeddedQuery:
    """A query with its precomputed vectors."""

    text: str
    picture: Float16
    words: Float16


def main() -> None:
    options = argparse.ArgumentParser(
        prog="python -m bench.mixed", description="A query by every signal beside pictures alone."
    )
    options.add_argument("--segments", type=int, default=100_000)
    options.add_argument("--queries", type=int, default=200)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--work", type=Path, help="folder to keep the library in; by default a temporary one")
    given = options.parse_args()
    folder = given.work or Path(tempfile.mkdtemp(prefix="reelseek-mixed-"))
    path = folder / f"library-{given.segments}-{given.seed}"
    try:
        if not path.is_dir():
            write_library(path, given.segments, given.seed)
        report(measure(path, asked(given.segments, given.seed, given.queries)))
    finally:
        if given.work is None:
            shutil.rmtree(folder, ignore_errors=True)


def write_library(path: Path, segments: int, seed: int) -> None:
    """Writes rows as the pipeline does, then lets the store build its indexes."""
    seen, told = make_world(dim=PICTURE_DIM, seed=seed), make_world(dim=TEXT_DIM, seed=seed + 1)
    words = WordSampler(seed)
    frames = segments * FRAMES_PER_SEGMENT
    started = time.perf_counter()
    with Library.open_writer(path, maker=MAKER) as library:
        both = zip(videos(seen, frames), videos(told, frames), strict=True)
        batch: list[tuple[Video, list[SegmentRow], Any]] = []
        texts: list[tuple[str, TextSource, list[TextRow]]] = []
        for number, ((vectors, segment), (meanings, _)) in enumerate(both):
            video, rows, shots = records(number, vectors[::KEEP_EVERY], segment[::KEEP_EVERY])
            batch.append((replace(video, stages=STAGES), rows, shots))
            texts.extend((video.video_id, source, texts_of(source, rows, meanings, words)) for source in SOURCES)
            if len(batch) == BATCH_VIDEOS or (number + 1) * len(vectors) >= frames:
                library.write_pictures([(one.video_id, rows, shots) for one, rows, shots in batch])
                library.write_texts(texts)
                library.put_videos([one for one, _, _ in batch])
                batch, texts = [], []
        print(f"{segments:,} segments written in {time.perf_counter() - started:.0f} s", flush=True)
        started = time.perf_counter()
        library.maintain(force=True)
        print(
            f"indexes built in {time.perf_counter() - started:.0f} s: frames {library.vector_index('frames')},", end=""
        )
        print(f" texts {library.vector_index('texts')}; {library.counts()}", flush=True)


class WordSampler:
    """Samples texts by Zipf's law; equal seeds give equal texts."""

    def __init__(self, seed: int) -> None:
        self.begin([seed, 11])
        letters = np.random.default_rng(7).integers(0, 26, (VOCABULARY, 7))
        self._known = ["".join(chr(97 + int(sign)) for sign in row) for row in letters]
        weights = 1.0 / np.arange(1, VOCABULARY + 1) ** ZIPF
        self._weights = np.cumsum(weights / weights.sum())

    def begin(self, seed: Sequence[int]) -> None:
        """Begins anew with another seed and the same words."""
        self._rng = np.random.default_rng(seed)

    def text(self, length: int) -> str:
        """Samples a text of `length` words, about a third of them function words."""
        ranks = np.searchsorted(self._weights, self._rng.random(length))
        light = self._rng.random(length) < 1 / 3
        return " ".join(
            FUNCTION_WORDS[int(rank) % len(FUNCTION_WORDS)] if is_light else self._known[min(int(rank), VOCABULARY - 1)]
            for rank, is_light in zip(ranks, light, strict=True)
        )


def texts_of(source: TextSource, rows: Sequence[SegmentRow], meanings: Float16, words: WordSampler) -> list[TextRow]:
    """Makes the texts of one video from a source."""
    every, length = SOURCES[source]
    return [
        TextRow(
            source,
            row.index,
            TimeSpan(row.span.start_seconds, row.span.stop_seconds),
            words.text(length),
            meanings[row.index * FRAMES_PER_SEGMENT + every],
        )
        for row in rows[::every]
    ]


def asked(segments: int, seed: int, count: int) -> list[EmbeddedQuery]:
    seen, told = make_world(dim=PICTURE_DIM, seed=seed), make_world(dim=TEXT_DIM, seed=seed + 1)
    frames, words = segments * FRAMES_PER_SEGMENT, WordSampler(seed + 1)
    pictures, meanings = queries(seen, frames, count), queries(told, frames, count)
    return [
        EmbeddedQuery(words.text(3 + number % 5), picture.astype(np.float16), meaning.astype(np.float16))
        for number, (picture, meaning) in enumerate(zip(pictures, meanings, strict=True))
    ]


class PrecomputedVectors:
    """A model that looks its queries' vectors up."""

    batch_frames = 1

    def __init__(self, name: str, vectors: dict[str, Float16]) -> None:
        self.name, self._vectors = name, vectors
        self.dim = len(next(iter(vectors.values())))

    def embed_queries(self, texts: Sequence[str]) -> Float16:
        return np.stack([self._vectors[text] for text in texts])


def measure(path: Path, questions: Sequence[EmbeddedQuery]) -> dict[str, list[float]]:
    """Times each query by pictures alone and by all signals, in turn: seconds by name."""
    made: Any = Models
    models = made(
        picture=PrecomputedVectors(MAKER.picture_model, {one.text: one.picture for one in questions}),
        text=PrecomputedVectors(MAKER.text_model, {one.text: one.words for one in questions}),
        profile=None,
    )
    times: dict[str, list[float]] = {"picture": [], "all": []}
    with SearchEngine.open(path, settings=Settings(), load=lambda _: models) as engine:
        for one in questions[:10]:
            engine.search(one.text)
        freeze_heap()  # as the service does
        for one in questions:
            times["picture"].append(engine.search(one.text, signals=["picture"]).seconds["retrieve"])
            times["all"].append(engine.search(one.text).seconds["retrieve"])
    return times


def report(times: dict[str, list[float]]) -> None:
    alone, mixed = Latency.of(times["picture"]), Latency.of(times["all"])
    print_table(
        ("query", "p50 ms", "p95 ms"),
        [
            ("by pictures alone", f"{alone.p50:.1f}", f"{alone.p95:.1f}"),
            ("by all signals", f"{mixed.p50:.1f}", f"{mixed.p95:.1f}"),
            ("ratio", f"{mixed.p50 / alone.p50:.2f}", f"{mixed.p95 / alone.p95:.2f}"),
        ],
    )


if __name__ == "__main__":
    main()
