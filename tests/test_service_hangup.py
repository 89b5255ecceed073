"""Clients that go away, that are slow, and too many of them: nothing stays behind, and nobody hangs."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import asyncio
import gc
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psutil
import pytest

from api.service.routes.search import MAX_BODY_BYTES
from search.answering.asker import Asker
from tests.helpers.service import RunningService, demo_library, demo_settings, serving  # noqa: F401

pytestmark = pytest.mark.slow

CLIENTS = 200


@pytest.fixture(scope="module")
def small(demo_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """With room for little."""
    library = Path(shutil.copytree(demo_library, tmp_path_factory.mktemp("small") / "library"))
    with serving(
        demo_settings(library),
        max_upload_bytes=300_000,
        ask_waiting=2,
        search_workers=1,
        search_waiting=2,
        ping_seconds=0.2,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def impatient(demo_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """With short limits of time."""
    library = Path(shutil.copytree(demo_library, tmp_path_factory.mktemp("impatient") / "library"))
    with serving(
        demo_settings(library),
        header_seconds=1.0,
        body_seconds=1.0,
        upload_idle_seconds=1.0,
        upload_least_rate=10_000.0,
    ) as running:
        yield running


def wait_until(holds: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it does not come to rest"
        time.sleep(0.05)


def at_rest(service: RunningService) -> bool:
    queues = service.runtime.queues
    return all(queue.running == queue.waiting == 0 for queue in queues) and not open_requests(service)


def open_requests(service: RunningService) -> int:
    process = psutil.Process()
    port = int(service.url.rpartition(":")[2])
    return sum(
        one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port for one in process.net_connections("tcp")
    )


class SlowAnswers:
    """A question that is answered word by word until it is cancelled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = 0
        self.cancelled = 0
        monkeypatch.setattr(Asker, "ask", self._ask)

    def _ask(self, question: str, *, on_text: Any, is_cancelled: Any, **options: Any) -> Any:
        from indexer.errors import GenerationCancelledError

        self.begun += 1
        for _ in range(3000):
            on_text("word " * 20)
            time.sleep(0.02)
            if is_cancelled():
                self.cancelled += 1
                raise GenerationCancelledError("stopped")
        return SimpleNamespace()


async def hang_up(url: str, *, stream: bool, seconds: float, is_full: asyncio.Event | None = None) -> int:
    """Asks, reads a little, goes away. The status, 0 when none came in time.

    With `is_full`, which whoever is refused sets, nobody leaves before.
    """
    host, _, port = url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    accept = "text/event-stream" if stream else "application/json"
    body = b'{"question": "what is seen?"}'
    head = f"POST /api/v1/ask HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: {accept}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    status = 0

    async def read() -> None:
        nonlocal status
        line = await reader.readline()
        status = int(line.split()[1]) if line else 0
        if is_full and status == 503:
            is_full.set()
        await reader.read(200)

    reading = asyncio.create_task(read())
    if is_full:
        await asyncio.wait_for(is_full.wait(), 120)
    await asyncio.wait([reading], timeout=seconds)
    reading.cancel()
    writer.transport.abort()
    return status


def test_clients_that_hang_up_mid_answer_leave_nothing_behind(
    small: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = SlowAnswers(monkeypatch)
    process = psutil.Process()

    async def wave(count: int) -> list[int]:
        is_full = asyncio.Event()
        tasks = [hang_up(small.url, stream=number % 2 == 0, seconds=0.3, is_full=is_full) for number in range(count)]
        return await asyncio.gather(*tasks)

    asyncio.run(wave(20))
    wait_until(lambda: at_rest(small))
    gc.collect()
    before = (threading.active_count(), process.num_fds(), process.memory_info().rss)
    statuses = asyncio.run(wave(CLIENTS // 2)) + asyncio.run(wave(CLIENTS // 2))
    wait_until(lambda: at_rest(small))
    gc.collect()
    after = (threading.active_count(), process.num_fds(), process.memory_info().rss)
    assert len(statuses) == CLIENTS
    assert set(statuses) <= {0, 200, 503}
    assert 503 in statuses, "a full queue answers at once"
    assert answers.begun == answers.cancelled >= 2
    assert after[0] <= before[0]
    assert after[1] <= before[1] + 3
    assert after[2] <= before[2] + 30e6
    tasks = asyncio.run_coroutine_threadsafe(count_tasks(), loop_of(small)).result(10)
    assert tasks < 20, "no task waits for a client that is gone"


async def count_tasks() -> int:
    return len(asyncio.all_tasks())


def loop_of(service: RunningService) -> asyncio.AbstractEventLoop:
    loop = service.service.loop
    assert loop
    return loop


def test_clients_that_really_hang_up_on_the_model_cancel_it(small: RunningService) -> None:
    """The real model, not a stand-in: most clients leave before it has begun."""
    asyncio.run(_few(small.url))
    wait_until(lambda: at_rest(small))


async def _few(url: str) -> None:
    await asyncio.gather(*(hang_up(url, stream=True, seconds=0.2 * number) for number in range(8)))


def test_a_full_queue_answers_503_with_retry_after_and_recovers(
    small: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = small.runtime.engine
    go = threading.Event()
    plain = engine.search

    def slow(*words: Any, **options: Any) -> Any:
        go.wait(120)
        return plain(*words, **options)

    monkeypatch.setattr(engine, "search", slow)

    async def many() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=small.url, timeout=60) as client:
            tasks = [asyncio.create_task(client.get("/api/v1/search", params={"query": "circle"})) for _ in range(20)]
            done, _ = await asyncio.wait(tasks, timeout=60, return_when=asyncio.FIRST_COMPLETED)
            assert done
            while sum(task.done() for task in tasks) < 17:
                await asyncio.sleep(0.02)
            health = await client.get("/api/v1/health")
            assert health.json()["status"] == "degraded", "a full queue shows"
            go.set()
            return await asyncio.gather(*tasks)

    responses = asyncio.run(many())
    statuses = [one.status_code for one in responses]
    assert (statuses.count(200), statuses.count(503)) == (3, 17)
    refused = next(one for one in responses if one.status_code == 503)
    assert refused.json()["type"] == "urn:reelseek:problem:busy"
    assert int(refused.headers["retry-after"]) >= 1
    with small.client() as client:
        assert client.get("/api/v1/search", params={"query": "circle"}).status_code == 200


def raw(service: RunningService) -> socket.socket:
    host, _, port = service.url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def reply(connection: socket.socket) -> bytes:
    found = b""
    while piece := connection.recv(65536):
        found += piece
    return found


def test_a_slow_head_is_closed(impatient: RunningService) -> None:
    with raw(impatient) as connection:
        connection.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n")
        assert reply(connection) == b""
    with raw(impatient) as connection:
        assert reply(connection) == b"", "and one that says nothing at all"


def test_a_slow_body_is_refused(impatient: RunningService) -> None:
    with raw(impatient) as connection:
        connection.sendall(
            b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 20\r\n\r\n{"
        )
        answer = reply(connection)
    assert b" 408 " in answer.split(b"\r\n")[0]
    assert b"urn:reelseek:problem:slow-body" in answer


HEAD = b"POST /api/v1/videos?name=a.mp4 HTTP/1.1\r\nHost: localhost\r\nContent-Type: video/mp4\r\n"


def nothing_kept(service: RunningService) -> None:
    wait_until(lambda: not [file for file in service.runtime.upload_folder.rglob("*") if file.is_file()])
    assert not list(service.runtime.job_folder.glob("*")) if service.runtime.job_folder.exists() else True


def test_a_client_that_leaves_within_its_body_is_no_fault_of_the_service(small: RunningService) -> None:
    for path in (b"/api/v1/search", b"/api/v1/videos?name=a.mp4"):
        with raw(small) as connection:
            connection.sendall(
                b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: 20\r\n\r\n{"
            )
            time.sleep(0.3)

    def requests_with(status: int) -> int:
        counts = httpx.get(f"{small.url}/metrics").text.splitlines()
        told = [line for line in counts if line.startswith("reelseek_requests_total{") and f'status="{status}"' in line]
        return sum(round(float(line.split()[-1])) for line in told)

    wait_until(lambda: requests_with(0) + requests_with(499) + requests_with(500) >= 2)
    assert requests_with(500) == 0


def test_an_upload_that_stands_still_or_trickles_is_given_up(impatient: RunningService) -> None:
    with raw(impatient) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\nabc")
        assert b" 408 " in reply(connection).split(b"\r\n")[0]
    with raw(impatient) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        answer = b""
        connection.settimeout(0.3)
        for _ in range(100):
            try:
                connection.sendall(b"x" * 10)
                answer = connection.recv(65536)
                break
            except TimeoutError:
                continue
            except OSError:
                break
        assert not answer or b" 408 " in answer
    nothing_kept(impatient)


def test_an_upload_that_breaks_off_leaves_nothing(small: RunningService) -> None:
    with raw(small) as connection:
        connection.sendall(HEAD + b"Content-Length: 200000\r\n\r\n" + os.urandom(100_000))
        time.sleep(0.3)
    nothing_kept(small)


def test_too_large_uploads_are_refused_before_and_while_they_come(small: RunningService) -> None:
    with raw(small) as connection:
        connection.sendall(HEAD + b"Connection: close\r\nContent-Length: 99999999999\r\n\r\n")
        assert b" 413 " in reply(connection).split(b"\r\n")[0]

    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield os.urandom(65536)

    with small.client() as client:
        try:
            response = client.post(
                "/api/v1/videos", params={"name": "a.mp4"}, content=endless(), headers={"content-type": "video/mp4"}
            )
            assert response.status_code == 413
        except httpx.TransportError:
            pass  # closed in its face while it still sends
        big = b'{"question": "' + b"a" * 100_000 + b'"}'
        assert client.post("/api/v1/ask", content=big).status_code == 413
        big = b'{"query": "' + b"a" * (MAX_BODY_BYTES + 1) + b'"}'  # an image may lie in it
        assert client.post("/api/v1/search", content=big).status_code == 413
    nothing_kept(small)


MISTYPED = {
    "text": (b"hello " * 100, "video/mp4"),
    "html": (b"<!doctype html><script>alert(1)</script>", "video/mp4"),
    "nothing": (b"", "video/mp4"),
    "playlist": (b"#EXTM3U\n#EXTINF:10,\nhttp://169.254.169.254/latest\n", "video/mp4"),
    "concat": (b"ffconcat version 1.0\nfile /etc/passwd\n", "application/octet-stream"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "video/mp4"),
    "noise": (os.urandom(5000), "video/webm"),
    "program": (b"\x7fELF" + bytes(3000), "application/octet-stream"),
    "as text": (b"hello", "text/plain"),
    "as form": (b"a=b", "application/x-www-form-urlencoded"),
    "as parts": (b"--x\r\n", "multipart/form-data; boundary=x"),
    "untyped": (b"hello", ""),
}


@pytest.mark.parametrize("case", MISTYPED)
def test_what_is_no_video_is_not_taken(small: RunningService, case: str) -> None:
    content, kind = MISTYPED[case]
    with small.client() as client:
        response = client.post(
            "/api/v1/videos", params={"name": "a.mp4"}, content=content, headers={"content-type": kind} if kind else {}
        )
    assert response.status_code == 415, response.text
    assert str(small.runtime.place) not in response.text
    nothing_kept(small)
