"""The media route of a real server: ranges by curl and httpx, and clean-up after disconnects."""

import gc
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import av
import httpx
import pytest

from api.service.files.media_preparer import preparer_of
from tests.helpers.marks import thorough
from tests.helpers.media import write_video
from tests.helpers.media_server import HUGE_BYTES, Media, app_of, eventually, media_fixture, open_descriptors  # noqa: F401
from tests.helpers.media_service import make_media_library, make_runtime, probed, serving

pytestmark = pytest.mark.slow


def test_the_whole_and_its_head(media: Media) -> None:
    data = Path(media.plain.path).read_bytes()
    whole, head = httpx.get(media.url(media.plain)), httpx.head(media.url(media.plain), headers={"Range": "bytes=0-1"})
    assert whole.status_code == head.status_code == 200
    assert whole.content == data and head.content == b""
    for response in (whole, head):
        assert response.headers["accept-ranges"] == "bytes"
        assert response.headers["content-type"] == "video/mp4"
        assert int(response.headers["content-length"]) == len(data)
    assert whole.headers["etag"] == head.headers["etag"]
    assert whole.headers["last-modified"] == head.headers["last-modified"]


@pytest.mark.parametrize(
    ("value", "start", "stop"), [("0-99", 0, 100), ("100-", 100, None), ("-7", -7, None), ("5-5", 5, 6)]
)
def test_a_range(media: Media, value: str, start: int, stop: int | None) -> None:
    data = Path(media.plain.path).read_bytes()
    response = httpx.get(media.url(media.plain), headers={"Range": f"bytes={value}"})
    assert response.status_code == 206
    assert response.content == data[start:stop]
    first = start % len(data)
    assert response.headers["content-range"] == f"bytes {first}-{first + len(response.content) - 1}/{len(data)}"


def test_outside_is_416_with_the_size(media: Media) -> None:
    size = media.plain.size_bytes
    response = httpx.get(media.url(media.plain), headers={"Range": f"bytes={size}-"})
    assert response.status_code == 416
    assert response.headers["content-range"] == f"bytes */{size}"
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "urn:reelseek:problem:range"


def test_several_ranges_get_the_whole(media: Media) -> None:
    assert httpx.get(media.url(media.plain), headers={"Range": "bytes=0-1,5-6"}).status_code == 200


def test_conditions_over_the_wire(media: Media) -> None:
    first = httpx.get(media.url(media.plain))
    tag, date = first.headers["etag"], first.headers["last-modified"]
    assert not tag.startswith("W/")
    same = httpx.get(media.url(media.plain), headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == tag
    assert httpx.get(media.url(media.plain), headers={"If-Modified-Since": date}).status_code == 304
    assert httpx.get(media.url(media.plain), headers={"If-Match": '"other"'}).status_code == 412
    part = {"Range": "bytes=0-9"}
    assert httpx.get(media.url(media.plain), headers={**part, "If-Range": tag}).status_code == 206
    assert httpx.get(media.url(media.plain), headers={**part, "If-Range": '"other"'}).status_code == 200
    assert httpx.get(media.url(media.plain), headers={**part, "If-Range": f"W/{tag}"}).status_code == 200


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_resumes(media: Media, tmp_path: Path) -> None:
    data, target = Path(media.plain.path).read_bytes(), tmp_path / "got.mp4"
    target.write_bytes(data[:1000])
    subprocess.run(["curl", "-sf", "-C", "-", "-o", str(target), media.url(media.plain)], check=True, timeout=60)
    assert target.read_bytes() == data
    part = subprocess.run(
        ["curl", "-sf", "-r", "10-19", media.url(media.plain)], check=True, timeout=60, capture_output=True
    )
    assert part.stdout == data[10:20]


def test_ffmpeg_seeks_over_http(media: Media) -> None:
    with av.open(media.url(media.plain)) as container:
        container.seek(4_000_000)
        frame = next(container.decode(video=0))
        assert frame.time is not None and 3.0 < frame.time <= 4.0


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.thorough
def test_ten_gigabytes_in_constant_memory(media: Media) -> None:
    url = media.url(media.huge)
    tail = httpx.get(url, headers={"Range": f"bytes={HUGE_BYTES - 10}-"})
    assert tail.status_code == 206 and tail.content == bytes(10)
    assert httpx.get(url, headers={"Range": f"bytes={HUGE_BYTES - 10}-{2 * HUGE_BYTES}"}).content == bytes(10)
    gc.collect()
    before, most, got = resident_bytes(), 0, 0
    with httpx.stream("GET", url, timeout=60) as response:
        assert int(response.headers["content-length"]) == HUGE_BYTES
        for piece in response.iter_raw():
            got += len(piece)
            most = max(most, resident_bytes())
            if got > 1 << 30:
                break
    assert most - before < 48 << 20, f"{(most - before) >> 20} MiB more"


def test_who_does_not_read_costs_no_memory_and_who_hangs_up_leaves_no_descriptor(media: Media) -> None:
    host, port = media.address.removeprefix("http://").split(":")
    httpx.get(media.url(media.huge), headers={"Range": "bytes=0-0"})
    gc.collect()
    before = resident_bytes()
    clients: list[socket.socket] = []
    for _ in range(60):
        client = socket.create_connection((host, int(port)))
        client.sendall(f"GET /api/v1/videos/{media.huge.video_id}/media HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        clients.append(client)
    assert eventually(lambda: len(open_descriptors("huge.mp4")) == 60)
    time.sleep(0.5)
    assert resident_bytes() - before < 120 << 20
    for place, client in enumerate(clients):
        if place % 2:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # a reset, no farewell
        client.close()
    assert eventually(lambda: not open_descriptors("huge.mp4")), open_descriptors("huge.mp4")


def test_refused_and_finished_requests_leave_no_descriptor(media: Media) -> None:
    for headers in ({}, {"Range": "bytes=99999999-"}, {"If-None-Match": "*"}, {"If-Match": '"x"'}):
        httpx.get(media.url(media.plain), headers=headers)
        httpx.head(media.url(media.plain), headers=headers)
    assert eventually(lambda: not open_descriptors("plain.mp4"))


@pytest.mark.parametrize(
    "how",
    [
        "touched",
        *thorough("grown", "gone", "link to another", "link to a like one"),
    ],
)
def test_another_file_in_its_place_is_410(media: Media, tmp_path: Path, how: str) -> None:
    source = write_video(tmp_path / "a.mp4", range(0, 1000, 40))
    video = probed(source)
    library = make_media_library(tmp_path / "library", [video])
    runtime = make_runtime(library)
    match how:
        case "grown":
            source.write_bytes(source.read_bytes() + b"x")
        case "touched":
            os.utime(source, (1, 1))
        case "gone":
            source.unlink()
        case "link to another":
            source.unlink()
            source.symlink_to("/etc/hostname")
        case _:
            # Same size and time, other bytes: only a link's content is looked at, and it is not what was indexed.
            secret = tmp_path / "secret"
            secret.write_bytes(bytes(video.size_bytes))
            os.utime(secret, ns=(video.modified_ns[0], video.modified_ns[0]))
            source.unlink()
            source.symlink_to(secret)
    with serving(app_of(runtime)) as address:
        for rest in ("media", "media?original=true", "clip?start=0&stop=0.5"):
            response = httpx.get(f"{address}/api/v1/videos/{video.video_id}/{rest}")
            assert response.status_code == 410, rest
            assert response.json()["type"] == "urn:reelseek:problem:vanished"
    runtime.close()


def test_a_link_that_was_indexed_is_served(tmp_path: Path) -> None:
    true = write_video(tmp_path / "true.mp4", range(0, 1000, 40))
    link = tmp_path / "link.mp4"
    link.symlink_to(true)
    video = probed(link)
    runtime = make_runtime(make_media_library(tmp_path / "library", [video]))
    with serving(app_of(runtime)) as address:
        assert httpx.get(f"{address}/api/v1/videos/{video.video_id}/media").content == true.read_bytes()
    runtime.close()


@pytest.mark.parametrize(
    "rest",
    ["media", "clip?start=0&stop=1", "thumbnail", "sprites.jpg", "sprites.vtt", "subtitles.vtt", "timeline?query=x"],
)
@pytest.mark.parametrize("video_id", ["0" * 32, "x", "..%2f..%2fetc%2fpasswd", "F" * 32])
def test_no_such_video(media: Media, rest: str, video_id: str) -> None:
    response = httpx.get(f"{media.address}/api/v1/videos/{video_id}/{rest}")
    assert response.status_code in (400, 404)
    assert response.headers["content-type"] == "application/problem+json"


def test_the_loop_is_never_blocked_while_media_are_read_and_cut(media: Media) -> None:
    """Others are answered meanwhile, while a client that reads slowly has much to come too."""
    cut: list[httpx.Response] = []

    def ask_for_clip() -> None:
        cut.append(httpx.get(media.url(media.plain, "clip?start=0.25&stop=5.5"), timeout=60))

    cutting = threading.Thread(target=ask_for_clip)
    answered = 0
    with httpx.Client(timeout=60) as client, httpx.stream("GET", media.url(media.huge), timeout=60) as slow:
        pieces = slow.iter_raw()
        cutting.start()
        while cutting.is_alive():
            assert client.head(media.url(media.plain)).status_code == 200
            answered += cutting.is_alive()
            next(pieces)
        for _ in range(100):
            assert len(next(pieces))
            assert client.head(media.url(media.plain)).status_code == 200
    assert [response.status_code for response in cut] == [200]
    assert answered >= 3, "a process is started and makes the clip meanwhile"


def test_drafts_of_a_crash_are_removed_at_start(tmp_path: Path) -> None:
    video = probed(write_video(tmp_path / "a.mp4", range(0, 1000, 40)))
    runtime = make_runtime(make_media_library(tmp_path / "library", [video]))
    left = runtime.cache_folder / "clips" / "x.mp4.1-1.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    preparer_of(runtime)
    assert not left.exists()
    runtime.close()
