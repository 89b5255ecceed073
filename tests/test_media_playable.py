"""Playback methods (direct, remux, transcode) and the cache of derived files."""

import os
import threading
from pathlib import Path

import av
import pytest

from api.media.playback_method import (
    MATROSKA,
    MP4,
    MediaFormat,
    can_copy_audio,
    choose_playback_method,
    estimate_playback_method,
)
from api.media.web_vtt import cue_text, cue_time, subtitles_vtt
from api.service.files.cache import MediaCache
from api.service.requests.file_headers import content_disposition, type_by_name
from indexer.errors import VideoError
from indexer.records import TextRow, TimeSpan, Video
from tests.helpers.media import SHARED
from tests.helpers.media_service import probed
from tests.test_media_clip import work_on

pytestmark = pytest.mark.thorough


def media_format(container: str, codec: str, sound: str = "aac", **values: object) -> MediaFormat:
    return MediaFormat(container, codec, **{"pixel_format": "yuv420p", "sound": sound, **values})  # pyright: ignore


@pytest.mark.parametrize(
    ("one", "wanted"),
    [
        (media_format(MP4, "h264"), "direct"),
        (media_format(MP4, "h264", ""), "direct"),
        (media_format(MP4, "h264", "mp3"), "direct"),
        (media_format(MP4, "av1", "opus", pixel_format="yuv420p10le"), "direct"),
        (media_format(MATROSKA, "vp9", "opus", doc_type="webm"), "direct"),
        (media_format(MATROSKA, "vp8", "vorbis", doc_type="webm"), "direct"),
        (media_format(MATROSKA, "h264"), "remux"),
        (media_format(MATROSKA, "vp9", "opus"), "remux"),
        (media_format(MATROSKA, "h264", "ac3"), "remux"),
        (media_format(MP4, "h264", "ac3"), "remux"),
        (media_format(MP4, "h264", start_seconds=2.0), "remux"),
        (media_format(MP4, "h264", is_first_video=False), "remux"),
        (media_format(MP4, "h264", is_first_sound=False), "remux"),
        (media_format("ogg", "", "opus", is_first_sound=False), "remux"),
        (media_format("mpegts", "h264"), "remux"),
        (media_format("avi", "h264"), "transcode"),
        (media_format("avi", "mpeg4"), "transcode"),
        (media_format(MP4, "hevc"), "transcode"),
        (media_format(MP4, "h264", pixel_format="yuv420p10le"), "transcode"),
        (media_format(MP4, "h264", pixel_format="yuv444p"), "transcode"),
        (media_format(MP4, "prores", "pcm_s16le", pixel_format="yuv422p10le"), "transcode"),
        (media_format(MATROSKA, "vp8", "ac3"), "transcode"),
    ],
)
def test_how_it_is_played(one: MediaFormat, wanted: str) -> None:
    assert choose_playback_method(one) == wanted


def test_sound_is_copied_only_where_it_plays() -> None:
    assert can_copy_audio(media_format(MATROSKA, "h264", "aac")) and not can_copy_audio(
        media_format(MATROSKA, "h264", "ac3")
    )


def test_a_failed_video_is_not_played() -> None:
    assert estimate_playback_method(Video("0" * 32, ("/a.mp4",), 1, (1,), 0.0, None, failure_kind="unreadable")) == "no"


HARD = sorted(
    path
    for path in (SHARED / "hard").rglob("*")
    if path.is_file() and path.stat().st_size < 4 << 20 and "4k" not in path.name
)


@pytest.mark.skipif(not HARD, reason="../shared is not here")
@pytest.mark.parametrize("path", HARD[::12], ids=lambda path: path.name)
def test_whatever_was_indexed_can_be_coded_anew(tmp_path: Path, path: Path) -> None:
    """Difficult files: the worker returns a file that decodes from its first frame, or a typed error."""
    try:
        video = probed(path)
    except VideoError as error:
        pytest.skip(f"not indexed: {type(error).__name__}")
    target = tmp_path / "made.mp4"
    work_on(video, target, "transcode", stop_seconds=min(3.0, video.duration_seconds), max_side=640)
    with av.open(str(target)) as container:
        stream = container.streams.video[0]
        first = next(container.decode(stream))
        assert first.pts == 0 and stream.codec_context.pix_fmt == "yuv420p"
        assert first.width % 2 == first.height % 2 == 0


def test_the_longest_unused_goes_first(tmp_path: Path) -> None:
    cache = MediaCache(tmp_path / "cache", max_bytes=300)
    for number, name in enumerate(("a.mp4", "b.mp4", "c.mp4")):
        draft = cache.draft(name)
        draft.write_bytes(bytes(100))
        cache.keep(draft, name).close()
        os.utime(tmp_path / "cache" / name, ns=(number, number))
    held = cache.open("a.mp4")
    assert held is not None
    draft = cache.draft("d.mp4")
    draft.write_bytes(bytes(100))
    cache.keep(draft, "d.mp4").close()
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["a.mp4", "c.mp4", "d.mp4"]
    assert cache.size_bytes() == 300
    draft = cache.draft("e.mp4")
    draft.write_bytes(bytes(290))
    cache.keep(draft, "e.mp4").close()
    assert cache.open("a.mp4") is None
    assert held.read(0, 1000) == bytes(100), "who reads an evicted file reads it to its end"
    held.close()
    assert held.read(0, 1000) == b""


def test_what_was_made_of_a_video_is_forgotten_with_it(tmp_path: Path) -> None:
    cache = MediaCache(tmp_path / "cache", max_bytes=1000)
    for name in ("aa.video", "aa.1-2.mp4", "ab.video"):
        draft = cache.draft(name)
        draft.write_bytes(b"x")
        cache.keep(draft, name).close()
    cache.forget("aa.")
    assert [path.name for path in cache.folder.iterdir()] == ["ab.video"]


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x.part", "A", "a\0b", "a" * 500])
def test_a_name_never_leads_out_of_the_cache(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a valid name"):
        MediaCache(tmp_path, max_bytes=1).open(name)


def test_many_threads_read_and_evict(tmp_path: Path) -> None:
    cache = MediaCache(tmp_path / "cache", max_bytes=10_000)
    faults: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            for turn in range(40):
                name = f"{(seed + turn) % 20}.bin"
                draft = cache.draft(name)
                draft.write_bytes(bytes(1000))
                cache.keep(draft, name).close()
                if (opened := cache.open(f"{turn % 20}.bin")) is not None:
                    assert opened.read(0, 1000) == bytes(1000)
                    opened.close()
        except BaseException as error:  # noqa: BLE001 - told below
            faults.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert cache.size_bytes() <= 10_000 + 4_000


@pytest.mark.parametrize(
    "name",
    [
        'a"b.mp4',
        "a\r\nSet-Cookie: x.mp4",
        "../../etc/passwd",
        "<img onerror=x>.mp4",
        "фильм.mp4",
        "\ud800.mp4",
        "",
        "...",
        "a" * 500,
        "\u202egnp.exe",
    ],
)
def test_a_download_s_name_is_safe(name: str) -> None:
    header = content_disposition(name, kind="attachment")
    assert header.isascii() and not any(sign in header for sign in "\r\n<>/\\")
    plain = header.split('"')[1]
    assert plain and not plain.startswith(".") and len(header) < 2000


def test_a_file_on_disk_is_never_a_page() -> None:
    assert type_by_name("x.html") == type_by_name("x.svg") == type_by_name("x") == "application/octet-stream"
    assert type_by_name("x.mkv").startswith("video/")


def test_web_vtt_holds_any_text() -> None:
    assert cue_time(3661.0005) == "01:01:01.000" and cue_time(-1) == "00:00:00.000"
    assert cue_text("a\n\n<b> --> \r\n c") == "a\n&lt;b&gt; --&gt;\nc"
    rows = [
        TextRow("subtitle", 0, TimeSpan(-1.0, 1.0), "x", None, "de"),
        TextRow("subtitle", 0, TimeSpan(2, 2), "y", None, "de"),
        TextRow("subtitle", 0, TimeSpan(1, 2), "z", None, "en"),
    ]
    assert subtitles_vtt(rows) == "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nx\n\n00:00:02.000 --> 00:00:02.001\ny\n"
    assert "z" in subtitles_vtt(rows, language="en")
