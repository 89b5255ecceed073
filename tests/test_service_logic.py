"""The parts of the service that need no server: queues, keys, names of uploads, who may ask, jobs' records."""

import asyncio
import json
import threading
import time
from pathlib import Path

import msgspec
import pytest

from api.errors import (
    BadRequestError,
    BodyTimeoutError,
    DeadlineError,
    ForbiddenOriginError,
    ForbiddenPathError,
    QueueFullError,
    UnauthorizedError,
)
from api.service.api_keys import KeyStore
from api.service.authorization import Guard, host_name
from api.service.body_timeouts import Receive, with_deadline, with_minimum_rate
from api.service.jobs.child import job_environment
from api.service.jobs.progress import JobProgress
from api.service.jobs.store import JobEntry, JobStore
from api.service.jobs.uploads import check_upload_name, delete_upload, sweep_uploads
from api.service.routes.page import PageFiles
from api.service.routes.uploads import path_under_roots
from api.service.schemas.jobs import Job
from api.service.schemas.search import SearchRequest
from api.service.settings import ServiceSettings, is_loopback
from api.service.views.signal_groups import MODULE, signal_groups_module
from api.service.work_queue import WorkQueue
from indexer.config import Settings, load_settings
from indexer.errors import UsageError
from search.signals import SIGNALS
from tests.helpers.traversal import TRICKS
from web import PAGE_FOLDER


def test_a_request_names_signals_of_the_table_alone() -> None:
    asked = msgspec.json.decode(json.dumps({"signals": SIGNALS}), type=SearchRequest)
    assert asked.signals == list(SIGNALS)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"signals": ["smell"]}', type=SearchRequest)


def test_the_page_gets_its_groups_of_signals_from_the_table() -> None:
    file = PageFiles(PAGE_FOLDER, generated={MODULE: signal_groups_module()}).get("js/signal_groups.js")
    assert file.media_type == "text/javascript; charset=utf-8"
    groups = json.loads(file.content.decode().removeprefix("export const SIGNAL_GROUPS = ").removesuffix(";\n"))
    assert {name: group["label"] for name, group in groups.items()} == {
        "picture": "Picture", "caption": "Caption", "said": "Speech", "written": "On-screen text",
        "named": "Name and tags",
    }  # fmt: skip
    assert sorted(signal for group in groups.values() for signal in group["signals"]) == sorted(SIGNALS)


# Queues


def test_a_full_queue_refuses_at_once_and_frees_its_places() -> None:
    async def scenario() -> None:
        queue = WorkQueue("test", workers=1, limit=1, deadline_seconds=10)
        go = threading.Event()
        first, second = (asyncio.create_task(queue.run(lambda: go.wait(10))) for _ in range(2))
        await asyncio.sleep(0.05)
        assert (queue.running, queue.waiting) == (1, 1)
        with pytest.raises(QueueFullError) as refused:
            await queue.run(lambda: None)
        assert refused.value.headers == {"Retry-After": "2"}
        go.set()
        assert await first and await second
        assert (queue.running, queue.waiting, queue.refused) == (0, 0, 1)
        queue.close()

    asyncio.run(scenario())


def test_a_deadline_frees_the_caller_and_a_cancelled_caller_is_never_begun() -> None:
    async def scenario() -> None:
        queue = WorkQueue("test", workers=1, limit=5, deadline_seconds=0.1)
        begun: list[str] = []
        go = threading.Event()
        with pytest.raises(DeadlineError):
            await queue.run(lambda: go.wait(10))
        waiting = asyncio.create_task(queue.run(lambda: begun.append("never"), deadline_seconds=10))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        go.set()
        assert await queue.run(lambda: "next", deadline_seconds=10) == "next"
        assert begun == []
        assert queue.running == 0
        queue.close()

    asyncio.run(scenario())


def test_an_error_of_the_work_reaches_the_caller() -> None:
    async def scenario() -> None:
        queue = WorkQueue("test", workers=1, limit=1, deadline_seconds=10)
        with pytest.raises(ZeroDivisionError):
            await queue.run(lambda: 1 // 0)
        queue.close()

    asyncio.run(scenario())


# Bodies


def test_a_slow_body_is_given_up() -> None:
    async def slow() -> dict[str, object]:
        await asyncio.sleep(0.06)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def several(receive: Receive) -> None:
        for _ in range(5):
            await receive()

    async def scenario() -> None:
        whole = with_deadline(slow, seconds=0.1)
        with pytest.raises(BodyTimeoutError):
            await several(whole)
        idle = with_minimum_rate(slow, idle_seconds=0.03, least_rate=0)
        with pytest.raises(BodyTimeoutError, match="no byte"):
            await idle()
        trickle = with_minimum_rate(slow, idle_seconds=0.1, least_rate=1000)
        with pytest.raises(BodyTimeoutError, match="slower"):
            await several(trickle)

    asyncio.run(scenario())


# Keys


def test_keys_are_made_checked_and_revoked_and_never_kept(tmp_path: Path) -> None:
    store, other = KeyStore(tmp_path), KeyStore(tmp_path)
    key, whole = store.add("laptop")
    assert store.is_known(whole)
    assert other.is_known(whole), "another process sees it"
    assert whole not in (tmp_path / "keys.json").read_text()
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
    for wrong in ("", whole[:-1], whole + "x", whole.upper(), f"rsk_{key.key_id}_", key.digest, "rsk_00000000_x", "ü"):
        assert not store.is_known(wrong)
    with pytest.raises(UsageError, match="already"):
        store.add("laptop")
    time.sleep(0.01)
    assert other.revoke("laptop").key_id == key.key_id
    assert not store.is_known(whole)
    with pytest.raises(UsageError, match="no API key"):
        store.revoke("laptop")


@pytest.mark.parametrize("name", ["", " ", "a" * 101, "a\nb", "\x00"])
def test_a_key_has_a_plain_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        KeyStore(tmp_path).add(name)


# Who may ask


@pytest.mark.parametrize(
    ("host", "is_own"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.9.9.9", True), ("0.0.0.0", False), ("a.b", False)],
)
def test_loopback_is_known(host: str, *, is_own: bool) -> None:
    assert is_loopback(host) is is_own


def test_a_host_header_is_read() -> None:
    assert [host_name(one) for one in ("localhost:80", "[::1]:80", "a.b", "")] == ["localhost", "::1", "a.b", ""]


OWN = {"host": "localhost:8765"}


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/api/v1/search", {"host": "evil.example:8765"}),
        ("GET", "/api/v1/search", {}),
        ("GET", "/", {"host": "127.0.0.1.nip.io"}),
        ("POST", "/api/v1/ask", {**OWN, "origin": "http://evil.example"}),
        ("POST", "/api/v1/ask", {**OWN, "origin": "null"}),
        ("POST", "/api/v1/ask", {**OWN, "origin": "http://localhost:9999"}),
        ("DELETE", "/api/v1/videos/x", {**OWN, "sec-fetch-site": "cross-site"}),
        ("GET", "/api/v1/videos/x/media", {**OWN, "sec-fetch-site": "cross-site"}),
    ],
)
def test_foreign_pages_and_names_are_refused(tmp_path: Path, method: str, path: str, headers: dict[str, str]) -> None:
    with pytest.raises(ForbiddenOriginError):
        Guard(ServiceSettings(), KeyStore(tmp_path)).check(method, path, headers)


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/api/v1/search", OWN),
        ("POST", "/api/v1/ask", OWN),
        ("POST", "/api/v1/ask", {**OWN, "origin": "http://localhost:8765", "sec-fetch-site": "same-origin"}),
        ("POST", "/api/v1/ask", {**OWN, "origin": "https://friend.example", "sec-fetch-site": "cross-site"}),
        ("GET", "/", {**OWN, "sec-fetch-site": "cross-site"}),
    ],
)
def test_the_own_page_and_configured_ones_may_ask(
    tmp_path: Path, method: str, path: str, headers: dict[str, str]
) -> None:
    Guard(ServiceSettings(cors_origins=("https://friend.example",)), KeyStore(tmp_path)).check(method, path, headers)


def test_another_address_needs_a_key_except_for_the_page(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    _, whole = store.add("a")
    guard = Guard(ServiceSettings(host="0.0.0.0"), store)
    guard.check("GET", "/", {"host": "server"})
    guard.check("GET", "/static/app.js", {"host": "server"})
    guard.check("GET", "/api/v1/videos", {"host": "server", "authorization": f"Bearer {whole}"})
    guard.check("GET", "/api/v1/videos", {"host": "server", "cookie": f"a=b; reelseek_key={whole}"})
    for headers in (
        {},
        {"authorization": "Bearer x"},
        {"authorization": f"Basic {whole}"},
        {"cookie": "reelseek_key=x"},
    ):
        with pytest.raises(UnauthorizedError):
            guard.check("GET", "/api/v1/videos", {"host": "server", **headers})


# Names and paths


@pytest.mark.parametrize("name", TRICKS)
def test_no_trick_is_a_name_of_an_upload(name: str) -> None:
    with pytest.raises(BadRequestError):
        check_upload_name(name)


@pytest.mark.parametrize(
    "name", ["clip.mp4", "Übung 3.mkv", "<img src=x onerror=alert(1)>.mp4", "映画.webm", "a b.mov"]
)
def test_plain_names_are_taken_whatever_they_say(name: str) -> None:
    assert check_upload_name(name) == name


@pytest.mark.parametrize("name", TRICKS)
def test_no_trick_leads_out_of_the_roots(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    (root / "inner").mkdir(parents=True)
    (tmp_path / "secret.mp4").write_bytes(b"x")
    (root / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    try:
        found = path_under_roots(name, (root.resolve(),))
    except (ForbiddenPathError, BadRequestError):
        return
    assert found.is_relative_to(root.resolve())


def test_links_out_of_the_roots_are_refused_and_files_inside_found(tmp_path: Path) -> None:
    root = (tmp_path / "root").resolve()
    root.mkdir()
    (root / "a.mp4").write_bytes(b"x")
    (tmp_path / "secret.mp4").write_bytes(b"x")
    (root / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    (root / "folder").symlink_to(tmp_path)
    assert path_under_roots("a.mp4", (root,)) == root / "a.mp4"
    assert path_under_roots(str(root / "a.mp4"), (root,)) == root / "a.mp4"
    for name in ("link.mp4", "folder/secret.mp4", "../secret.mp4", str(tmp_path / "secret.mp4"), "folder", "none.mp4"):
        with pytest.raises(ForbiddenPathError):
            path_under_roots(name, (root,))
    with pytest.raises(ForbiddenPathError, match="--root"):
        path_under_roots("a.mp4", ())


def test_a_sweep_deletes_only_what_nothing_names(tmp_path: Path) -> None:
    kept, lost = tmp_path / ("a" * 16) / "kept.mp4", tmp_path / ("b" * 16) / "lost.mp4"
    other, part = tmp_path / "notes" / "mine.txt", tmp_path / ".part" / "cccc"
    for file in (kept, lost, other, part):
        file.parent.mkdir()
        file.write_bytes(b"x")
    assert sweep_uploads(tmp_path, keep={str(kept)}, parts=True) == [lost]
    assert [file.exists() for file in (kept, lost, lost.parent, other, part)] == [True, False, False, True, False]
    delete_upload(tmp_path, other)
    delete_upload(tmp_path, tmp_path / ("a" * 16) / ".." / ".." / "x")
    assert other.exists()
    delete_upload(tmp_path, kept)
    assert not kept.parent.exists()


# Jobs


def lines(*contents: dict[str, object]) -> list[bytes]:
    return [json.dumps(one).encode() for one in contents]


SCAN = {"event": "scan_finished", "videos": 2, "todo": 2}
DONE = {
    "event": "stage_finished",
    "path": "a.mp4",
    "video_id": "0" * 32,
    "stage": "picture",
    "duration_seconds": 3.0,
    "rows": 3,
    "wall_seconds": 0.1,
}
FAILED = {"event": "video_failed", "path": "b.mp4", "kind": "unreadable", "reason": "no video"}
STAGE_FAILED = {**FAILED, "event": "stage_failed", "video_id": "0" * 32, "stage": "speech", "kind": "unexpected"}


@pytest.mark.parametrize(
    ("told", "code", "state", "error"),
    [
        ([SCAN, DONE], 0, "done", None),
        ([SCAN, DONE, FAILED], 3, "done", "unreadable"),
        ([{**SCAN, "videos": 1}, FAILED], 3, "failed", "unreadable"),
        ([SCAN, DONE, STAGE_FAILED], 3, "done", "unexpected"),
        ([SCAN], 130, "cancelled", None),
        ([{"error": {"type": "ModelMissingError", "message": "no weights"}}], 2, "failed", "ModelMissingError"),
        ([SCAN], -9, "failed", "crashed"),
        ([], 1, "failed", "crashed"),
    ],
)
def test_how_a_run_ends_decides_the_job(
    told: list[dict[str, object]], code: int, state: str, error: str | None
) -> None:
    progress = JobProgress(["picture", "subtitles"])
    assert not progress.receive(b"no json\n")
    assert not progress.receive(b"[1]\n")
    for line in lines(*told):
        progress.receive(line)
    job = Job(id="0" * 32, paths=["a.mp4"], created_at="")
    progress.show(job)
    assert 0 <= job.progress < 1
    progress.conclude(job, code, "last words")
    assert job.state == state
    assert (job.error.type if job.error else None) == error


def test_job_records_are_kept_and_bounded(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs", max_finished=2)
    entries = []
    for number in range(4):
        job = Job(id=f"{number:032x}", paths=["a"], created_at=f"2026-01-0{number + 1}T00:00:00Z", state="done")
        entries.append(JobEntry(job, ["/a"], attempts=number))
        store.save(entries[-1])
    (tmp_path / "jobs" / "broken.json").write_text("{")
    assert [one.job.id for one in store.forget_old(entries)] == [f"{2:032x}", f"{3:032x}"]
    loaded = JobStore(tmp_path / "jobs", max_finished=2).load()
    assert [(one.job.id, one.attempts, one.paths) for one in loaded] == [(f"{n:032x}", n, ["/a"]) for n in (2, 3)]
    assert not (tmp_path / "jobs" / "broken.json").exists()


def test_the_child_works_with_exactly_these_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Settings(library="/l", models="demo", screen_text=False, captions=False, frames_per_second=0.5)
    for name, value in job_environment(wanted).items():
        if name.startswith("REELSEEK_"):
            monkeypatch.setenv(name, value)
    assert load_settings() == wanted
