"""A library in object storage, on a real S3 server: indexed, searched, served, interrupted and healed."""

import os
import random
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli.main import main
from indexer.config import Settings
from indexer.errors import LibraryError, LibraryLeaseLostError, LibraryLockedError
from indexer.library_place import ObjectPlace, machine_folder
from indexer.pipeline.index import index_paths
from indexer.store.change_tags import change_tags
from indexer.store.collections.collection_store import CollectionStore
from indexer.store.library import Library
from indexer.upkeep.verify import verify_library
from search.engine import SearchEngine
from tests.helpers.object_server import BUCKET, KEY, SECRET, Door, door_to, s3_server
from tests.helpers.service import serving
from tests.helpers.store_samples import MAKER, content, video_id, write_whole

pytestmark = pytest.mark.thorough
pytest.importorskip("obstore", reason="`pip install reelseek[cloud]`")

ROOT = Path(__file__).parents[1]
HANG_SECONDS = 120.0
"""Whatever is waited for comes far sooner, also on a busy machine."""
HALF_DONE = {"duplicate", "unknown_video", "rows_without_stage", "orphan_thumbnail"}
WRITE = (
    "import sys; sys.path.insert(0, '.')\n"
    "from indexer.store.storage import lease; lease.LEASE_SECONDS = 3.0\n"
    "from tests.helpers.store_samples import MAKER, write_whole\n"
    "from indexer.store.library import Library; from indexer.library_place import ObjectPlace\n"
    "with Library.open_writer(ObjectPlace(sys.argv[1]), maker=MAKER) as library:\n"
    "    print('writing', flush=True)\n"
    "    for take in range(100):\n"
    "        for number in range(2):\n"
    "            write_whole(library, number, 1 + (number + take) % 3, take=take)\n"
)


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with s3_server() as port, door_to(port) as door:
        yield door


@pytest.fixture
def place(door: Door, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectPlace:
    """An address for a library of this test alone."""
    for name, value in {
        "AWS_ENDPOINT_URL": door.url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("indexer.store.storage.connection._RETRIES", 1)
    door.fault = None
    return ObjectPlace(f"s3://{BUCKET}/library {zlib.crc32(request.node.name.encode())}")


def open_when_free(place: ObjectPlace) -> Library:
    """The writer, once the lease of one that was killed has ended."""
    last = time.monotonic() + HANG_SECONDS
    while True:
        try:
            return Library.open_writer(place, maker=MAKER)
        except LibraryLockedError:
            assert time.monotonic() < last
            time.sleep(0.2)


def damage(place: ObjectPlace) -> set[str]:
    return {problem.kind for problem in verify_library(place)} - {"missing_file"}


def test_a_library_is_indexed_searched_and_served(world: Path, place: ObjectPlace, tmp_path: Path, door: Door) -> None:
    settings = Settings(library=str(place), models="demo", device="cpu", screen_text=False, captions=False)
    beside = replace(settings, library=str(tmp_path / "library"))
    for one in (settings, beside):
        assert index_paths([world], settings=one).indexed == 3
    with Library.open(place) as library, Library.open(Path(beside.library)) as local:
        assert content(library) == content(local)
    assert damage(place) == set()
    found, wanted = (
        SearchEngine.open(where, settings=one).search("a red circle", limit=3, threshold=0.0)
        for where, one in ((place, settings), (Path(beside.library), beside))
    )
    assert [(one.video, one.span) for one in found.moments] == [(one.video, one.span) for one in wanted.moments]
    assert found.moments
    for one, other in zip(found.moments, wanted.moments, strict=True):
        assert one.thumbnail and other.thumbnail
        assert one.thumbnail.read_bytes() == other.thumbnail.read_bytes()

    video = found.moments[0].video_id
    change_tags(place, [video], add=["kept"])
    CollectionStore(place).create("reel")
    with serving(settings) as service, service.client() as client:
        listed = client.get("/api/v1/videos", params={"sort": "added"}).json()["videos"]
        shown = next(one for one in listed if one["video_id"] == video)
        assert shown["segments"] > 0 and shown["added_at"] and shown["tags"] == ["kept"]
        assert client.get(shown["thumbnail"]).content[:2] == b"\xff\xd8"
        hits = client.get("/api/v1/search", params={"query": "a red circle", "threshold": 0}).json()
        assert hits["moments"]
        assert [one["name"] for one in client.get("/api/v1/collections").json()["collections"]] == ["reel"]
        assert (machine_folder(place) / "service.json").exists()
    told = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*.json"))
    assert SECRET not in told and KEY not in told


def test_commands_work_on_the_address(place: ObjectPlace) -> None:
    with Library.open_writer(place, maker=MAKER) as library:
        write_whole(library, 1)
        write_whole(library, 2)
    commands = (
        "status",
        "videos",
        f"tag {video_id(1)} --add kept",
        f"remove {video_id(2)} --yes",
        "optimize",
        "status",
    )
    for command in commands:
        told = CliRunner().invoke(main, [*command.split(), "--library", str(place)])
        assert told.exit_code == 0, told.output
    assert "1 " in told.output and str(place) in told.output
    told = CliRunner().invoke(main, ["verify", "--library", str(place)])
    assert "missing_file" in told.output and told.exit_code == 1
    told = CliRunner().invoke(main, ["repair", "--library", str(place)])
    assert told.exit_code == 2 and "lies in an object store" in told.output


def test_what_others_write_is_seen_within_seconds(place: ObjectPlace) -> None:
    with Library.open_writer(place, maker=MAKER) as writer, Library.open(place) as reader:
        assert reader.videos() == []
        write_whole(writer, 1)
        last = time.monotonic() + HANG_SECONDS
        while not reader.videos():
            assert time.monotonic() < last
            time.sleep(0.2)
        assert content(reader) == content(writer)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_killed_writer_is_named_then_healed_by_a_rerun(
    place: ObjectPlace, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{door.behind}")  # without the door: many requests
    clean = ObjectPlace(f"{place}-clean")
    with Library.open_writer(clean, maker=MAKER) as library:
        for number in range(2):
            write_whole(library, number)
        wanted = content(library)
    rng = random.Random(5)
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE, str(place)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as writer:
            assert writer.stdout
            assert writer.stdout.readline() == "writing\n"
            with pytest.raises(LibraryLockedError, match=f"process {writer.pid} on .*lease ends within"):
                Library.open_writer(place, maker=MAKER)
            time.sleep(rng.uniform(0.1, 2.0))
            writer.send_signal(signal.SIGKILL)
        with open_when_free(place) as library:
            assert not HALF_DONE & {problem.kind for problem in library.audit()}
            for number in range(2):
                write_whole(library, number)
            assert content(library) == wanted
    assert damage(place) == set()


@pytest.mark.parametrize(
    ("status", "code", "told", "after"),
    [
        (403, "AccessDenied", "lets nobody in", 2),
        (503, "SlowDown", "does not answer", 6),
        (507, "InsufficientStorage", "is full", 12),
    ],
)
def test_a_fault_in_the_middle_is_told_and_healed_by_a_rerun(
    place: ObjectPlace, door: Door, status: int, code: str, told: str, after: int
) -> None:
    with Library.open_writer(place, maker=MAKER) as library:
        write_whole(library, 1)

    def interrupted() -> None:
        with Library.open_writer(place, maker=MAKER) as library:
            door.refuse(status, code, after=after)
            for number in (1, 2):
                write_whole(library, number, 2, take=1)

    with pytest.raises(LibraryError, match=told) as raised:
        interrupted()
    door.fault = None
    assert KEY not in str(raised.value) and SECRET not in str(raised.value)
    with open_when_free_after_fault(place) as library:
        assert not HALF_DONE & {problem.kind for problem in library.audit()}
        for number in (1, 2):
            write_whole(library, number, 2, take=1)
    assert damage(place) == set()


def open_when_free_after_fault(place: ObjectPlace) -> Library:
    """The writer: the one before could not give its lease back, so it is aged by hand."""
    from indexer.store.storage.connection import connect
    from indexer.store.storage.lease import Lease
    from indexer.store.storage.object_storage import WRITER_LEASE
    from indexer.store.storage.objects import Objects

    try:
        return Library.open_writer(place, maker=MAKER)
    except LibraryLockedError:
        objects = Objects(place, connect(place))
        ended = Lease(objects, f"{WRITER_LEASE}.ended", seconds=1.0)
        ended.acquire()
        ended.release()
        found = objects.get(f"{WRITER_LEASE}.ended")
        assert found
        objects.put(WRITER_LEASE, found.content)
        objects.delete([f"{WRITER_LEASE}.ended"])
        return Library.open_writer(place, maker=MAKER)


def test_a_writer_whose_lease_was_taken_stops_before_its_next_commit(
    place: ObjectPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indexer.store.storage import lease

    monkeypatch.setattr(lease.Lease, "_keep_renewed", lambda self, released: None)
    monkeypatch.setattr(lease, "LEASE_SECONDS", 1.0)
    monkeypatch.setattr(lease, "_CLOCK_STEP_SECONDS", 1.0)
    first = Library.open_writer(place, maker=MAKER)
    with open_when_free(place) as second:
        write_whole(second, 2)
        with pytest.raises(LibraryLeaseLostError, match="may not write any more"):
            write_whole(first, 1)
        with pytest.raises(LibraryLeaseLostError):
            first.close()
        write_whole(second, 3)
        assert [one.video_id for one in second.videos()] == [video_id(2), video_id(3)]
    assert damage(place) == set()
