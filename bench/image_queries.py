"""Search by an image: frames at random times of an unseen world, and degraded copies of them.

`python -m bench.image_queries [--seed 1] [--minutes 20] [--queries 100] [--folder DIR]` draws a world, indexes its
pictures, decodes frames at random times inside scenes, and makes of each an exact copy, a cut-out of 60 to 90 % of its
sides, a mirror image, smaller ones and a JPEG of quality 20 to 50. A query is right when the first moment reaches IoU
0.5 with the window of the scene that the frame is from (R@1).

With `--real FOLDER` real videos are indexed in place of a world. There is no truth about scenes then: the first moment
must hold the frame's time, give or take half a sampling step, or show the same picture: the same lecture lies there in
many encodings, and a slide stands for minutes.
"""

import argparse
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from bench.support.table import print_table
from demo.world.make import make_world
from demo.world.scenes import FRAMES_PER_SECOND, plan_world, scene_seconds
from indexer.config import Settings
from indexer.decode.image import MIN_IMAGE_SIDE
from indexer.decode.video import open_video
from indexer.errors import VideoError
from indexer.pipeline.index import index_paths
from indexer.records import TimeSpan
from search.engine import SearchEngine
from search.results import Moment

VIDEO_MINUTES = 5.0
SLACK_SECONDS = 0.5
RIGHT_IOU = 0.5
SAME_SIDES = (96, 64)
SAME_LEVELS = 6.0
"""Root mean square of the differences of colour, of 255, up to which two pictures of `SAME_SIDES` are one. Measured:
one slide in seven encodings 0.6 to 5.1; a bottle moved on a desk, or other words in as large letters, 12 and more."""
LOOKS_A_SECOND = 4


@dataclass(frozen=True, slots=True)
class QueryFrame:
    """A frame and its origin."""

    video: Path
    at_seconds: float
    window: TimeSpan | None
    """Window of its scene; None for real videos."""
    picture: Image.Image


def main() -> None:
    """Reads the options, measures, prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.image_queries", description="Measures search by an image.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=20.0, help="of the world")
    parser.add_argument("--queries", type=int, default=100, help="frames")
    parser.add_argument("--folder", type=Path, help="keep world and library here, and take what is there")
    parser.add_argument("--real", type=Path, help="a folder of real videos in place of a world")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="image-queries-"))
    rng = random.Random(f"image queries {options.seed}")
    try:
        settings = Settings(library=str(folder / "library"), models="demo", screen_text=False, captions=False)
        videos = options.real or folder / "world"
        if options.real is None and not videos.is_dir():
            make_world(videos, minutes=options.minutes, seed=options.seed, video_minutes=VIDEO_MINUTES)
        index_paths([videos], settings=settings)
        with SearchEngine.open(folder / "library", settings=settings) as engine:
            if options.real is None:
                asked = list(drawn(videos, options.minutes, options.seed, options.queries, settings, rng))
            else:
                asked = list(filmed(engine, options.queries, settings, rng))
            measure(engine, asked, settings, rng)
    finally:
        if options.folder is None:
            shutil.rmtree(folder)


def drawn(
    folder: Path, minutes: float, seed: int, queries: int, settings: Settings, rng: random.Random
) -> Iterator[QueryFrame]:
    """Decodes frames at random times of a world's scenes."""
    worlds = plan_world(minutes=minutes, seed=seed, video_minutes=VIDEO_MINUTES)
    scenes = [scene for scenes in worlds for scene in scenes]
    chosen = rng.sample(scenes, min(queries, len(scenes)))
    for number in range(len(worlds)):
        wanted = sorted((scene.start + rng.randrange(scene.length), scene) for scene in chosen if scene.video == number)
        path = folder / f"world-{seed}-{number:03d}.mp4"
        times = [scene_seconds(frame) + 0.5 / FRAMES_PER_SECOND for frame, _ in wanted]
        pictures = pictures_at(path, times, settings)
        for (frame, scene), picture in zip(wanted, pictures, strict=True):
            yield QueryFrame(path, scene_seconds(frame), TimeSpan(*scene.window), picture)


def filmed(engine: SearchEngine, queries: int, settings: Settings, rng: random.Random) -> Iterator[QueryFrame]:
    """Decodes frames at random times of real videos, each video once before any is used again."""
    videos = [video for video in engine.videos() if "picture" in video.stages]
    rng.shuffle(videos)
    for place in range(queries):
        video = videos[place % len(videos)]
        at = rng.uniform(0, video.duration_seconds)
        try:
            picture = pictures_at(Path(video.path), [at], settings)
        except VideoError:
            continue
        if picture and min(picture[0].size) >= 4 * MIN_IMAGE_SIDE:  # a quarter of it can be asked for
            yield QueryFrame(Path(video.path), at, None, picture[0])


def pictures_at(path: Path, times: Sequence[float], settings: Settings) -> list[Image.Image]:
    """Decodes the frames on screen at the given times, in ascending order."""
    if not times:
        return []
    with open_video(path, settings=settings, times=times, max_side=settings.picture_max_side) as reader:
        return [Image.fromarray(frame.pixels) for frame in reader.frames()]


def copies(picture: Image.Image, rng: random.Random) -> Iterator[tuple[str, Image.Image, int]]:
    """Yields degraded copies: (name, picture, JPEG quality or 0 for PNG)."""
    width, height = picture.size
    yield "exact", picture, 0
    share = rng.uniform(0.6, 0.9)
    wide, high = round(width * share), round(height * share)
    left, top = rng.randint(0, width - wide), rng.randint(0, height - high)
    yield "cut out, 60-90 % a side", picture.crop((left, top, left + wide, top + high)), 0
    yield "mirrored", ImageOps.mirror(picture), 0
    yield "half the size", picture.resize((width // 2, height // 2)), 0
    yield "a quarter of the size", picture.resize((width // 4, height // 4)), 0
    yield "JPEG, quality 20-50", picture, rng.randint(20, 50)


def measure(engine: SearchEngine, asked: Sequence[QueryFrame], settings: Settings, rng: random.Random) -> None:
    """Searches with every copy and prints the share found first."""
    right: dict[str, int] = {}
    for one in asked:
        for name, picture, quality in copies(one.picture, rng):
            moments = engine.search(image=packed(picture, quality), limit=1).moments
            right[name] = right.get(name, 0) + (bool(moments) and is_right(moments[0], one, settings))
    rows = [(name, str(len(asked)), f"{count / len(asked):.3f}") for name, count in right.items()]
    print_table(("copy", "queries", "R@1"), rows)


def is_right(moment: Moment, asked: QueryFrame, settings: Settings) -> bool:
    span = moment.span
    is_its_video = Path(moment.video).resolve() == asked.video.resolve()
    if asked.window is not None:
        return is_its_video and span.iou(asked.window) >= RIGHT_IOU
    slack = SLACK_SECONDS
    if is_its_video and span.start_seconds - slack <= asked.at_seconds < span.stop_seconds + slack:
        return True
    looks = max(1, round(span.duration_seconds * LOOKS_A_SECOND))
    times = [span.start_seconds + look * span.duration_seconds / looks for look in range(looks)]
    return any(is_same(asked.picture, picture) for picture in pictures_at(Path(moment.video), times, settings))


def is_same(one: Image.Image, other: Image.Image) -> bool:
    small = [np.asarray(picture.resize(SAME_SIDES, Image.Resampling.BOX), np.float64) for picture in (one, other)]
    return bool(np.sqrt(np.mean((small[0] - small[1]) ** 2)) <= SAME_LEVELS)


def packed(picture: Image.Image, quality: int) -> bytes:
    stream = BytesIO()
    if quality:
        picture.save(stream, "JPEG", quality=quality)
    else:
        picture.save(stream, "PNG")
    return stream.getvalue()


if __name__ == "__main__":
    main()
