"""Captions of a drawn world by a tiny model of random weights: what is shown, resuming, and what a change brings."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from indexer.config import Settings
from indexer.errors import ModelMissingError
from indexer.models.frame_pairs import fit_picture_size, pair_times
from indexer.models.loading import Models
from indexer.models.local.model import LocalModel, load_local_model
from indexer.models.vision_language import Prompt, Reply, VisionSpec, frames_of
from indexer.pipeline.events import IndexEvent, StageFinished
from indexer.pipeline.index import index_paths
from indexer.pipeline.stages import caption_worker as caption_stage
from indexer.pipeline.stages.caption_prompt import MAX_CAPTION_PAIRS
from indexer.pipeline.stages.caption_worker import CaptionWorker
from indexer.records import Segment, TextRow, TimeSpan, Video
from indexer.store.library import Library
from search.engine import SearchEngine
from tests.helpers.vlm_checkpoints import write_vlm_checkpoint

pytestmark = pytest.mark.slow

ANY_SIZE = VisionSpec(grid_pixels=28, frames_a_step=2)


class FakeDescriber:
    """Says how often it was asked: a stand-in with names and sizes, and no model behind it."""

    def __init__(self, name: str = "fake describer", *, stop_after: int = 10**9) -> None:
        self.name, self.context_limit = name, 2048
        self.vision = VisionSpec(grid_pixels=28, frames_a_step=2, only=(56, 84))
        self.prompts: list[Prompt] = []
        self.cancel = threading.Event()
        self._stop_after = stop_after

    def count_tokens(self, prompt: Prompt) -> int:
        return 1

    def generate(self, prompts: Sequence[Prompt], *, max_tokens: int, **given: Any) -> list[Reply]:
        self.prompts += prompts
        if len(self.prompts) >= self._stop_after:
            self.cancel.set()
        return [Reply(f"A  scene\nnumber {len(self.prompts)}", 3, True) for _ in prompts]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    return load_local_model(str(write_vlm_checkpoint(tmp_path_factory.mktemp("vlm"))), device="cpu")


@pytest.fixture
def run(world: Path, models: Models, settings_for: Callable[..., Settings]) -> Callable[..., list[IndexEvent]]:
    def index(describer: Any, **values: Any) -> list[IndexEvent]:
        events: list[IndexEvent] = []
        cancel = getattr(describer, "cancel", None)
        index_paths(
            [world],
            settings=settings_for(**{"captions": True, **values}),
            on_event=events.append,
            cancel=cancel,
            models=models,
            vision_language_model=describer,
        )
        return events

    return index


def captions(library: Path) -> dict[str, list[TextRow]]:
    with Library.open(library) as opened:
        return {video.path: opened.texts(video.video_id, "caption") for video in opened.videos()}


def made(events: list[IndexEvent]) -> list[str]:
    return [event.path for event in events if isinstance(event, StageFinished) and event.stage == "captions"]


def test_each_segment_has_one_caption_with_its_span(run: Callable[..., list[IndexEvent]], tmp_path: Path) -> None:
    fake = FakeDescriber()
    assert len(made(run(fake))) == 3
    with Library.open(tmp_path / "library") as library:
        for video in library.videos():
            rows = library.texts(video.video_id, "caption")
            assert [row.span for row in rows] == [row.span for row in library.segments(video.video_id)]
            assert all(row.text.startswith("A scene number") for row in rows)
        assert library.counts()["caption"] == len(fake.prompts)
    for prompt in fake.prompts:
        shown = frames_of(prompt)
        assert 1 <= len(shown) <= MAX_CAPTION_PAIRS
        assert all(part.pixels.shape == (2, 56, 84, 3) and part.times[0] <= part.times[1] for part in shown)


def test_a_real_model_captions(run: Callable[..., list[IndexEvent]], tmp_path: Path, tiny: LocalModel) -> None:
    assert len(made(run(tiny))) == 3
    assert all(rows for rows in captions(tmp_path / "library").values())
    assert made(run(tiny)) == []


def test_an_interrupted_run_goes_on_where_it_stopped(
    run: Callable[..., list[IndexEvent]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caption_stage, "BATCH_SEGMENTS", 4)
    stopped = FakeDescriber(stop_after=1)
    first = made(run(stopped))
    second = made(run(FakeDescriber()))
    assert len(first) < 3
    assert sorted(first + second) == sorted(captions(tmp_path / "library"))
    assert made(run(FakeDescriber())) == []


@pytest.mark.thorough
def test_another_model_makes_captions_anew(run: Callable[..., list[IndexEvent]]) -> None:
    run(FakeDescriber())
    assert len(made(run(FakeDescriber("another describer")))) == 3


@pytest.mark.thorough
def test_without_captions_nothing_is_asked(run: Callable[..., list[IndexEvent]], tmp_path: Path) -> None:
    fake = FakeDescriber()
    run(fake, captions=False)
    assert fake.prompts == []
    assert len(made(run(fake))) == 3, "they can follow later"


def test_an_absent_model_is_told_before_any_work(
    world: Path, models: Models, settings_for: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = settings_for(captions=True, vision_language_model=str(tmp_path / "none"))
    with pytest.raises(ModelMissingError, match="--no-captions"):
        index_paths([world], settings=settings, models=models)
    with Library.open(tmp_path / "library") as library:
        assert library.videos() == []


def test_captions_are_found_as_a_signal_of_their_own(run: Callable[..., list[IndexEvent]], tmp_path: Path) -> None:
    run(FakeDescriber())
    with SearchEngine.open(tmp_path / "library", settings=Settings()) as engine:
        moments = engine.search("scene number", signals=["caption_words"]).moments
    assert moments
    assert all(set(moment.signals) == {"caption_words"} for moment in moments)


def test_a_file_that_is_gone_is_reported(tmp_path: Path, world: Path) -> None:
    gone = Video("0" * 32, (str(tmp_path / "gone.mp4"),), 1, (1,), 10.0, None, {"picture": "1"})
    stage = CaptionWorker(
        [gone],
        segments_of=lambda video: [Segment(0, TimeSpan(0, 10))],
        model=FakeDescriber(),
        settings=Settings(),
        emit=lambda event: None,
        cancel=threading.Event(),
    )
    (result,) = stage.results()
    assert result.error is not None
    assert result.texts == ()


@pytest.mark.parametrize(("start", "stop"), [(0.0, 0.2), (3.0, 3.6), (5.0, 7.0), (10.0, 40.0)])
def test_pairs_lie_inside_their_span(start: float, stop: float) -> None:
    times = pair_times(TimeSpan(start, stop), 4, inset_seconds=0.5)
    assert 1 <= len(times) <= 4
    assert times == sorted(times)
    assert all(start <= time for time in times)
    assert stop - start < 0.5 or times[-1] + 0.5 <= stop


def test_the_size_keeps_the_shape_within_its_tokens() -> None:
    for width, height in ((1920, 1080), (1080, 1920), (320, 240), (4000, 100), (1, 1)):
        size = fit_picture_size(width, height, ANY_SIZE, most_tokens=128)
        assert 1 <= size.tokens(28) <= 128
        assert size.height % 28 == size.width % 28 == 0
    assert fit_picture_size(1920, 1080, ANY_SIZE, most_tokens=128).tokens(28) >= 105
    assert fit_picture_size(320, 240, replace(ANY_SIZE, only=(112, 140)), most_tokens=9).tokens(28) == 20
