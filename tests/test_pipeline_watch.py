"""FolderWatcher folders: real files copied slowly, renamed into place, rewritten, deleted; and what is in the way."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from indexer.config import Settings
from indexer.errors import LibraryModelsError
from indexer.models.loading import Models
from indexer.models.profiles import profile_of
from indexer.pipeline.events import (
    IndexEvent,
    IndexFinished,
    StageFinished,
    StageProgress,
    VideoFailed,
    VideoMissing,
    WatchIdle,
    WatchWaiting,
)
from indexer.pipeline.settling import SettleTracker, is_temporary_download, paths_open_for_writing
from indexer.pipeline.watch import FolderWatcher, WatchSummary, watch
from indexer.provenance import provenance_of
from indexer.store.library import Library
from tests.helpers.fakes_text import FakeTextModel
from tests.helpers.media import write_video
from tests.helpers.rights import closed

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 60.0


class Watch:
    """A watch in a thread, with what it told."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "films"
        self.folder.mkdir()
        self.place = tmp_path / "library"
        self.settings = Settings(
            library=str(self.place), models="text", screen_text=False, settle_seconds=0.5, poll_seconds=0.2
        )
        self.models = Models(profile_of(self.settings), None, FakeTextModel())
        self.events: list[IndexEvent] = []
        self.cancel = threading.Event()
        self.summary: WatchSummary | None = None
        self.on_event: Callable[[IndexEvent], None] = lambda event: None
        self._thread: threading.Thread | None = None

    def start(self, *, prune: bool = False) -> None:
        self._thread = threading.Thread(target=self._run, args=(prune,), daemon=True)
        self._thread.start()

    def stop(self) -> WatchSummary:
        self.cancel.set()
        assert self._thread is not None
        self._thread.join(PATIENCE_SECONDS)
        assert self.summary is not None, "the watch did not end by itself"
        return self.summary

    def until(self, is_so: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < end, f"it never came to that; told: {self.events[-12:]}"
            time.sleep(0.05)

    def until_idle(self) -> None:
        """Until the run that made the library so has ended too: its last rows stand before it is counted."""
        self.until(lambda: self.events and isinstance(self.events[-1], WatchIdle))

    def indexed(self) -> dict[str, float]:
        """Name -> duration of the videos of the library."""
        if not (self.place / "library.json").is_file():
            return {}
        with Library.open(self.place) as library:
            return {Path(one.path).name: float(round(one.duration_seconds)) for one in library.videos()}

    def of(self, kind: type) -> list[IndexEvent]:
        return [event for event in self.events if isinstance(event, kind)]

    def _run(self, prune: bool) -> None:
        def hear(event: IndexEvent) -> None:
            self.events.append(event)
            self.on_event(event)

        self.summary = watch(
            [self.folder],
            settings=self.settings,
            on_event=hear,
            cancel=self.cancel,
            prune=prune,
            models=self.models,
        )


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watch]:
    watching = Watch(tmp_path)
    yield watching
    watching.cancel.set()


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds."""
    return write_video(tmp_path_factory.mktemp("source") / "source.mp4", range(0, 4000, 100))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds."""
    return write_video(tmp_path_factory.mktemp("source") / "other.mp4", range(0, 6000, 100))


def test_files_are_indexed_once_they_are_complete(watching: Watch, video: Path, other: Path) -> None:
    data, folder = video.read_bytes(), watching.folder
    (folder / "half.mp4.part").write_bytes(data[:500])
    (folder / "~draft.mp4").write_bytes(data)
    watching.start()
    with (folder / "slow.mp4").open("wb") as copy:  # a piece every 0.15 s, and then held open
        for place in range(0, len(data), len(data) // 8 + 1):
            copy.write(data[place : place + len(data) // 8 + 1])
            copy.flush()
            time.sleep(0.15)
        time.sleep(1.2)
        assert watching.indexed() == {}
    watching.until(lambda: watching.indexed() == {"slow.mp4": 4.0})
    (folder / "half.mp4.part").write_bytes(other.read_bytes())
    (folder / "half.mp4.part").rename(folder / "half.mp4")
    watching.until(lambda: watching.indexed() == {"slow.mp4": 4.0, "half.mp4": 6.0})
    (folder / "slow.mp4").write_bytes(b"")  # truncated and written again, as an editor saves
    time.sleep(0.8)
    longer = write_video(folder.parent / "longer.mp4", range(0, 8000, 100))
    (folder / "slow.mp4").write_bytes(longer.read_bytes())
    watching.until(lambda: watching.indexed() == {"slow.mp4": 8.0, "half.mp4": 6.0})
    (folder / "half.mp4").rename(folder / "renamed.mp4")
    watching.until(lambda: watching.indexed() == {"slow.mp4": 8.0, "renamed.mp4": 6.0})
    watching.until_idle()
    summary = watching.stop()
    assert (summary.indexed, summary.failed, summary.removed, summary.interrupted) == (3, 0, 0, False)
    assert not watching.of(VideoFailed)


def test_removed_files_are_kept_unless_asked(watching: Watch, video: Path, other: Path) -> None:
    shutil.copy(video, watching.folder / "a.mp4")
    shutil.copy(other, watching.folder / "b.mp4")
    watching.start()
    watching.until(lambda: len(watching.indexed()) == 2)
    (watching.folder / "a.mp4").unlink()
    watching.until(lambda: watching.of(VideoMissing))
    assert [event.dropped for event in watching.of(VideoMissing)] == [False]  # type: ignore[attr-defined]
    assert set(watching.indexed()) == {"a.mp4", "b.mp4"}
    watching.stop()


@pytest.mark.thorough
def test_pruning_drops_what_is_removed_but_not_what_is_on_a_drive_that_is_away(
    watching: Watch, video: Path, other: Path
) -> None:
    shutil.copy(video, watching.folder / "a.mp4")
    shutil.copy(other, watching.folder / "b.mp4")
    watching.start(prune=True)
    watching.until(lambda: len(watching.indexed()) == 2)
    (watching.folder / "a.mp4").unlink()
    watching.until(lambda: set(watching.indexed()) == {"b.mp4"})
    away = watching.folder.rename(watching.folder.parent / "away")
    watching.until(lambda: watching.of(WatchWaiting))
    time.sleep(1.2)
    assert len(watching.of(WatchWaiting)) == 1
    away.rename(watching.folder)
    shutil.copy(video, watching.folder / "c.mp4")
    watching.until(lambda: set(watching.indexed()) == {"b.mp4", "c.mp4"})
    watching.until_idle()
    assert watching.stop().removed == 1


def test_a_file_that_goes_away_while_it_is_indexed_ends_nothing(watching: Watch, video: Path, other: Path) -> None:
    shutil.copy(video, watching.folder / "a.mp4")

    def delete(event: IndexEvent) -> None:
        if not isinstance(event, IndexFinished):
            (watching.folder / "a.mp4").unlink(missing_ok=True)

    watching.on_event = delete
    watching.start()
    watching.until(lambda: watching.of(IndexFinished) or watching.of(WatchWaiting))
    watching.on_event = lambda event: None
    shutil.copy(other, watching.folder / "b.mp4")
    watching.until(lambda: "b.mp4" in watching.indexed())
    assert "a.mp4" not in watching.indexed()
    watching.stop()


@pytest.mark.thorough
def test_a_locked_library_and_broken_files_are_survived(watching: Watch, video: Path) -> None:
    shutil.copy(video, watching.folder / "a.mp4")
    (watching.folder / "bad.mp4").write_bytes(b"\0" * 5000)
    maker = provenance_of(watching.models, watching.settings)
    with Library.open_writer(watching.place, maker=maker):
        watching.start()
        watching.until(lambda: watching.of(WatchWaiting))
        time.sleep(1.0)
        (waiting,) = watching.of(WatchWaiting)  # told once, tried again and again
        assert "is in use by process" in waiting.reason  # type: ignore[attr-defined]
    watching.until(lambda: watching.of(WatchIdle))
    assert watching.indexed() == {"a.mp4": 4.0, "bad.mp4": 0.0}
    looks = len(watching.events)
    time.sleep(1.0)
    assert len(watching.events) == looks, "what failed is not tried again and again"
    assert watching.stop().failed == 1


def test_what_would_never_work_ends_the_watch(watching: Watch, video: Path) -> None:
    shutil.copy(video, watching.folder / "a.mp4")
    other_models = Models(profile_of(watching.settings), None, FakeTextModel(dim=8))
    with Library.open_writer(watching.place, maker=provenance_of(other_models, watching.settings)):
        pass
    with pytest.raises(LibraryModelsError):
        watch(
            [watching.folder],
            settings=watching.settings,
            on_event=watching.events.append,
            cancel=watching.cancel,
            models=watching.models,
        )


def test_stopping_cuts_a_run_short_and_the_next_goes_on(watching: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "indexer.pipeline.stages.picture_worker.PROGRESS_SECONDS", 0.0
    )  # told after every frame, however fast it goes
    write_video(watching.folder / "long.mp4", range(0, 120_000, 100))

    def stop(event: IndexEvent) -> None:
        if isinstance(event, StageProgress):
            watching.cancel.set()

    watching.on_event = stop
    watching.start()
    watching.until(lambda: watching.summary is not None)
    assert watching.stop().interrupted
    assert not watching.of(StageFinished)
    watching.cancel.clear()
    watching.on_event = lambda event: None
    watching.start()
    watching.until(lambda: watching.indexed() == {"long.mp4": 120.0})
    watching.stop()


def test_once_indexes_what_is_complete_and_ends(tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = Models(profile_of(Settings(models="text")), None, FakeTextModel())
    monkeypatch.setattr("indexer.pipeline.watch.load_models", lambda settings: models)
    folder = tmp_path / "films"
    folder.mkdir()
    shutil.copy(video, folder / "a.mp4")
    options = ["--once", "--json", "--library", str(tmp_path / "library"), "--models", "text", "--no-screen-text"]
    with (folder / "open.mp4").open("wb") as stream:
        stream.write(video.read_bytes()[:900])
        stream.flush()
        result = CliRunner().invoke(main, ["watch", str(folder), *options, "--settle-seconds", "0.5"])
    assert result.exit_code == ExitCode.OK, result.output
    lines = result.stdout.splitlines()
    assert '"event": "watch_looked"' in result.stdout
    assert lines[-1] == '{"event": "done", "indexed": 1, "failed": 0, "failed_stages": 0, "removed": 0}'


def test_looking_again_finds_nothing_to_do(tmp_path: Path, video: Path) -> None:
    """A look at what is known gives no work: the cost of watching is that of looking."""
    folder = tmp_path / "films"
    folder.mkdir()
    shutil.copy(video, folder / "a.mp4")
    given_paths: list[list[str]] = []
    settings = Settings(library=str(tmp_path / "library"), settle_seconds=1.0)
    watched = FolderWatcher(
        [folder], settings=settings, on_event=lambda event: None, index=lambda paths: given_paths.append(list(paths))
    )
    assert [watched.poll(now) for now in (0.0, 0.5, 1.0, 2.0, 3.0)] == [False, False, True, True, True]
    assert given_paths == [[str(folder / "a.mp4")]]


def test_who_holds_a_file_open_for_writing_is_known(tmp_path: Path) -> None:
    if not Path("/proc/self/fdinfo").is_dir():
        pytest.skip("this system does not tell which files are open")
    read, written = tmp_path / "read", tmp_path / "written"
    read.write_bytes(b"x")
    with read.open("rb"), written.open("wb"):
        assert paths_open_for_writing([str(read), str(written)]) == {str(written)}
    assert paths_open_for_writing([str(read), str(written)]) == set()


@pytest.mark.parametrize(
    ("name", "temporary"),
    [
        ("a.mp4", False), ("a.mp4.part", True), ("a.crdownload", True), ("~a.mp4", True), (".a.mp4.Xy12", True),
        ("a.TMP", True), ("a.mp4~", True), ("part.mp4", False), ("a.partial.mp4", False),
    ],
)  # fmt: skip
def test_names_of_unfinished_files(name: str, *, temporary: bool) -> None:
    assert is_temporary_download(name) is temporary


sizes = st.none() | st.integers(0, 3)
"""A file that is not there, or of that size."""


@given(st.lists(st.tuples(sizes, sizes, st.sampled_from([0.5, 1.0, 2.0])), max_size=25))
def test_only_what_stood_still_is_given_and_each_state_once(looks: list[tuple[int | None, int | None, float]]) -> None:
    settling, now = SettleTracker(2.0), 0.0
    history: dict[str, list[tuple[float, int | None]]] = {"a": [], "b": []}
    taken: dict[str, int] = {}
    for a, b, pause in looks:
        now += pause
        sizes_now = {"a": a, "b": b}
        for name, size in sizes_now.items():
            history[name].append((now, size))
        ready = settling.update({name: (size, 0) for name, size in sizes_now.items() if size is not None}, now)
        for name in ready:
            size = sizes_now[name]
            assert size
            unchanged = [when for when, seen in reversed(history[name]) if seen == size]
            since = next((when for when, seen in reversed(history[name]) if seen != size), 0.0)
            assert now - min(when for when in unchanged if when > since or since == 0.0) >= 2.0
            assert taken.get(name) != size
            taken[name] = size
        settling.take(ready)
        for name in settling.gone(now):
            assert sizes_now[name] is None and name in taken
            settling.forget([name])
            del taken[name]


def test_a_folder_that_is_closed_for_a_while_is_told_once_and_its_videos_are_not_gone(tmp_path: Path) -> None:
    inner = tmp_path / "films" / "inner"
    inner.mkdir(parents=True)
    for file in (inner / "in.mp4", inner.parent / "ok.mp4"):
        file.write_bytes(b"x")
    events: list[IndexEvent] = []
    settings = Settings(library=str(tmp_path / "library"), settle_seconds=1.0)
    watcher = FolderWatcher([inner.parent], settings=settings, on_event=events.append, index=lambda paths: None)
    gone: list[str] = []
    for now in range(0, 100, 10):
        with closed(inner, 0o755 if now < 30 or now > 70 else 0):
            assert watcher.poll(now) == (now > 0)
            watcher.report_gone(now, lambda paths: gone.extend(paths) or [])
    assert [(event.path, event.kind) for event in events if isinstance(event, VideoFailed)] == [
        (str(inner), "unreadable")
    ]
    assert not gone
    (inner / "in.mp4").unlink()
    for now in range(100, 120, 10):
        watcher.poll(now)
        watcher.report_gone(now, lambda paths: gone.extend(paths) or [])
    assert gone == [str(inner / "in.mp4")]
