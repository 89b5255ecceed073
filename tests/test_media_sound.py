"""Recordings over HTTP and in exports: playing, clips, waveforms and covers, edit lists with audio tracks."""

import io
import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import opentimelineio as otio
import pytest
from PIL import Image

from api.export.clips import write_clips
from api.export.document_formats import render_documents
from api.export.source_probe import MediaWorker
from api.export.subclip_preparation import prepare_subclips
from api.export.subclips import RequestedMoment
from api.service.runtime import Runtime
from api.service.views.videos import VideoViews
from indexer.config import Settings
from indexer.errors import ExportError, VanishedVideoError
from indexer.models.loading import Models
from indexer.models.profiles import PROFILES
from indexer.pipeline.index import index_paths
from indexer.records import TimeSpan, Video
from indexer.store.library import Library
from tests.helpers.media import write_video
from tests.helpers.media_server import app_of
from tests.helpers.media_service import make_runtime, serving
from tests.helpers.media_sound import CLICK_SECONDS, clicks, heard_clicks, write_recording

pytestmark = pytest.mark.thorough

SECONDS = 8.0
BLUE = np.full((400, 400, 3), (20, 20, 200), np.uint8)
FORMATS: dict[str, tuple[dict[str, Any], str, str]] = {
    "memo.m4a": ({}, "direct", "audio/mp4"),
    "memo.flac": ({"sound_codec": "flac"}, "direct", "audio/flac"),
    "memo.opus": ({"sound_codec": "libopus", "container": "ogg"}, "direct", "audio/ogg"),
    "memo.wav": ({"sound_codec": "pcm_s16le"}, "direct", "audio/wav"),
    "memo.webm": ({"sound_codec": "libopus", "container": "webm"}, "direct", "audio/webm"),
    "memo.mp3": ({"sound_codec": "libmp3lame"}, "remux", "audio/mp4"),
    "memo.aac": ({"container": "adts"}, "remux", "audio/mp4"),
    "memo.mka": ({"container": "matroska"}, "remux", "audio/mp4"),
    "memo.wma": ({"sound_codec": "wmav2", "container": "asf", "rate": 44_100}, "transcode", "audio/mp4"),
    "alac.m4a": ({"sound_codec": "alac"}, "transcode", "audio/mp4"),
    "late.mka": ({"container": "matroska", "lag_ms": 3000}, "remux", "audio/mp4"),
}


@dataclass(frozen=True)
class Recordings:
    address: str
    runtime: Runtime
    videos: dict[str, Video]

    def url(self, name: str, rest: str) -> str:
        return f"{self.address}/api/v1/videos/{self.videos[name].video_id}/{rest}"


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recordings]:
    folder = tmp_path_factory.mktemp("recordings")
    for name, (given, _, _) in FORMATS.items():
        write_recording(folder / name, clicks(SECONDS, rate=given.get("rate", 48_000)), **given)
    write_recording(folder / "gap.m4a", clicks(SECONDS), gap=(4.0, 3.0))
    write_recording(folder / "cover.mp3", clicks(3), sound_codec="libmp3lame", cover=BLUE)
    write_video(folder / "film.mp4", range(0, 4000, 40))
    settings = Settings(library=str(folder / "library"), models="text")
    index_paths([folder], settings=settings, models=Models(PROFILES["text"], None, None))
    runtime = make_runtime(folder / "library")
    videos = {Path(video.path).name: video for video in runtime.library.videos()}
    with serving(app_of(runtime)) as address:
        yield Recordings(address, runtime, videos)
    runtime.close()


def expected_clicks(start: float, stop: float) -> list[float]:
    return np.arange(start, stop, CLICK_SECONDS).tolist()


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_browser_gets_has_the_library_s_times(recordings: Recordings, name: str, tmp_path: Path) -> None:
    _, method, kind = FORMATS[name]
    response = httpx.get(recordings.url(name, "media"), timeout=60)
    assert (response.status_code, response.headers["content-type"]) == (200, kind)
    assert VideoViews(recordings.runtime).view(recordings.videos[name]).playable == method
    got = tmp_path / "got"
    got.write_bytes(response.content)
    first = 3.0 if name == "late.mka" else CLICK_SECONDS
    times = [time for time in heard_clicks(got)[0] if time > 0.3]
    assert times == pytest.approx(expected_clicks(first, first - first % 1 + SECONDS), abs=0.06)
    if method == "direct":
        assert response.content == Path(recordings.videos[name].path).read_bytes()
    part = httpx.get(recordings.url(name, "media"), headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, response.content[10:20])


def test_a_gap_is_heard_as_silence(recordings: Recordings, tmp_path: Path) -> None:
    response = httpx.get(recordings.url("gap.m4a", "media"), timeout=60)
    (tmp_path / "got.m4a").write_bytes(response.content)
    times = heard_clicks(tmp_path / "got.m4a")[0]
    assert [time for time in times if time > 5] == pytest.approx(expected_clicks(7.5, 11), abs=0.06)
    with av.open(str(tmp_path / "got.m4a")) as container:
        frames = [frame.time for frame in container.decode(audio=0)]
    assert np.diff(frames).max() < 0.05, "the copy has no hole"


@pytest.mark.parametrize("name", ["memo.m4a", "memo.mp3", "memo.opus", "memo.wma", "late.mka"])
def test_a_clip_holds_exactly_its_span(recordings: Recordings, name: str, tmp_path: Path) -> None:
    response = httpx.get(recordings.url(name, "clip?start=3.25&stop=4.75"), timeout=60)
    assert (response.status_code, response.headers["content-type"]) == (200, "audio/mp4")
    assert ".m4a" in response.headers["content-disposition"]
    clip = tmp_path / "clip.m4a"
    clip.write_bytes(response.content)
    found, stop = heard_clicks(clip)
    assert [time for time in found if time < 1.49] == pytest.approx(expected_clicks(0.25, 1.5), abs=0.06)
    assert stop == pytest.approx(1.5, abs=0.03)
    with av.open(str(clip)) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["aac"]


def picture(response: httpx.Response) -> Image.Image:
    assert (response.status_code, response.headers["content-type"]) == (200, "image/jpeg")
    return Image.open(io.BytesIO(response.content))


def test_thumbnails_are_waveforms_and_the_cover_stands_for_the_file(recordings: Recordings) -> None:
    waveform = picture(httpx.get(recordings.url("cover.mp3", "thumbnail?t=1.5")))
    assert waveform.size == (320, 180)
    assert picture(httpx.get(recordings.url("cover.mp3", "thumbnail?t=1.5&width=64"))).size == (64, 36)
    view = VideoViews(recordings.runtime).view(recordings.videos["cover.mp3"])
    assert (view.kind, view.width, view.codec, view.segments) == ("sound", 0, "mp3", 1)
    cover = picture(httpx.get(f"{recordings.address}{view.thumbnail}"))
    assert np.abs(np.asarray(cover).astype(int) - BLUE[:320, :320]).mean() < 12
    bare = VideoViews(recordings.runtime).view(recordings.videos["memo.mp3"])
    assert picture(httpx.get(f"{recordings.address}{bare.thumbnail}")).size == (320, 180)
    assert picture(httpx.get(recordings.url("memo.mp3", "thumbnail"))).size == (320, 180)


def test_a_recording_has_no_preview_frames(recordings: Recordings) -> None:
    for rest in ("sprites.vtt", "sprites.jpg"):
        response = httpx.get(recordings.url("memo.mp3", rest))
        assert (response.status_code, response.json()["type"]) == (422, "urn:reelseek:problem:unplayable")


def test_a_recording_that_was_replaced_is_not_played(recordings: Recordings, tmp_path: Path) -> None:
    video = recordings.videos["memo.wav"]
    file = Path(video.path)
    kept = file.read_bytes()
    try:
        file.write_bytes(kept + b"x")
        assert httpx.get(recordings.url("memo.wav", "media")).status_code == 410
        with pytest.raises(VanishedVideoError):
            prepared(recordings, "memo.wav", kind="edl")
    finally:
        file.write_bytes(kept)
        os.utime(file, ns=(video.modified_ns[0], video.modified_ns[0]))


def prepared(recordings: Recordings, *names: str, kind: Any, rate: Fraction | None = None) -> list[Any]:
    moments = [RequestedMoment(recordings.videos[name], TimeSpan(1.0, 2.5), f"words of {name}") for name in names]
    return prepare_subclips(MediaWorker(Settings()), moments, kind, rate=rate).subclips


def test_clips_of_recordings_are_files_of_sound(recordings: Recordings, tmp_path: Path) -> None:
    subclips = prepared(recordings, "memo.flac", "film.mp4", kind="clips")
    files = write_clips(MediaWorker(Settings()), subclips, tmp_path / "out").paths
    assert [file.suffix for file in files] == [".m4a", ".mp4"]
    found, stop = heard_clicks(files[0])
    assert found == pytest.approx([0, 0.5, 1], abs=0.03) and stop == pytest.approx(1.5, abs=0.03)


def test_an_edl_puts_recordings_on_an_audio_track(recordings: Recordings) -> None:
    (made,) = render_documents(prepared(recordings, "memo.flac", "film.mp4", kind="edl"), "edl", title="cut")
    events = [line.split() for line in made.text.splitlines() if line[:3].isdigit()]
    assert [event[2] for event in events] == ["A", "V"]
    assert events[0][4:6] == ["00:00:01:00", "00:00:02:13"], "counted at the video's rate, 25"
    (alone,) = render_documents(prepared(recordings, "memo.flac", kind="edl", rate=Fraction(30)), "edl", title="cut")
    assert "00:00:01:00 00:00:02:15" in alone.text


def test_an_otio_has_a_track_of_sound_beside_that_of_pictures(recordings: Recordings) -> None:
    names = ("memo.flac", "film.mp4", "memo.mp3")
    (made,) = render_documents(prepared(recordings, *names, kind="otio"), "otio", title="cut")
    line: Any = otio.adapters.read_from_string(made.text, "otio_json")
    assert [(track.name, track.kind) for track in line.tracks] == [("V1", "Video"), ("A1", "Audio")]
    placed = {
        clip.name: (track.name, round(track.range_of_child(clip).start_time.to_seconds(), 2))
        for track in line.tracks
        for clip in track.find_clips()
    }
    assert placed == {"memo.flac": ("A1", 0.0), "film.mp4": ("V1", 1.52), "memo.mp3": ("A1", 3.04)}
    (alone,) = render_documents(prepared(recordings, "memo.flac", kind="otio"), "otio", title="cut")
    short: Any = otio.adapters.read_from_string(alone.text, "otio_json")
    assert [track.name for track in short.tracks] == ["A1"]


def test_an_fcpxml_names_recordings_as_sound_alone(recordings: Recordings) -> None:
    (made,) = render_documents(prepared(recordings, "memo.flac", "film.mp4", kind="fcpxml"), "fcpxml", title="cut")
    root = ElementTree.fromstring(made.text)
    assets = {asset.get("name"): asset for asset in root.iter("asset")}
    assert assets["memo.flac"].get("hasAudio") == "1" and assets["memo.flac"].get("hasVideo") is None
    assert assets["film.mp4"].get("hasVideo") == "1"
    clips = {clip.get("name"): clip for clip in root.iter("asset-clip")}
    assert (clips["memo.flac"].get("audioRole"), clips["memo.flac"].get("format")) == ("dialogue", None)
    assert clips["memo.flac"].get("start") == "25/25s"
    ids = [one.get("id") for one in (*root.iter("asset"), *root.iter("format"))]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("kind", ["csv", "json", "webvtt"])
def test_tables_hold_recordings(recordings: Recordings, kind: Any) -> None:
    (made,) = render_documents(prepared(recordings, "memo.flac", kind=kind), kind, title="cut")
    assert "words of memo.flac" in made.text


def test_a_reel_of_recordings_is_refused_with_the_way_out(recordings: Recordings) -> None:
    with pytest.raises(ExportError, match=r"memo\.flac has no pictures.*--format clips"):
        prepared(recordings, "memo.flac", kind="reel")
    assert [one.source.name for one in prepared(recordings, "film.mp4", "memo.flac", kind="reel")] == ["film.mp4"]


def test_the_library_is_whole(recordings: Recordings) -> None:
    with Library.open(recordings.runtime.library.path) as library:
        assert library.audit() == []
