"""The media routes of a real server: curl and httpx read by ranges, whoever hangs up leaves nothing behind."""

import gc
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import av
import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide

from api.media.media_desk import configure, desk_of
from api.media.media_routes import MEDIA_CONTROLLERS
from api.media.settings import MediaSettings
from api.service.problems import problem_response
from api.service.runtime import Runtime
from indexer.records import TextRow, TimeSpan, Video
from indexer.store import Library
from tests.media import read_number, write_video
from tests.media_service import MAKER, make_media_library, make_runtime, probed, serving
from tests.media_sound import write_talkie

HUGE_BYTES = 10 << 30


@dataclass(frozen=True)
class Media:
    """A server with a few videos."""

    address: str
    runtime: Runtime
    folder: Path
    plain: Video
    """H.264 in MP4."""
    matroska: Video
    """H.264 and AC-3 in Matroska."""
    avi: Video
    webm: Video
    late: Video
    """H.264 in MP4 whose first picture comes at 3 s."""
    huge: Video
    """An MP4 of 10 GiB, nearly all of it a hole."""

    def url(self, video: Video, rest: str = "media") -> str:
        return f"{self.address}/api/videos/{video.video_id}/{rest}"


def app_of(runtime: Runtime) -> Litestar:
    return Litestar(
        list(MEDIA_CONTROLLERS),
        dependencies={"runtime": Provide(lambda: runtime, sync_to_thread=False)},
        exception_handlers={Exception: problem_response},
        openapi_config=None,
    )


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Media]:
    folder = tmp_path_factory.mktemp("media")
    times = list(range(0, 6000, 40))
    late = [time + 3000 for time in times]
    files = [
        write_video(folder / "plain.mp4", times, width=320, height=240),
        write_talkie(folder / "mkv <b>&.mkv", times, sound_codec="ac3"),
        write_talkie(folder / "old.avi", times, codec="mpeg4", sound_codec="libmp3lame"),
        write_video(folder / "web.webm", times, codec="libvpx"),
        write_video(folder / "late.mp4", late),
    ]
    videos = [probed(file) for file in files]
    huge = folder / "huge.mp4"
    shutil.copy(files[0], huge)
    with huge.open("r+b") as stream:
        stream.seek(0, os.SEEK_END)
        # A `free` box with a 64-bit size takes up the rest (ISO/IEC 14496-12, 8.1.2).
        rest = HUGE_BYTES - stream.tell()
        stream.write((1).to_bytes(4, "big") + b"free" + rest.to_bytes(8, "big"))
        stream.truncate(HUGE_BYTES)
    status = huge.stat()
    big = replace(
        videos[0], video_id="f" * 32, paths=(str(huge),), size_bytes=HUGE_BYTES, modified_ns=(status.st_mtime_ns,)
    )
    texts = [
        TextRow("subtitle", 0, TimeSpan(1.0, 2.5), "a <i>ship</i> & a --> b", None, "en"),
        TextRow("subtitle", 0, TimeSpan(3.0, 4.0), "second\n\nline", None, "en"),
    ]
    library = make_media_library(folder / "library", [*videos, big], texts=texts)
    runtime = make_runtime(library)
    configure(runtime, MediaSettings(wait_seconds=30.0))
    with serving(app_of(runtime)) as address:
        yield Media(address, runtime, folder, *videos, big)
    runtime.close()


def open_descriptors(part: str) -> list[str]:
    found: list[str] = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if part in target:
            found.append(target)
    return found


def eventually(holds: object, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():  # pyright: ignore
            return True
        time.sleep(0.05)
    return False


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
        client.sendall(f"GET /api/videos/{media.huge.video_id}/media HTTP/1.1\r\nHost: x\r\n\r\n".encode())
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


@pytest.mark.parametrize("how", ["grown", "touched", "gone", "link to another", "link to a like one"])
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
            response = httpx.get(f"{address}/api/videos/{video.video_id}/{rest}")
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
        assert httpx.get(f"{address}/api/videos/{video.video_id}/media").content == true.read_bytes()
    runtime.close()


@pytest.mark.parametrize(
    ("name", "codecs"), [("matroska", {"h264", "aac"}), ("avi", {"h264", "aac"}), ("late", {"h264"})]
)
def test_what_browsers_do_not_play_is_made_for_them(media: Media, name: str, codecs: set[str], tmp_path: Path) -> None:
    video: Video = getattr(media, name)
    response = httpx.get(media.url(video), timeout=60)
    assert response.status_code == 200 and response.headers["content-type"] == "video/mp4"
    target = tmp_path / "got.mp4"
    target.write_bytes(response.content)
    with av.open(str(target)) as container:
        assert {stream.codec_context.name for stream in container.streams} == codecs
        stream = container.streams.video[0]
        frames = [
            (float(f.pts * stream.time_base), read_number(f.to_ndarray(format="rgb24")))
            for f in container.decode(stream)
        ]
    assert [number for _, number in frames] == list(range(150))
    slack = 0.03 if name == "avi" else 0.002  # the writer moved all but the first picture, for the coder of the sound
    assert all(abs(time - number * 0.04) < slack for time, number in frames), "the player's clock is the library's"
    again = httpx.get(media.url(video), headers={"Range": "bytes=0-99", "If-Range": response.headers["etag"]})
    assert again.status_code == 206 and again.content == response.content[:100]
    assert httpx.get(media.url(video, "media?original=true")).content == Path(video.path).read_bytes()
    assert not list(media.folder.rglob("*.part"))


def test_webm_is_served_as_it_is(media: Media) -> None:
    response = httpx.get(media.url(media.webm))
    assert response.headers["content-type"] == "video/webm"
    assert response.content == Path(media.webm.path).read_bytes()


def test_a_clip_over_http(media: Media, tmp_path: Path) -> None:
    response = httpx.get(media.url(media.matroska, "clip?start=1.02&stop=2.5"), timeout=60)
    assert response.status_code == 200 and response.headers["content-type"] == "video/mp4"
    shown = response.headers["content-disposition"]
    assert shown.startswith("attachment; ") and "<" not in shown and "00.01-00.02.mp4" in shown
    target = tmp_path / "clip.mp4"
    target.write_bytes(response.content)
    with av.open(str(target)) as container:
        numbers = [read_number(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    assert numbers == list(range(25, 63))
    part = httpx.get(media.url(media.matroska, "clip?start=1.02&stop=2.5"), headers={"Range": "bytes=0-9"})
    assert part.status_code == 206


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("start=3&stop=2", "stop"),
        ("start=99&stop=100", "start"),
        ("start=-1&stop=2", "start"),
        ("start=nan&stop=2", "start"),
        ("start=0&stop=inf", "stop"),
    ],
)
def test_an_impossible_clip_names_the_field(media: Media, query: str, field: str) -> None:
    response = httpx.get(media.url(media.plain, f"clip?{query}"))
    assert response.status_code == 400, response.text
    assert field in [one["field"] for one in response.json()["errors"]]


def test_who_hangs_up_stops_the_cut(media: Media) -> None:
    host, port = media.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        path = f"/api/videos/{media.plain.video_id}/clip?start=0.5&stop=5.25"
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert eventually(lambda: media.runtime.cuts.running == 1)
    assert eventually(lambda: media.runtime.cuts.running == 0, 3.0)
    assert not list(media.folder.rglob("*.part"))


@pytest.mark.parametrize(("t", "number"), [(0.0, 0), (1.0, 25), (3.019, 75), (5.999, 149), (99.0, 149)])
def test_a_thumbnail_is_the_picture_on_screen(media: Media, t: float, number: int) -> None:
    import cv2
    import numpy as np

    response = httpx.get(media.url(media.plain, f"thumbnail?t={t}&width=160"), timeout=60)
    assert response.status_code == 200 and response.headers["content-type"] == "image/jpeg"
    picture = cv2.imdecode(np.frombuffer(response.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape[:2] == (120, 160)
    assert read_number(np.asarray(picture, np.uint8)) == number


def test_the_library_s_own_picture_is_taken_where_it_is_near(media: Media) -> None:
    with Library.open_writer(media.folder / "library", maker=MAKER) as library:
        library.write_thumbnail(media.webm.video_id, 0, Path(_picture(media.folder, 320)).read_bytes())
    near = httpx.get(media.url(media.webm, "thumbnail?t=3.2"))
    assert near.content == (media.folder / "320.jpg").read_bytes()


def _picture(folder: Path, width: int) -> Path:
    import cv2
    import numpy as np

    path = folder / f"{width}.jpg"
    cv2.imwrite(str(path), np.full((width * 3 // 4, width, 3), 99, np.uint8))
    return path


def test_sprites_and_their_times(media: Media) -> None:
    import cv2
    import numpy as np

    vtt = httpx.get(media.url(media.plain, "sprites.vtt"), timeout=60)
    assert vtt.headers["content-type"].startswith("text/vtt")
    sheet = cv2.imdecode(
        np.frombuffer(httpx.get(media.url(media.plain, "sprites.jpg")).content, np.uint8), cv2.IMREAD_COLOR
    )
    assert sheet is not None
    blocks = vtt.text.strip().split("\n\n")[1:]
    assert len(blocks) == 6
    for block in blocks:
        timing, address = block.splitlines()
        start, stop = (float(moment[-6:]) for moment in timing.split(" --> "))
        x, y, w, h = (int(number) for number in address.partition("#xywh=")[2].split(","))
        number = read_number(np.asarray(sheet[y : y + h, x : x + w], np.uint8))
        assert start <= number * 0.04 < stop


def test_subtitles(media: Media) -> None:
    response = httpx.get(media.url(media.plain, "subtitles.vtt"))
    assert response.text.startswith(
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\na &lt;i&gt;ship&lt;/i&gt; &amp; a --&gt; b\n"
    )
    assert "second\nline\n" in response.text
    assert httpx.get(media.url(media.webm, "subtitles.vtt")).text == "WEBVTT\n"


@pytest.mark.parametrize(
    "rest", ["media", "clip?start=0&stop=1", "thumbnail", "sprites.jpg", "sprites.vtt", "subtitles.vtt", "timeline?q=x"]
)
@pytest.mark.parametrize("video_id", ["0" * 32, "x", "..%2f..%2fetc%2fpasswd", "F" * 32])
def test_no_such_video(media: Media, rest: str, video_id: str) -> None:
    response = httpx.get(f"{media.address}/api/videos/{video_id}/{rest}")
    assert response.status_code in (400, 404)
    assert response.headers["content-type"] == "application/problem+json"


def test_the_loop_is_never_blocked_while_media_are_read_and_cut(media: Media) -> None:
    stop, gaps = threading.Event(), list[float]()

    def ask() -> None:
        with httpx.Client() as client:
            while not stop.is_set():
                begun = time.monotonic()
                client.head(media.url(media.plain))
                gaps.append(time.monotonic() - begun)
                time.sleep(0.01)

    asking = threading.Thread(target=ask)
    asking.start()
    httpx.get(media.url(media.plain, "clip?start=0.25&stop=5.5"), timeout=60)
    with httpx.stream("GET", media.url(media.huge)) as response:
        got = 0
        for piece in response.iter_raw():
            got += len(piece)
            if got > 100 << 20:
                break
    stop.set()
    asking.join()
    assert sorted(gaps)[int(len(gaps) * 0.9)] < 0.5


def test_drafts_of_a_crash_are_removed_at_start(tmp_path: Path) -> None:
    video = probed(write_video(tmp_path / "a.mp4", range(0, 1000, 40)))
    runtime = make_runtime(make_media_library(tmp_path / "library", [video]))
    left = runtime.cache_folder / "clips" / "x.mp4.1-1.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    desk_of(runtime)
    assert not left.exists()
    runtime.close()
