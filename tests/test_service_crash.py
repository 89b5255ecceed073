"""The service is killed in the middle: what was half done is gone, what was whole goes on, the library is sound.

All but the first test have models that cost nothing, and a gate that holds a job up while the test needs it to run.
"""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from indexer.config import Settings
from indexer.pipeline.index import index_paths
from indexer.store.library import Library
from indexer.store.lock import WriterLock
from tests.helpers import stand_in_models
from tests.helpers.service import (  # noqa: F401
    ServiceProcess,
    demo_library,
    demo_settings,
    own_library,
    serving,
    serving_process,
    wait_for_job,
)
from tests.helpers.stand_in_models import GATE_VARIABLE, Gate, load_stand_ins, start_stand_in_job

pytestmark = pytest.mark.thorough


def upload(client: httpx.Client, video: Path, name: str, *, extra: bytes = b"") -> dict[str, object]:
    """Bytes after the end make it another video with the same frames."""
    response = client.post(
        "/api/v1/videos",
        params={"name": name},
        content=video.read_bytes() + extra,
        headers={"content-type": "video/mp4"},
    )
    assert response.status_code == 202, response.text
    assert response.headers["location"] == f"/api/v1/jobs/{response.json()['id']}"
    return response.json()


def wait_until(holds: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.05)


def files_of(library: Path) -> set[Path]:
    return {path for path in (library / "uploads").rglob("*") if path.is_file()}


def known(library: Path) -> set[Path]:
    """Uploaded files whose videos are in the library: what was finished is kept."""
    with Library.open(library) as opened:
        return {Path(path) for video in opened.videos() for path in video.paths} & files_of(library)


def verified(library: Path) -> None:
    with Library.open(library) as opened:
        assert opened.audit() == []


@pytest.fixture(scope="module")
def video(world: Path) -> Path:
    return sorted(world.glob("*.mp4"))[0]


def plain_settings(library: Path) -> Settings:
    return Settings(library=str(library), models="text", device="cpu", screen_text=False)


def plain_process(library: Path) -> AbstractContextManager[ServiceProcess]:
    """`reelseek serve` with models that cost nothing."""
    return serving_process(library, models="text", module=stand_in_models.__name__)


@pytest.fixture(scope="module")
def indexed(video: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = plain_settings(tmp_path_factory.mktemp("plain") / "library")
    index_paths([video], settings=settings, models=load_stand_ins(settings))
    return Path(settings.library)


@pytest.fixture
def plain_library(indexed: Path, tmp_path: Path) -> Path:
    """A copy that the test may write to, with one video."""
    return Path(shutil.copytree(indexed, tmp_path / "library"))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Gate]:
    """Open; the services of the test and their jobs have models that cost nothing."""
    monkeypatch.setenv(GATE_VARIABLE, str(tmp_path / "gate"))
    monkeypatch.setattr("api.service.runtime.load_models", load_stand_ins)
    monkeypatch.setattr("asyncio.create_subprocess_exec", start_stand_in_job)
    gate = Gate(tmp_path / "gate")
    yield gate
    gate.open()


def test_an_upload_becomes_searchable_and_is_forgotten_with_its_file(own_library: Path, video: Path) -> None:
    with serving(demo_settings(own_library)) as running, running.client() as client:
        job = upload(client, video, "<img src=x onerror=alert(1)>.mp4", extra=b"different")
        done = wait_for_job(client, str(job["id"]))
        assert (done["state"], done["progress"], len(done["video_ids"])) == ("done", 1.0, 1)
        (video_id,) = done["video_ids"]
        details = client.get(f"/api/v1/videos/{video_id}").json()
        assert details["video"] == "<img src=x onerror=alert(1)>.mp4"
        caption = details["segments_list"][0]["caption"]
        found = client.get("/api/v1/search", params={"query": caption, "video": video_id}).json()
        assert found["moments"], "the open library sees what another process wrote"
        with client.stream("GET", f"/api/v1/jobs/{job['id']}/events") as events:
            assert '"state":"done"' in events.read().decode()
        assert len(files_of(own_library)) == 1
        assert client.delete(f"/api/v1/videos/{video_id}").status_code == 204
        assert client.get(f"/api/v1/videos/{video_id}").status_code == 404
        assert not files_of(own_library)
        assert client.delete(f"/api/v1/jobs/{job['id']}").status_code == 409
    verified(own_library)


def test_a_job_can_be_stopped_and_the_next_one_runs(plain_library: Path, gate: Gate, video: Path) -> None:
    gate.close()
    with serving(plain_settings(plain_library)) as running, running.client() as client:
        first = upload(client, video, "first.mp4", extra=b"1")
        second = upload(client, video, "second.mp4", extra=b"2")
        wait_until(lambda: bool(client.get(f"/api/v1/jobs/{first['id']}").json()["stage"]))  # it holds the library now
        some = client.get("/api/v1/videos").json()["videos"][0]["video_id"]
        busy = client.delete(f"/api/v1/videos/{some}")
        assert (busy.status_code, busy.json()["type"]) == (409, "urn:reelseek:problem:library-locked")
        assert client.delete(f"/api/v1/jobs/{first['id']}").status_code == 202
        assert client.delete(f"/api/v1/jobs/{second['id']}").status_code == 202
        gate.open()
        for job in (first, second):
            assert wait_for_job(client, str(job["id"]))["state"] == "cancelled"
        wait_until(lambda: files_of(plain_library) == known(plain_library))
    assert not any(path.name == "second.mp4" for path in files_of(plain_library))
    verified(plain_library)


def test_an_upload_whose_job_never_began_goes_with_it(plain_library: Path, gate: Gate, video: Path) -> None:
    lock = WriterLock(plain_library)
    with serving(plain_settings(plain_library)) as running, running.client() as client:
        lock.acquire()  # as another process would hold it: the job waits
        job = upload(client, video, "a.mp4", extra=b"1")
        assert len(files_of(plain_library)) == 1
        assert client.delete(f"/api/v1/jobs/{job['id']}").status_code == 202
        wait_until(lambda: not files_of(plain_library))
        lock.release()
    verified(plain_library)


def test_killed_while_an_upload_comes_in_nothing_of_it_stays(plain_library: Path, gate: Gate) -> None:
    with plain_process(plain_library) as first:
        host, _, port = first.url.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(
                b"POST /api/v1/videos?name=a.mp4 HTTP/1.1\r\nHost: localhost\r\nContent-Type: video/mp4\r\n"
                b"Content-Length: 9000000\r\n\r\n" + bytes(3_000_000)
            )
            wait_until(lambda: any(path.stat().st_size for path in files_of(plain_library)))
            first.kill()
    assert len(files_of(plain_library)) == 1
    with serving(plain_settings(plain_library)) as running, running.client() as client:
        assert not files_of(plain_library)
        assert client.get("/api/v1/jobs").json()["total"] == 0
    verified(plain_library)


def test_killed_while_it_indexes_the_job_goes_on_with_the_next_start(
    plain_library: Path, gate: Gate, video: Path
) -> None:
    gate.close()
    with plain_process(plain_library) as first, httpx.Client(base_url=first.url, timeout=60) as client:
        job = upload(client, video, "a.mp4", extra=b"more")
        wait_until(lambda: bool(client.get(f"/api/v1/jobs/{job['id']}").json()["stage"]), seconds=200)
        first.kill()
    gate.open()
    with serving(plain_settings(plain_library)) as running, running.client() as client:
        done = wait_for_job(client, str(job["id"]))
        assert done["state"] == "done", done
        assert client.get(f"/api/v1/videos/{done['video_ids'][0]}").json()["state"] == "ready"
        assert {path.name for path in files_of(plain_library)} == {"a.mp4"}
    verified(plain_library)


def test_a_job_whose_file_is_gone_fails_with_the_reason(
    plain_library: Path, gate: Gate, video: Path, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    shutil.copy(video, root / "a.mp4")
    (root / "broken.mp4").write_bytes(b"no video at all")
    with serving(plain_settings(plain_library), roots=(root.resolve(),)) as running, running.client() as client:
        broken = client.post("/api/v1/videos", json={"path": "broken.mp4"}).json()
        gone = client.post("/api/v1/videos", json={"path": "a.mp4"}).json()
        (root / "a.mp4").unlink()
        first = wait_for_job(client, broken["id"])
        assert (first["state"], first["error"]["type"]) == ("failed", "unreadable")
        second = wait_for_job(client, gone["id"])
        assert second["state"] == "failed"
        assert "does not exist" in second["error"]["detail"]
        listed = client.get("/api/v1/jobs").json()
        assert [job["id"] for job in listed["jobs"]] == [gone["id"], broken["id"]] or listed["total"] == 2
        failed = client.get("/api/v1/videos", params={"state": "failed"}).json()
        failure = failed["videos"][0]["failure"]
        assert failure["kind"] == "unreadable" and failure["reason"].startswith("not a media file")
        assert str(root) not in str(failed)
    verified(plain_library)


def test_ctrl_c_stops_cleanly(plain_library: Path, gate: Gate) -> None:
    with plain_process(plain_library) as running:
        with httpx.stream("GET", f"{running.url}/api/v1/health") as response:
            assert response.status_code == 200
        assert running.stop() == 0


def test_an_absent_library_is_made_by_the_first_upload(gate: Gate, tmp_path: Path, video: Path) -> None:
    library = tmp_path / "new" / "library"
    with serving(plain_settings(library)) as running, running.client() as client:
        assert client.get("/api/v1/health").json()["library"] == {"exists": False}
        assert client.get("/api/v1/videos").json()["total"] == 0
        missing = client.get("/api/v1/search", params={"query": "a"})
        assert (missing.status_code, missing.json()["type"]) == (404, "urn:reelseek:problem:library-missing")
        assert not library.exists()
        done = wait_for_job(client, str(upload(client, video, "a.mp4")["id"]))
        assert done["state"] == "done", done
        assert client.get("/api/v1/videos").json()["total"] == 1
    verified(library)
