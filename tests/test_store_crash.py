"""A writer killed at any instant leaves a library that a rerun makes equal to a clean one."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lancedb.table import LanceTable

from indexer.store import folder, maker_file, tables
from indexer.store.correct_text import correct_text
from indexer.store.library import Library
from indexer.upkeep.verify import verify_library
from tests.helpers.interruptions import InterruptedAfter
from tests.helpers.store_samples import MAKER, content, pictures, texts, thumbnails, video, video_id, write_whole
from tests.test_store_power_loss import StandInTextModel

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parent.parent
VIDEOS = 6
HALF_DONE = {"duplicate", "unknown_video", "rows_without_stage", "orphan_thumbnail"}
"""Problems that opening for writing repairs. A video interrupted between two tables may mix takes until the rerun."""
WRITE = (
    "import sys; sys.path.insert(0, '.')\n"
    "from tests.helpers.store_samples import MAKER, write_whole\n"
    "from indexer.store.library import Library; from pathlib import Path\n"
    "print('ready', flush=True); sys.stdin.readline()\n"
    "for take in range(100):\n"
    "    with Library.open_writer(Path(sys.argv[1]), maker=MAKER) as library:\n"
    f"        for number in range({VIDEOS}):\n"
    "            write_whole(library, number, 1 + (number + take) % 3, take=take)\n"
    "        library.maintain(force=take % 2 == 0)\n"
)


def write_all(path: Path) -> list[tuple[object, ...]]:
    with Library.open_writer(path, maker=MAKER) as library:
        for number in range(VIDEOS):
            write_whole(library, number)
        assert not [problem for problem in library.audit() if problem.kind != "missing_file"]
        return content(library)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_killed_writer_is_repaired_by_a_rerun(tmp_path: Path):
    clean = write_all(tmp_path / "clean")
    rng = random.Random(7)
    for turn in range(5):
        path = tmp_path / f"killed-{turn % 3}"  # some are killed again
        with subprocess.Popen(
            [sys.executable, "-c", WRITE, str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        ) as writer:  # fmt: skip
            assert writer.stdin
            assert writer.stdout
            writer.stdout.readline()
            writer.stdin.write("go\n")
            writer.stdin.flush()
            time.sleep(rng.uniform(0.0, 0.9))
            writer.send_signal(signal.SIGKILL)
        if (path / "library.json").exists():
            with Library.open_writer(path, maker=MAKER) as library:
                assert not HALF_DONE & {problem.kind for problem in library.audit()}
        assert write_all(path) == clean


def test_rows_without_a_video_are_removed(tmp_path: Path):
    path = tmp_path / "library"
    with Library.open_writer(path, maker=MAKER) as library:
        write_whole(library, 1)
        kept = content(library)
        library.write_pictures([pictures(2)])
        library.write_texts([texts(2), texts(1, source="screen_text")])
        library.write_thumbnail(video_id(2), 0, b"jpeg")
        library.open_spool("half.jpgs").append(b"half")
    with Library.open_writer(path, maker=MAKER) as library:
        assert content(library) == kept
        assert list((library.path / "staging").iterdir()) == []
        assert not (path / "thumbnails" / "00" / video_id(2)).exists()


@pytest.mark.parametrize("step", range(3))
@pytest.mark.parametrize("text", ["hullo there", ""])
def test_a_correction_that_is_seen_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, step: int):
    """A crash between the steps of a correction loses nothing that the library shows, and the next attempt ends it."""
    path = tmp_path / "library"
    with Library.open_writer(path, maker=MAKER) as library:
        write_whole(library, 1)
    dying = InterruptedAfter(step)
    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(Library, "write_texts", dying(Library.write_texts))
        patch.setattr(Library, "put_videos", dying(Library.put_videos))
        correct_text(path, video_id(1), "subtitle", 0, text, was="hello there", model=StandInTextModel())
    with Library.open(path) as library:
        shown = [row.text for row in library.texts(video_id(1), "subtitle")]
        typed = [one.text for one in library.video(video_id(1)).corrections]
    assert typed == [text] or (shown == ["hello there", "good bye"] and not typed)
    if shown == ["hello there", "good bye"]:
        correct_text(path, video_id(1), "subtitle", 0, text, was="hello there", model=StandInTextModel())
    with Library.open(path) as library:
        assert [row.text for row in library.texts(video_id(1), "subtitle")] == [*filter(None, [text]), "good bye"]
        assert [one.text for one in library.video(video_id(1)).corrections] == [text]


def test_only_the_rows_of_a_stage_that_is_not_ready_are_removed(tmp_path: Path):
    path = tmp_path / "library"
    with Library.open_writer(path, maker=MAKER) as library:
        write_whole(library, 1)
        library.put_videos([video(1, stages=["picture"])])
    with Library.open_writer(path, maker=MAKER) as library:
        counts = library.counts()
        assert (counts["segments"], counts["frames"], counts["subtitle"]) == (3, 9, 0)
        assert len(thumbnails(path)) == 3


@pytest.mark.parametrize("segments", [2, 3, 5], ids=["fewer", "as many", "more"])
def test_rows_replaced_when_a_writer_was_killed_are_the_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, segments: int
):
    """Killed at each deletion of old rows, after the new ones were added; the writer goes on with the rest."""
    path, killed = tmp_path / "library", tmp_path / "killed"
    copies: list[Path] = []
    delete = LanceTable.delete

    def copy_and_delete(table: LanceTable, where: str) -> object:
        copies.append(killed / str(len(copies)))
        shutil.copytree(path, copies[-1], ignore=shutil.ignore_patterns("writer.*"))
        return delete(table, where)

    with Library.open_writer(path, maker=MAKER) as library:
        write_whole(library, 1)
        write_whole(library, 2)
        with monkeypatch.context() as patch:
            patch.setattr(LanceTable, "delete", copy_and_delete)
            library.write_pictures([pictures(1, segments, take=1)])
            library.write_texts([texts(1, ["said"] * segments, take=1)])
        library.put_videos([video(1, segments)])
        after = content(library)
    assert len(copies) == 3
    with Library.open_writer(copies[-1], maker=MAKER) as library:
        library.put_videos([video(1, segments)])
        assert content(library) == after
    for copy in copies[:-1]:
        with Library.open_writer(copy, maker=MAKER) as library:
            assert "duplicate" not in {problem.kind for problem in library.audit()}


@pytest.mark.parametrize("step", range(6))
def test_an_interrupted_creation_starts_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int):
    """Stopped after `step` steps: four tables, the draft of the maker file, its renaming."""
    path = tmp_path / "library"
    counted = InterruptedAfter(step)
    with monkeypatch.context() as patch:
        patch.setattr(tables, "table_schema", counted(tables.table_schema))
        patch.setattr(maker_file.json, "dumps", counted(maker_file.json.dumps))
        patch.setattr(folder, "replace_durably", counted(folder.replace_durably))
        with pytest.raises(KeyboardInterrupt):
            Library.open_writer(path, maker=MAKER)
    assert not (path / "library.json").exists()
    with Library.open_writer(path, maker=MAKER) as library:
        write_whole(library, 1)
        assert library.counts()["frames"] == 9


def test_a_writer_killed_while_it_closes_leaves_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """At each file that is put in place, the library is copied as a kill would leave it."""
    path = tmp_path / "library"
    write_all(path)
    library, replace = Library.open_writer(path, maker=MAKER), os.replace
    write_whole(library, 1, 2, take=1)
    copies: list[Path] = []

    def copy_and_replace(draft: Path, target: Path) -> None:
        copies.append(tmp_path / f"killed-{len(copies)}")
        shutil.copytree(path, copies[-1], ignore=shutil.ignore_patterns("writer.*"))
        replace(draft, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", copy_and_replace)
        library.close()
    assert len(copies) > 5
    for copy in copies:
        assert {problem.kind for problem in verify_library(copy)} == {"missing_file"}, copy
