"""Indexing folders of real videos: what a second run does, what a bad file does, what is found again."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.support.library_contents import contents, differences
from indexer.config import Settings
from indexer.errors import LibraryModelsError, ModelMissingError, UsageError
from indexer.models.loading import Models
from indexer.pipeline.events import IndexEvent, StageFinished, VideoFailed, VideoMissing, VideoMoved, VideoSkipped
from indexer.pipeline.index import index_paths
from indexer.store.library import Library

pytestmark = pytest.mark.slow

Make = Callable[..., Settings]


class Run:
    """Indexes into one library and remembers what it was told."""

    def __init__(self, settings: Settings, models: Models) -> None:
        self.settings, self.models = settings, models
        self.events: list[IndexEvent] = []

    def __call__(self, *paths: Path, **options: object) -> "Run":
        self.events = []
        self.finished = index_paths(
            list(paths),
            settings=self.settings,
            models=self.models,
            on_event=self.events.append,
            **options,  # pyright: ignore[reportArgumentType]
        )
        return self

    def of(self, kind: type) -> list[IndexEvent]:
        return [event for event in self.events if isinstance(event, kind)]

    def library(self) -> Library:
        return Library.open(Path(self.settings.library))


@pytest.fixture
def run(settings_for: Make, models: Models) -> Run:
    return Run(settings_for(), models)


@pytest.fixture
def folder(world: Path, tmp_path: Path) -> Path:
    """A private copy of the world."""
    return Path(shutil.copytree(world, tmp_path / "films"))


def test_a_folder_becomes_a_clean_library(run: Run, folder: Path) -> None:
    run(folder)
    assert (run.finished.videos, run.finished.indexed, run.finished.failed) == (3, 3, 0)
    with run.library() as library:
        assert library.audit() == []
        for video in library.videos():
            segments = library.segments(video.video_id)
            assert segments[0].span.start_seconds == 0
            assert segments[-1].span.stop_seconds == pytest.approx(video.duration_seconds)
            assert len(library.frames(video.video_id)) >= int(video.duration_seconds)
            assert all(library.thumbnail_path(video.video_id, row.index).stat().st_size for row in segments)
        assert any(library.texts(video.video_id) for video in library.videos())


def test_a_second_run_writes_no_row_and_loads_no_model(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(folder)
    before = sorted(path for path in Path(run.settings.library).rglob("*.lance*"))
    monkeypatch.setattr("indexer.pipeline.index.load_models", lambda settings: pytest.fail("models were loaded"))
    run.models = None  # pyright: ignore[reportAttributeAccessIssue]
    run(folder)
    assert (run.finished.indexed, run.finished.skipped) == (0, 3)
    assert {event.reason for event in run.of(VideoSkipped)} == {"indexed already"}  # pyright: ignore
    assert sorted(path for path in Path(run.settings.library).rglob("*.lance*")) == before


def test_interrupted_and_continued_equals_undisturbed(
    run: Run, folder: Path, settings_for: Make, tmp_path: Path
) -> None:
    run(folder)
    other = Run(settings_for(library=str(tmp_path / "other")), run.models)
    cancel = threading.Event()
    stop_at_first = lambda event: cancel.set() if isinstance(event, StageFinished) else None  # noqa: E731
    finished = index_paths(
        [folder], settings=other.settings, models=other.models, on_event=stop_at_first, cancel=cancel
    )
    assert finished.interrupted
    other(folder)
    assert differences(contents(Path(run.settings.library)), contents(Path(other.settings.library))) == []


def test_a_bad_file_is_listed_kept_and_not_tried_again(run: Run, folder: Path) -> None:
    (folder / "broken.mp4").write_bytes(os.urandom(9000))
    (folder / "empty.mkv").write_bytes(b"")
    run(folder)
    assert (run.finished.indexed, run.finished.failed) == (3, 2)
    assert {event.kind for event in run.of(VideoFailed)} == {"unreadable"}  # pyright: ignore
    with run.library() as library:
        kept = [video for video in library.videos() if video.failure_kind]
        assert {Path(video.path).name for video in kept} == {"broken.mp4", "empty.mkv"}
        assert all("broken" in video.failure_reason or "empty" in video.failure_reason for video in kept)
    run(folder)
    assert (run.finished.failed, run.finished.skipped) == (0, 5)
    run(folder, retry_failed=True)
    assert run.finished.failed == 2


def test_a_repaired_file_is_indexed_and_its_failure_forgotten(run: Run, folder: Path) -> None:
    good = next(folder.glob("*.mp4")).read_bytes()
    for file in folder.glob("*.mp4"):
        file.unlink()
    (folder / "film.mp4").write_bytes(good[:100])
    assert run(folder).finished.failed == 1
    (folder / "film.mp4").write_bytes(good)
    assert run(folder).finished.indexed == 1
    with run.library() as library:
        assert [video.failure_kind for video in library.videos()] == [""]
        assert library.audit() == []


def test_a_moved_file_is_recognised_and_a_removed_one_reported_then_pruned(run: Run, folder: Path) -> None:
    run(folder)
    first, second, _ = sorted(folder.glob("*.mp4"))
    first.rename(folder / "renamed.mp4")
    second.unlink()
    run(folder)
    assert run.finished.indexed <= 1  # the renamed one may have lost its sidecar, so its subtitles are made again
    assert [Path(event.path).name for event in run.of(VideoMoved)] == ["renamed.mp4"]  # pyright: ignore
    assert [event.dropped for event in run.of(VideoMissing)] == [False]  # pyright: ignore
    run(folder, prune=True)
    assert [event.dropped for event in run.of(VideoMissing)] == [True]  # pyright: ignore
    with run.library() as library:
        assert len(library.videos()) == 2
        assert library.audit() == []


def test_a_changed_file_is_replaced(run: Run, folder: Path) -> None:
    run(folder)
    first, second, _ = sorted(folder.glob("*.mp4"))
    first.write_bytes(second.read_bytes())
    run(folder)
    with run.library() as library:
        assert sorted(len(video.paths) for video in library.videos()) == [1, 2]
        assert library.audit() == []


def test_a_new_sidecar_changes_the_subtitles_alone(run: Run, folder: Path) -> None:
    run(folder)
    video = sorted(folder.glob("*.mp4"))[0]
    video.with_suffix(".srt").write_text("1\n00:00:02,000 --> 00:00:04,000\nThe walrus sings.\n")
    run(folder)
    assert {event.stage for event in run.of(StageFinished)} == {"subtitles"}  # pyright: ignore
    with run.library() as library:
        texts = [row.text for item in library.videos() for row in library.texts(item.video_id, "subtitle")]
        assert "The walrus sings." in texts


def test_other_models_than_made_it_are_refused(run: Run, folder: Path, settings_for: Make) -> None:
    run(folder)
    with pytest.raises(LibraryModelsError, match="1/s"):
        index_paths([folder], settings=settings_for(frames_per_second=2.0), models=run.models)


def test_absent_weights_leave_no_library_behind(folder: Path, settings_for: Make, tmp_path: Path) -> None:
    settings = settings_for(clip_model=str(tmp_path))
    with pytest.raises(ModelMissingError):
        index_paths([folder], settings=settings)
    assert not Path(settings.library).exists()


def test_a_path_that_does_not_exist_stops_the_run_before_it_starts(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run(tmp_path / "nowhere")
