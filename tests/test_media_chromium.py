"""What a real Chromium makes of the media: it plays, and its clock is the library's."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer.records import Video
from tests.helpers.media import read_number, write_video
from tests.helpers.media_server import app_of
from tests.helpers.media_service import make_media_library, make_runtime, probed, serving
from tests.helpers.media_sound import write_talkie

CHROMIUM = os.environ.get("REELSEEK_CHROMIUM") or shutil.which("chromium")
pytestmark = [pytest.mark.thorough, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]

SEEK = """async ([url, time]) => {
    const video = document.createElement("video");
    video.muted = true;
    video.crossOrigin = null;
    document.body.replaceChildren(video);
    const happens = (name) => new Promise((good, bad) => {
        video.addEventListener(name, good, {once: true});
        video.addEventListener("error", () => bad(new Error(video.error.message)), {once: true});
    });
    let waited = happens("loadeddata");
    video.src = url;
    await waited;
    waited = happens("seeked");
    video.currentTime = time;
    await waited;
    await new Promise((good) => requestAnimationFrame(() => requestAnimationFrame(good)));
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return {width: canvas.width, height: canvas.height, duration: video.duration, pixels: Array.from(pixels)};
}"""
PLAY = """async (url) => {
    const video = document.createElement("video");
    video.muted = true;
    document.body.replaceChildren(video);
    video.src = url;
    await video.play();
    await new Promise((good, bad) => {
        video.addEventListener("ended", good, {once: true});
        video.addEventListener("error", () => bad(new Error(video.error.message)), {once: true});
    });
    const played = video.getVideoPlaybackQuality();
    return {time: video.currentTime, frames: played.totalVideoFrames};
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        yield browser.new_page()
        browser.close()


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, Video]]]:
    folder = tmp_path_factory.mktemp("chromium")
    times = list(range(0, 6000, 40))
    uneven = [time + (13 if place % 3 else 0) for place, time in enumerate(times)]
    paths = {
        "direct": write_talkie(folder / "direct.mp4", times),
        "offset": write_talkie(folder / "offset.mp4", times, offset_ms=2500),
        "matroska": write_talkie(folder / "matroska.mkv", times, sound_codec="ac3"),
        "avi": write_video(folder / "old.avi", times, codec="mpeg4"),
        "vp8": write_video(folder / "vp8.mkv", times, codec="libvpx"),
        "uneven": write_video(folder / "uneven.mkv", uneven, codec="mpeg4"),
        "deep": write_video(folder / "deep.mp4", times, pixel_format="yuv420p10le"),
    }
    found = {name: probed(path) for name, path in paths.items()}
    runtime = make_runtime(make_media_library(folder / "library", list(found.values())))
    with serving(app_of(runtime)) as address:
        yield address, found
    runtime.close()


def picture_of(shown: dict[str, Any]) -> int:
    import numpy as np

    pixels = np.array(shown["pixels"], np.uint8).reshape(shown["height"], shown["width"], 4)
    return read_number(np.ascontiguousarray(pixels[:, :, :3]))


@pytest.mark.parametrize("name", ["direct", "offset", "matroska", "avi", "vp8", "uneven", "deep"])
def test_a_seek_in_the_browser_shows_the_library_s_picture_of_that_time(
    videos: tuple[str, dict[str, Video]], page: Any, name: str
) -> None:
    address, found = videos
    # Of the same origin as the video, so that the canvas may be read.
    page.goto(f"{address}/nothing")
    video = found[name]
    for time in (0.02, 2.02, 4.38):
        shown = page.evaluate(SEEK, [f"{address}/api/v1/videos/{video.video_id}/media", time])
        assert abs(picture_of(shown) - int(time / 0.04)) <= 1
    assert shown["duration"] == pytest.approx(video.duration_seconds, abs=0.15)


@pytest.mark.parametrize("name", ["direct", "offset", "uneven"])
def test_a_clip_plays_to_its_end(videos: tuple[str, dict[str, Video]], page: Any, name: str, tmp_path: Path) -> None:
    address, found = videos
    page.goto(f"{address}/nothing")
    url = f"{address}/api/v1/videos/{found[name].video_id}/clip?start=1.5&stop=2.5"
    first = page.evaluate(SEEK, [url, 0.0])
    assert abs(picture_of(first) - 37) <= 1
    played = page.evaluate(PLAY, url)
    assert played["time"] == pytest.approx(1.0, abs=0.06)
    assert played["frames"] > 5
