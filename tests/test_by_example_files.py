"""Search by an image with the files at hand: frames between two sampled ones are found, with their exact time."""

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from indexer.config import Settings
from indexer.decode.video import open_video
from indexer.models.loading import Models, load_models
from indexer.pipeline.index import index_paths
from indexer.records import Pixels, SampledFrame, TimeSpan
from search.by_example.example import stretch_levels
from search.by_example.frame_refinement import RefinementCandidate, refine_frame_matches
from search.by_example.template_matching import make_templates
from search.engine import SearchEngine

pytestmark = pytest.mark.thorough

SETTINGS = Settings(models="demo", screen_text=False, captions=False, batch_frames=2)
BETWEEN = [2.55, 5.45, 9.65, 13.35, 17.55, 20.45]
"""Seconds; pictures are sampled once a second."""


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models(SETTINGS, announce=print)


@pytest.fixture(scope="module")
def films(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies, which a test may move away for a while."""
    folder = tmp_path_factory.mktemp("films")
    for video in world.glob("*.mp4"):
        shutil.copy(video, folder)
    return folder


@pytest.fixture(scope="module")
def engine(films: Path, tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[SearchEngine]:
    library = tmp_path_factory.mktemp("by-example") / "library"
    index_paths([films], settings=replace(SETTINGS, library=str(library)), models=models)
    with SearchEngine.open(library, settings=SETTINGS, load=lambda _: models) as engine:
        yield engine


@pytest.fixture
def take_films_away(films: Path, tmp_path: Path) -> Iterator[Callable[[], Path]]:
    """Moves every film elsewhere, until the test ends."""
    away = tmp_path / "away"
    yield lambda: films.rename(away)
    away.rename(films)


def frames_between(films: Path) -> dict[Path, list[SampledFrame]]:
    found: dict[Path, list[SampledFrame]] = {}
    for video in sorted(films.glob("*.mp4")):
        with open_video(video, settings=SETTINGS, times=BETWEEN) as reader:
            found[video] = list(reader.frames())
    return found


def packed(pixels: Pixels) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def test_a_frame_between_two_sampled_ones_is_found(engine: SearchEngine, films: Path) -> None:
    asked = frames_between(films)
    for video, frames in asked.items():
        for frame in frames:
            (moment,) = engine.search(image=packed(frame.pixels), limit=1).moments
            assert Path(moment.video) == video
            assert moment.span.start_seconds - 0.5 <= frame.time_seconds <= moment.span.stop_seconds + 0.5


def test_the_frame_of_a_cropped_image_is_found(films: Path) -> None:
    told: list[bool] = []
    for video, frames in frames_between(films).items():
        for frame in frames:
            height, width = frame.pixels.shape[:2]
            parts = make_templates(frame.pixels[height // 10 : height * 9 // 10, width // 20 : width * 17 // 20])
            near = (float(round(frame.time_seconds - 0.5)), float(round(frame.time_seconds + 0.5)))
            candidate = RefinementCandidate(("a", 0), str(video), TimeSpan(0, 24), near)
            (sighting,) = refine_frame_matches(parts, [candidate], settings=SETTINGS).values()
            told.append(abs(sighting.time_seconds - frame.time_seconds) <= 0.5)
    assert sum(told) / len(told) >= 0.8, told


def test_a_file_that_cannot_be_read_is_left_out(films: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    (whole, *_) = sorted(films.glob("*.mp4"))
    files = [tmp_path / "vanished.mp4", tmp_path / "broken.mp4", whole]
    candidates = [RefinementCandidate((file.name, 0), str(file), TimeSpan(0, 9), (1.0, 2.0)) for file in files]
    parts = make_templates(np.zeros((60, 80, 3), np.uint8))
    assert set(refine_frame_matches(parts, candidates, settings=SETTINGS)) == {(whole.name, 0)}


@given(start=st.floats(0, 100), length=st.floats(0.01, 30), around=st.lists(st.floats(0, 130), min_size=1, max_size=3))
def test_a_candidate_is_decoded_inside_its_segment(start: float, length: float, around: list[float]) -> None:
    times = RefinementCandidate(("a", 0), "a.mp4", TimeSpan(start, start + length), tuple(around)).times()
    assert times == sorted(set(times))
    assert times
    assert all(start <= time < start + length for time in times)


def test_vanished_files_are_compared_by_their_thumbnails(
    engine: SearchEngine, films: Path, take_films_away: Callable[[], Path]
) -> None:
    asked = frames_between(films)
    take_films_away()
    right = [
        Path(engine.search(image=packed(frame.pixels), limit=1).moments[0].video) == video
        for video, frames in asked.items()
        for frame in frames
    ]
    assert sum(right) / len(right) >= 0.8, right


def test_a_faded_frame_is_found_with_stretched_levels(engine: SearchEngine, films: Path) -> None:
    for video, frames in frames_between(films).items():
        faded = (frames[0].pixels * 0.2).astype(np.uint8)
        (moment,) = engine.search(image=packed(faded), limit=1).moments
        assert Path(moment.video) == video
        assert moment.span.start_seconds - 0.5 <= frames[0].time_seconds <= moment.span.stop_seconds + 0.5


@pytest.mark.parametrize("level", [0, 7, 128, 255])
def test_a_picture_of_one_colour_is_not_stretched(level: int) -> None:
    assert stretch_levels(np.full((20, 20, 3), level, np.uint8)) == ()


def test_only_faded_pictures_are_stretched() -> None:
    ramp = np.linspace(0, 255, 400).astype(np.uint8).repeat(3).reshape(20, 20, 3)
    assert stretch_levels(ramp) == ()
    (whole,) = stretch_levels((ramp * 0.3 + 60).astype(np.uint8))
    assert (whole.min(), whole.max()) == (0, 255)
