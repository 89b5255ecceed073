"""The engine with real models: scenes of the demo world, drawn and embedded here, written straight into a library.

Decoding, cutting and reading are left out (the pipeline's tests and `make demo` have them): each scene is one segment,
so what is scored is the demo checkpoints, retrieval, fusion and bounds.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.world.drawing import ScenePainter
from demo.world.ground_truth import WorldIndex, world_truth
from demo.world.scenes import FRAMES_PER_SECOND, Scene, plan_world, scene_seconds
from indexer.catalog import TextSource
from indexer.config import Settings
from indexer.models.loading import Models, load_models
from indexer.provenance import provenance_of
from indexer.records import FrameRow, SegmentRow, TextRow, TimeSpan, Video
from indexer.store.library import Library
from search.engine import SearchEngine
from search.evaluation.evaluate import evaluate_search

pytestmark = pytest.mark.slow

SEED = 7301
MINUTES = 4.0


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models(Settings(models="demo"), announce=print)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, models: Models) -> tuple[Path, Path]:
    """A library and its truth file."""
    folder = tmp_path_factory.mktemp("drawn")
    videos = plan_world(minutes=MINUTES, seed=SEED, video_minutes=MINUTES / 2)
    with Library.open_writer(folder / "library", maker=provenance_of(models, Settings(models="demo"))) as library:
        for number, scenes in enumerate(videos):
            write_video(library, models, f"{number:032x}", scenes)
    truth = world_truth(WorldIndex(scene for scenes in videos for scene in scenes), seed=SEED)
    lines = [
        {"video": f"{one.video}.mp4", "query": one.query, "windows": one.windows, "kind": one.kind} for one in truth
    ]
    (folder / "truth.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / "library", folder / "truth.jsonl"


def write_video(library: Library, models: Models, video_id: str, scenes: list[Scene]) -> None:
    segments: list[SegmentRow] = []
    frames: list[FrameRow] = []
    texts: list[tuple[TextSource, int, TimeSpan, str]] = []
    times, inputs = zip(*(pictures_of(scene, models) for scene in scenes), strict=True)
    assert models.picture
    vectors = iter(models.picture.embed_prepared(np.concatenate(inputs)))  # a batch costs the same, however full
    for index, scene in enumerate(scenes):
        start, stop = scene.window
        own = [FrameRow(time, index, next(vectors), True) for time in times[index]]
        segments.append(SegmentRow(index, TimeSpan(start, stop), own[0].time_seconds, own[0].vector))
        frames += own
        if scene.line:
            texts.append(("subtitle", index, shown(scene, scene.line.start, scene.line.stop), scene.line.text))
        if scene.sign:
            texts.append(("screen_text", index, shown(scene, scene.sign.start, scene.sign.stop), scene.sign.text))
    library.write_pictures([(video_id, segments, frames)])
    assert models.text
    vectors = models.text.embed_documents([text for *_, text in texts])
    rows = [TextRow(*text, vector) for text, vector in zip(texts, vectors, strict=True)]
    for source in ("subtitle", "screen_text"):
        library.write_texts([(video_id, source, [row for row in rows if row.source == source])])
    ready: Any = dict.fromkeys(("picture", "subtitles", "screen_text"), "1")
    path, duration = f"/world/{int(video_id, 16)}.mp4", scenes[-1].window[1]
    library.put_videos([Video(video_id, (path,), 1, (1,), duration, None, ready)])


def pictures_of(scene: Scene, models: Models) -> tuple[list[float], np.ndarray]:
    """One frame a second of a scene: times in seconds, and the model's inputs (n, 3, size, size)."""
    assert models.picture
    painter = ScenePainter(scene)
    first = -scene.start % FRAMES_PER_SECOND
    indices = range(first if first < scene.length else 0, scene.length, FRAMES_PER_SECOND)
    inputs = [models.picture.prepare(painter.frame(index)) for index in indices]
    return [scene_seconds(scene.start + index) for index in indices], np.stack(inputs)


def shown(scene: Scene, start: int, stop: int) -> TimeSpan:
    return TimeSpan(scene_seconds(scene.start + start), scene_seconds(scene.start + stop))


@pytest.fixture(scope="module")
def engine(drawn: tuple[Path, Path], models: Models) -> Iterator[SearchEngine]:
    with SearchEngine.open(drawn[0], settings=Settings(), load=lambda _: models) as engine:
        yield engine


def test_what_is_seen_is_found_by_the_picture_alone(engine: SearchEngine, drawn: tuple[Path, Path]) -> None:
    scores = evaluate_search(engine, drawn[1], signals=["picture"]).to_json()["kinds"]["picture"]
    assert scores["queries"] >= 15
    assert scores["R@1@0.5"] >= 0.75
    assert scores["R@5@0.5"] >= 0.92


def test_what_is_said_and_written_is_found_among_all_signals(engine: SearchEngine, drawn: tuple[Path, Path]) -> None:
    kinds = evaluate_search(engine, drawn[1]).to_json()["kinds"]
    for kind in ("said", "sign"):
        assert kinds[kind]["queries"] >= 5
        assert kinds[kind]["R@1@0.5"] >= 0.9
    assert kinds["picture"]["R@1@0.5"] >= 0.75, "the texts do not get in the way"
