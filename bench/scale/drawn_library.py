"""Synthetic libraries of any number of hours, written with the store's own code; kept, and continued where stopped."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.mixed import BATCH_VIDEOS, MAKER, PICTURE_DIM, SOURCES, STAGES, TEXT_DIM, WordSampler, texts_of
from bench.search import records
from bench.support.synthetic_vectors import FRAMES_PER_VIDEO, World, make_world, videos
from indexer.catalog import TextSource
from indexer.pipeline.commits import MAINTAIN_EVERY
from indexer.records import FrameRow, SegmentRow, TextRow, Video
from indexer.store.library import Library

VIDEOS_IN_FOLDER = 100
ONE_IN = 100
TAG = "hundredth"
"""Of one video in `ONE_IN`."""


@dataclass(frozen=True, slots=True)
class DrawnVideo:
    """Everything that a library holds of one video."""

    video: Video
    segments: list[SegmentRow]
    frames: list[FrameRow]
    texts: list[tuple[TextSource, list[TextRow]]]
    meanings: NDArray[np.float16]
    """(frames, dim) from which the texts' vectors are taken."""


@dataclass(frozen=True, slots=True)
class DrawnLibrary:
    """What a library holds, at one frame a second: equal values draw equal rows."""

    path: Path
    hours: float
    per_video: int = FRAMES_PER_VIDEO
    """Seconds of each video."""
    seed: int = 0

    @property
    def frames(self) -> int:
        return int(self.hours * 3600)

    @property
    def videos(self) -> int:
        return -(-self.frames // self.per_video)

    @property
    def seen(self) -> World:
        return make_world(dim=PICTURE_DIM, seed=self.seed)

    @property
    def told(self) -> World:
        return make_world(dim=TEXT_DIM, seed=self.seed + 1)

    def draw_vectors(self) -> Iterator[tuple[NDArray[np.float16], NDArray[np.float16]]]:
        """Of each video the vectors of its frames, and those that its texts' are taken from: (frames, dim) each."""
        both = (videos(world, self.frames, per_video=self.per_video) for world in (self.seen, self.told))
        for (vectors, _), (meanings, _) in zip(*both, strict=True):
            yield vectors, meanings

    def draw(self, *, first: int = 0, more: int = 0) -> Iterator[DrawnVideo]:
        """The videos from number `first` on, and `more` beyond the library's own."""
        frames, words = self.frames + more * self.per_video, WordSampler(self.seed)
        both = zip(
            videos(self.seen, frames, first=first, per_video=self.per_video),
            videos(self.told, frames, first=first, per_video=self.per_video),
            strict=True,
        )
        for number, ((vectors, segment), (meanings, _)) in enumerate(both, start=first):
            words.begin([self.seed, number])
            video, segments, shots = records(number, vectors, segment)
            path = f"/videos/{number // VIDEOS_IN_FOLDER:04}/{number}.mp4"
            tags = () if number % ONE_IN else (TAG,)
            video = replace(video, paths=(path,), tags=tags, stages=STAGES)
            texts = [(source, texts_of(source, segments, meanings, words)) for source in SOURCES]
            yield DrawnVideo(video, segments, shots, texts, meanings)


def write_videos(library: Library, drawn: list[DrawnVideo]) -> None:
    """Writes these videos as the pipeline does, in one commit a table."""
    library.write_pictures([(one.video.video_id, one.segments, one.frames) for one in drawn])
    library.write_texts([(one.video.video_id, source, rows) for one in drawn for source, rows in one.texts])
    library.put_videos([one.video for one in drawn])


def write_library(drawn: DrawnLibrary) -> dict[str, float]:
    """Writes what is not there yet. Returns seconds a video, those of the last tenth and of the upkeep; empty where
    nothing was to be written."""
    with Library.open_writer(drawn.path, maker=MAKER) as library:
        first = library.counts()["videos"]
        if first >= drawn.videos:
            return {}
        print(f"{drawn.path.name}: videos {first:,} to {drawn.videos:,}", flush=True)
        writing: list[float] = []
        upkeep: list[float] = []
        batch: list[DrawnVideo] = []
        for number, one in enumerate(drawn.draw(first=first), start=first + 1):
            batch.append(one)
            if len(batch) < BATCH_VIDEOS and number < drawn.videos:
                continue
            began = time.perf_counter()
            write_videos(library, batch)
            written = time.perf_counter()
            if len(upkeep) % MAINTAIN_EVERY == MAINTAIN_EVERY - 1 or number == drawn.videos:
                library.maintain()
            writing += [(written - began) / len(batch)] * len(batch)
            upkeep.append(time.perf_counter() - written)
            batch = []
            if number % 500 < BATCH_VIDEOS:
                print(f"  {number:,}: {1e3 * writing[-1]:.0f} ms a video, upkeep {sum(upkeep):.0f} s", flush=True)
    last = writing[-max(1, len(writing) // 10) :]
    return {
        "writing a video, s": float(np.mean(writing)),
        "writing a video, last tenth, s": float(np.mean(last)),
        "upkeep of indexes, s a video": sum(upkeep) / len(writing),
    }
