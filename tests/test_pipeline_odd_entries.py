"""One odd entry beside a good video: it is told, it never ends the run, and it costs nothing that is in the library."""

import os
import shutil
import socket
import stat
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from indexer.errors import LibraryError, VanishedVideoError
from indexer.pipeline.fingerprints import content_id
from tests.helpers.media import write_video
from tests.helpers.rights import closed
from tests.helpers.text_index import TextIndex

pytestmark = pytest.mark.thorough


def link_in_a_circle(path: Path) -> None:
    path.symlink_to(path.with_name("other.mkv"))
    path.with_name("other.mkv").symlink_to(path)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.path.relpath(path))  # a socket's path has at most 108 bytes


def device(path: Path) -> None:
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero, which never ends
    except PermissionError:
        pytest.skip("only root makes devices")


def broken_link(path: Path) -> None:
    path.symlink_to(path.with_name("nothing"))


def link_to_a_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to(path.with_name("pipe"))


@pytest.fixture
def index(tmp_path: Path) -> TextIndex:
    return TextIndex(tmp_path / "library")


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    (folder / "inner").mkdir(parents=True)
    write_video(folder / "ok.mp4", range(0, 1000, 100))
    write_video(folder / "inner" / "in.mp4", range(0, 1200, 100))
    return folder


@pytest.mark.parametrize("make", [link_in_a_circle, pipe, bound_socket, device, broken_link, link_to_a_pipe])
@pytest.mark.parametrize("name", ["odd.mp4", "odd.ts"])
def test_what_is_no_file_is_told_each_time_it_is_looked_at(
    index: TextIndex, films: Path, make: Callable[[Path], None], name: str
) -> None:
    make(films / name)
    (films / "empty.mkv").touch()  # of the same size as a pipe or a device
    for _ in range(2):
        index.run(films)
        assert name in index.failed
        assert index.failed[name].startswith(str(films / name))
        assert index.names() == ["in.mp4", "ok.mp4"]
        assert name in index.names(failed=True)
    (films / name).unlink()
    write_video(films / name, range(0, 1400, 100))
    index.run(films)
    assert not index.missing
    assert name in index.names()
    assert name not in index.names(failed=True)


def test_a_name_that_is_not_unicode_is_told_each_time(index: TextIndex, films: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(films) + b"/caf\xe9.mp4"))
    (films / "ok.mp4").rename(odd)
    for _ in range(2):
        index.run(films)
        assert "rename the file" in index.failed["caf\N{REPLACEMENT CHARACTER}.mp4"]
        assert not index.missing
        assert index.names() == ["in.mp4"]


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111])
def test_a_closed_folder_is_told_and_keeps_what_is_known_of_it(index: TextIndex, films: Path, mode: int) -> None:
    with closed(films / "inner", mode):
        assert index.run(films).failed == 1
        assert index.names() == ["ok.mp4"]
    assert "ermission" in next(iter(index.failed.values()))
    assert not index.run(films).failed
    assert index.names() == ["in.mp4", "ok.mp4"]
    with closed(films / "inner", mode):
        assert index.run(films, prune=True).failed == 1
        assert index.run(films / "inner", prune=True).failed == 1
    assert not index.missing
    assert not index.run(films).indexed
    assert index.names() == ["in.mp4", "ok.mp4"]
    assert not index.names(failed=True)


def test_a_known_video_that_may_not_be_read_now_stays(index: TextIndex, films: Path) -> None:
    index.run(films)
    with closed(films / "ok.mp4"):
        index.run(films, prune=True)
        assert "permissions" in index.failed["ok.mp4"]
    assert index.names() == ["in.mp4", "ok.mp4"]
    assert not index.names(failed=True)
    assert not index.run(films).indexed


def test_a_pipe_in_place_of_a_known_video_is_a_missing_video(index: TextIndex, films: Path) -> None:
    index.run(films)
    (films / "ok.mp4").unlink()
    pipe(films / "ok.mp4")
    index.run(films, prune=True)
    assert index.missing == ["ok.mp4"]
    assert list(index.failed) == ["ok.mp4"]
    assert index.names() == ["in.mp4"]


def test_a_pipe_that_takes_a_files_place_during_a_run_is_not_waited_for(tmp_path: Path) -> None:
    pipe(tmp_path / "odd.mp4")
    with pytest.raises(VanishedVideoError, match="no longer a file"):
        content_id(tmp_path / "odd.mp4")


def test_folders_nested_deeper_than_python_recurses(index: TextIndex, films: Path) -> None:
    deep = films
    for _ in range(1200):
        deep = deep / "d"
        deep.mkdir()
    (films / "ok.mp4").rename(deep / "deep.mp4")
    assert index.run(films).indexed == 2
    (deep / "deep.mp4").unlink()
    while deep != films:  # pytest's own cleaning recurses
        deep.rmdir()
        deep = deep.parent


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 200 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be made here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_named_and_what_was_finished_stays(small_disk: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (8, 240, 320, 3), dtype=np.uint8)
    films = tmp_path / "films"
    films.mkdir()
    for number in range(3):
        pictures = [np.roll(picture, number, axis=0) for picture in noise]
        write_video(films / f"{number}.mp4", range(0, 8000, 1000), width=320, height=240, pictures=pictures)
    index = TextIndex(small_disk)
    with pytest.raises(LibraryError, match=rf"{small_disk}.* disk is full while .*free some space"):
        index.run(films)
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    index.run(films)
    assert index.names() == ["0.mp4", "1.mp4", "2.mp4"]
    with index.open() as library:
        assert library.audit() == []


def test_a_run_with_nothing_to_do_does_not_list_a_folder_for_each_video(
    index: TextIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = tmp_path / "films"
    films.mkdir()
    first = write_video(films / "0.mp4", range(0, 1000, 100)).read_bytes()
    for number in range(1, 12):
        (films / f"{number}.mp4").write_bytes(first + bytes(number))
    listed: Counter[str] = Counter()
    list_folder = os.scandir

    def listing(folder: str | Path = ".") -> object:
        listed[str(folder)] += 1
        return list_folder(folder)

    assert index.run(films).indexed == 12
    monkeypatch.setattr(os, "scandir", listing)
    assert index.run(films).skipped == 12
    assert 1 <= listed[str(films)] <= 3
