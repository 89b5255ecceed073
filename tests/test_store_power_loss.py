"""What the library has said is done survives a power loss, whatever was not synced."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.store.change_tags import change_tags
from indexer.store.correct_text import correct_text
from indexer.store.durable_files import files_below
from indexer.store.library import Library
from indexer.store.recovery import file_record
from indexer.upkeep.repair import repair_library
from indexer.upkeep.verify import verify_library
from tests.helpers.power_loss import add_torn_files, watched_syncs
from tests.helpers.store_samples import MAKER, TEXT_DIM, content, unit, video_id, write_whole

pytestmark = pytest.mark.thorough


class StandInTextModel:
    """Gives the same vector to every text: what it means is not asked here."""

    name, dim = MAKER.text_model, MAKER.text_dim

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float16]:
        return np.stack([unit(TEXT_DIM, 1)] * len(texts))

    embed_queries = embed_documents


def problems(path: Path) -> set[str]:
    """Kinds of problems; the samples' video files do not exist."""
    return {problem.kind for problem in verify_library(path)} - {"missing_file"}


def test_a_finished_run_survives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, left = tmp_path / "library", tmp_path / "left"
    with watched_syncs(monkeypatch) as disk:
        with Library.open_writer(path, maker=MAKER) as library:
            for number in range(3):
                write_whole(library, number)
            library.maintain(force=True)
        disk.write_to(path, left)
    assert problems(left) == set()
    with Library.open(path) as before, Library.open(left) as after:
        assert content(after) == content(before)


def test_each_video_survives_once_it_is_put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power goes away in the middle of a run."""
    path = tmp_path / "library"
    with watched_syncs(monkeypatch) as disk, Library.open_writer(path, maker=MAKER) as library:
        for number in range(4):
            write_whole(library, number)
            left = tmp_path / f"left {number}"
            disk.write_to(path, left)
            with Library.open_writer(left, maker=MAKER) as after:
                assert content(after) == content(library)
            assert problems(left) == set()


def test_a_clock_that_is_set_back_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, left = tmp_path / "library", tmp_path / "left"
    with watched_syncs(monkeypatch) as disk, Library.open_writer(path, maker=MAKER) as library:
        write_whole(library, 1)
        known = {place for place, _ in files_below(path)}

        def an_hour_earlier(folder: Path) -> Iterator[tuple[Path, SimpleNamespace]]:
            for place, status in files_below(folder):
                changed = status.st_ctime_ns - (0 if place in known else 3_600 * 10**9)
                yield (
                    place,
                    SimpleNamespace(st_ctime_ns=changed, st_mtime_ns=status.st_mtime_ns, st_size=status.st_size),
                )

        monkeypatch.setattr(file_record, "files_below", an_hour_earlier)
        write_whole(library, 2)
        disk.write_to(path, left)
        done = content(library)
    with Library.open_writer(left, maker=MAKER) as after:
        assert content(after) == done


def test_what_people_typed_survives_once_the_call_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, left = tmp_path / "library", tmp_path / "left"
    with watched_syncs(monkeypatch) as disk:
        with Library.open_writer(path, maker=MAKER) as library:
            write_whole(library, 1)
        change_tags(path, [video_id(1)], add=["holiday"])
        correct_text(path, video_id(1), "subtitle", 0, "hullo there", was="hello there", model=StandInTextModel())
        disk.write_to(path, left)
    with Library.open(left) as after:
        video = after.video(video_id(1))
        assert video.tags == ("holiday",)
        assert [one.text for one in video.corrections] == ["hullo there"]
        assert [row.text for row in after.texts(video_id(1))] == ["hullo there", "good bye"]


@pytest.mark.parametrize("seed", range(6))
def test_torn_files_lose_nothing_that_was_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Half of what was not synced reached the disk, some of it cut off; a repair brings back what was done."""
    path, left = tmp_path / "library", tmp_path / "left"
    with watched_syncs(monkeypatch) as disk, Library.open_writer(path, maker=MAKER) as library:
        write_whole(library, 1)
        write_whole(library, 2)
        done = content(library)
        disk.write_to(path, left)
        write_whole(library, 3)  # the power goes away before anybody was told that it is done
        add_torn_files(path, left, random.Random(seed))
    for name in ("writer.lock", "writer.json"):
        (left / name).unlink(missing_ok=True)
    repair_library(left)
    assert problems(left) == set()
    with Library.open(left) as after:
        found = content(after)
        assert [row for row in done if row not in found] == []
