"""Searches of every kind in one process: p50 and p95, the first one, memory, and recall against exact search."""

import gc
import time
from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np
import psutil
from numpy.typing import NDArray

from api.service.gc_tuning import freeze_heap
from bench.mixed import MAKER, EmbeddedQuery, WordSampler
from bench.scale.drawn_library import ONE_IN, TAG, VIDEOS_IN_FOLDER, DrawnLibrary
from bench.search import TIE, TOP
from bench.support.latency import Latency
from bench.support.synthetic_vectors import FRAMES_PER_SEGMENT, queries
from indexer.config import Settings
from indexer.models.loading import Models
from indexer.store.library import Library
from search.engine import SearchEngine

WARM_UP = 3
RECALL_QUERIES = 50
Float16 = NDArray[np.float16]
Float32 = NDArray[np.float32]


class DrawnModel:
    """Gives every text the vector that was drawn for it, and any other text one of those."""

    batch_frames = 1

    def __init__(self, name: str, vectors: dict[str, Float16]) -> None:
        self.name, self._vectors = name, vectors
        self._all = [*vectors.values()]
        self.dim = len(self._all[0])

    def embed_queries(self, texts: Sequence[str]) -> Float16:
        return np.stack([self._vectors.get(text, self._all[crc32(text.encode()) % len(self._all)]) for text in texts])


def measure_searches(drawn: DrawnLibrary, count: int) -> dict[str, float]:
    """Milliseconds by kind of search, also of processor time, which a busy machine changes little; memory in GB."""
    asked = drawn_queries(drawn, count)
    made: dict[str, float] = {}
    process = psutil.Process()
    with open_engine(drawn, asked) as engine:
        before = process.memory_info().rss
        began = time.perf_counter()
        engine.search(asked[0].text)
        made["first search, s"] = time.perf_counter() - began
        for kind, search in kinds(engine, drawn, asked).items():
            for one in asked[:WARM_UP]:
                search(one)
            freeze_heap()  # as the service does
            worked = time.process_time()
            found = Latency.of([_seconds(search, one) for one in asked[WARM_UP:]])
            worked = (time.process_time() - worked) / (len(asked) - WARM_UP)
            made |= {f"{kind}, p50 ms": found.p50, f"{kind}, p95 ms": found.p95, f"{kind}, CPU ms": 1e3 * worked}
            gc.unfreeze()
        made["memory of a search process, GB"] = process.memory_info().rss / 1e9
        made["of which the library's, GB"] = (process.memory_info().rss - before) / 1e9
    return made


def kinds(
    engine: SearchEngine, drawn: DrawnLibrary, asked: Sequence[EmbeddedQuery]
) -> dict[str, Callable[[EmbeddedQuery], object]]:
    """Searches of each kind for one query."""
    longest = [max(one.text.split(), key=len) for one in asked]  # function words are short
    other = dict(zip((one.text for one in asked), longest[1:] + longest[:1], strict=True))
    middle = drawn.videos // 2
    folder = f"{middle // VIDEOS_IN_FOLDER:04}"

    def like_a_moment(one: EmbeddedQuery) -> object:
        drawn_lot = crc32(one.text.encode())
        return engine.search(like=f"{drawn_lot % drawn.videos}.mp4@{drawn_lot % drawn.per_video}")

    return {
        "pictures alone": lambda one: engine.search(one.text, signals=["picture"]),
        "all signals": lambda one: engine.search(one.text),
        "one video": lambda one: engine.search(one.text, video=f"{middle}.mp4"),
        "one folder": lambda one: engine.search(one.text, scope=f"folder:{folder}"),
        f"1 in {ONE_IN} videos": lambda one: engine.search(one.text, scope=f"tag:{TAG}"),
        "an exclusion": lambda one: engine.search(f"{one.text} -{other[one.text]}"),
        "a then b": lambda one: engine.search(f"{one.text} then {other[one.text]}"),
        "like a moment": like_a_moment,
    }


def measure_recall(drawn: DrawnLibrary, _: int) -> dict[str, float]:
    """Recall@10 of nearest frames and captions against exact search over the same vectors."""
    asked = drawn_queries(drawn, RECALL_QUERIES)
    frames, captions = _Best(np.stack([one.picture for one in asked])), _Best(np.stack([one.words for one in asked]))
    for one in drawn.draw_vectors():
        frames.compare(one[0])
        captions.compare(one[1][1::FRAMES_PER_SEGMENT])
    with Library.open(drawn.path) as library:
        found = [[hit.similarity for hit in library.nearest_frames(one.picture, limit=TOP)] for one in asked]
        said = [
            [hit.similarity for hit in library.nearest_texts(one.words, source="caption", limit=TOP)] for one in asked
        ]
    return {"recall@10, frames": frames.recall(found), "recall@10, captions": captions.recall(said)}


class _Best:
    """The tenth best cosine of each query among all vectors that were compared."""

    def __init__(self, asked: Float16) -> None:
        self._asked = asked.astype(np.float32)
        self._asked /= np.linalg.norm(self._asked, axis=1, keepdims=True)
        self._best = np.full((len(asked), TOP), -1.0, np.float32)

    def compare(self, vectors: Float16) -> None:
        wide = vectors.astype(np.float32)
        wide /= np.linalg.norm(wide, axis=1, keepdims=True)
        both = np.concatenate([self._best, self._asked @ wide.T], axis=1)
        self._best = -np.partition(-both, TOP - 1, axis=1)[:, :TOP]

    def recall(self, found: Sequence[Sequence[float]]) -> float:
        """A row counts where it is as near as the tenth best: equal cosines have no order."""
        tenth = self._best.min(axis=1)
        near = [sum(one >= least - TIE for one in own) for own, least in zip(found, tenth.tolist(), strict=True)]
        return sum(near) / (TOP * len(near))


def drawn_queries(drawn: DrawnLibrary, count: int) -> list[EmbeddedQuery]:
    words = WordSampler(drawn.seed + 1)
    both = [queries(world, drawn.frames, count, per_video=drawn.per_video) for world in (drawn.seen, drawn.told)]
    return [
        EmbeddedQuery(words.text(3 + number % 5), picture.astype(np.float16), meaning.astype(np.float16))
        for number, (picture, meaning) in enumerate(zip(*both, strict=True))
    ]


def open_engine(drawn: DrawnLibrary, asked: Sequence[EmbeddedQuery]) -> SearchEngine:
    models = Models(
        picture=DrawnModel(MAKER.picture_model, {one.text: one.picture for one in asked}),  # pyright: ignore[reportArgumentType]
        text=DrawnModel(MAKER.text_model, {one.text: one.words for one in asked}),  # pyright: ignore[reportArgumentType]
        profile=None,  # pyright: ignore[reportArgumentType]
    )
    return SearchEngine.open(drawn.path, settings=Settings(), load=lambda _: models)


def _seconds(search: Callable[[EmbeddedQuery], object], one: EmbeddedQuery) -> float:
    began = time.perf_counter()
    search(one)
    return time.perf_counter() - began
