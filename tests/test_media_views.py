"""Derived files over HTTP: copies for browsers, clips, stills, sprite sheets, subtitles."""

import socket
from pathlib import Path

import av
import httpx
import pytest

from indexer.records import Video
from indexer.store.library import Library
from tests.helpers.media import read_number
from tests.helpers.media_server import Media, eventually, media_fixture  # noqa: F401
from tests.helpers.media_service import MAKER

pytestmark = pytest.mark.slow


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
        path = f"/api/v1/videos/{media.plain.video_id}/clip?start=0.5&stop=5.25"
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
