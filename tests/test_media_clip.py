"""Cuts compared with their source frame by frame: constant and variable rates, offsets, rotation, odd sizes, sound."""

import os
from pathlib import Path
from random import Random

import av
import numpy as np
import psutil
import pytest

from api.media.worker_process import CancelledError, run_media_worker
from api.media.worker_protocol import MediaRequest, Work
from indexer.config import Settings
from indexer.decode.protocol import make_request
from indexer.decode.video import open_video
from indexer.errors import DecodeLimitError, VideoError
from indexer.records import Video
from tests.helpers.media import SHARED, read_number, shared_file, write_video
from tests.helpers.media_service import probed
from tests.helpers.media_sound import CLICK_SECONDS, heard_clicks, write_talkie

pytestmark = pytest.mark.thorough

TICK_SECONDS = 1e-3


def work_on(video: Video, output: Path, work: Work = "clip", **values: object) -> dict[str, object]:
    assert video.probe is not None
    descriptor = os.open(video.path, os.O_RDONLY)
    try:
        request = MediaRequest(
            work,
            make_request(Path(video.path), Settings(), mode="frames", times=()),
            descriptor,
            video.probe.container,
            video.probe.stream_index,
            video.probe.start_seconds,
            output=str(output),
            **values,  # pyright: ignore[reportArgumentType]
        )
        return run_media_worker(request, stall_seconds=60, max_seconds=200)
    finally:
        os.close(descriptor)


def cut(video: Video, output: Path, start: float, stop: float) -> Path:
    work_on(video, output, start_seconds=start, stop_seconds=stop)
    return output


def numbers_in(path: Path) -> list[tuple[float, int]]:
    """(time, number) of each frame of a clip."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [
            (float(f.pts * stream.time_base), read_number(f.to_ndarray(format="rgb24")))
            for f in container.decode(stream)
        ]


def expected(times: list[float], start: float, stop: float) -> list[tuple[float, int]]:
    """By the definition: the frame on screen at the start, then each that begins before the stop."""
    first = max(number for number, time in enumerate(times) if time <= start + 1e-6)
    return [(max(0.0, times[n] - start), n) for n in range(first, len(times)) if n == first or times[n] < stop - 1e-6]


def check_exact(path: Path, times: list[float], start: float, stop: float) -> None:
    found, wanted = numbers_in(path), expected(times, start, stop)
    assert [number for _, number in found] == [number for _, number in wanted]
    assert np.allclose([time for time, _ in found], [time for time, _ in wanted], atol=TICK_SECONDS)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264" and stream.codec_context.pix_fmt == "yuv420p"
        assert float(stream.duration * stream.time_base) == pytest.approx(stop - start, abs=0.002)
        first = next(packet for packet in container.demux(stream) if packet.size)
        assert first.is_keyframe and first.pts == 0


def moov_comes_first(path: Path) -> bool:
    data = path.read_bytes()
    return 0 < data.find(b"moov") < data.find(b"mdat")


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", ["constant", "variable", "offset", "matroska", "transport", "avi", "open gop"])
def test_a_clip_has_exactly_the_frames_of_its_span(tmp_path: Path, kind: str, seed: int) -> None:
    random = Random(f"{kind}{seed}")
    gaps = [random.choice([10, 33, 40, 41, 125, 900]) if kind == "variable" else 40 for _ in range(300)]
    times_ms = [sum(gaps[:place]) for place in range(300)]
    offset = random.choice([80, 1400, 10_000]) if kind == "offset" else 0
    ending, codec = {"matroska": (".mkv", "libx264"), "transport": (".ts", "libx264"), "avi": (".avi", "mpeg4")}.get(
        kind, (".mp4", "libx264")
    )
    options = {"x264-params": "open-gop=1:bframes=3"} if kind == "open gop" else {}
    key_every = random.choice([12, 50, 250])
    source = write_video(
        tmp_path / f"source{ending}",
        [time + offset for time in times_ms],
        codec=codec,
        options=options,
        key_every=key_every,
    )
    video = probed(source)
    with open_video(source, settings=Settings(), frames_per_second=10.0, max_side=None, decoder="pyav") as reader:
        seen = [(frame.time_seconds, read_number(frame.pixels)) for frame in reader.frames()]
    times = [time / 1000 for time in times_ms]
    assert all(abs(times[number] - time) < TICK_SECONDS for time, number in seen), "the library's clock is another"
    for turn in range(3):
        start = 0.0 if turn == 0 else random.uniform(0, video.duration_seconds - 0.5)
        stop = min(video.duration_seconds, start + random.uniform(0.02, 5.0))
        check_exact(cut(video, tmp_path / f"{turn}.mp4", start, stop), times, start, stop)


@pytest.mark.parametrize(
    ("ending", "sound", "offset_ms", "lag_ms"),
    [
        (".mp4", "aac", 0, 0),
        (".mp4", "aac", 2000, 0),
        (".mkv", "ac3", 0, 700),
        (".mkv", "libopus", 300, 0),
        (".ts", "mp2", 0, 0),
        (".avi", "libmp3lame", 0, 0),
    ],
    ids=lambda value: str(value),
)
def test_the_sound_of_a_clip_stays_with_its_pictures(
    tmp_path: Path, ending: str, sound: str, offset_ms: int, lag_ms: int
) -> None:
    times_ms = list(range(0, 12_000, 40))
    codec = "mpeg4" if ending == ".avi" else "libx264"
    source = write_talkie(
        tmp_path / f"source{ending}", times_ms, codec=codec, sound_codec=sound, offset_ms=offset_ms, sound_lag_ms=lag_ms
    )
    video = probed(source)
    with open_video(source, settings=Settings(), frames_per_second=100.0, max_side=None, decoder="pyav") as reader:
        times = [frame.time_seconds for frame in reader.frames()]
    assert len(times) == len(times_ms)
    for turn, (start, stop) in enumerate([(0.0, 3.0), (4.13, 7.77), (6.0, 11.9)]):
        clip = cut(video, tmp_path / f"{turn}.mp4", start, stop)
        check_exact(clip, times, start, stop)
        found, end = heard_clicks(clip)
        beats = [number * CLICK_SECONDS - start for number in range(40)]
        wanted = [
            beat for beat in beats if max(0.0, lag_ms / 1000 - start) <= beat + 1e-6 and 0 <= beat < stop - start - 0.02
        ]
        # A click at an end may lose samples in the coder, or ring beyond it.
        inside = (0.05, stop - start - 0.05)
        wanted, found = ([one for one in many if inside[0] < one < inside[1]] for many in (wanted, found))
        assert len(found) == len(wanted), (found, wanted)
        slack = 0.06 if ending == ".avi" else 0.02  # MP3 in AVI has a delay of its coder that the container hides
        assert np.allclose(found, wanted, atol=slack), (found, wanted)
        assert abs(end - (stop - start)) < 0.06


@pytest.mark.parametrize(("name", "shown"), [("video_0", 0), ("video_90", 90), ("video_180", 180), ("video_270", 270)])
def test_a_clip_of_a_turned_phone_video_is_upright(tmp_path: Path, name: str, shown: int) -> None:
    source = shared_file(f"videos/decord/{name}.mov")
    video = probed(source)
    assert video.probe is not None
    assert video.probe.rotation_degrees == shown
    clip = cut(video, tmp_path / "clip.mp4", 0.04, video.duration_seconds)
    with open_video(source, settings=Settings(), times=[0.04], max_side=None) as reader:
        truth = next(iter(reader.frames())).pixels
    with av.open(str(clip)) as container:
        frame = next(container.decode(video=0))
        assert not frame.side_data.get("DISPLAYMATRIX")
        found = frame.to_ndarray(format="rgb24")
    assert found.shape[0] == truth.shape[0] + truth.shape[0] % 2
    difference = np.abs(found[: truth.shape[0], : truth.shape[1]].astype(int) - truth.astype(int)).mean()
    assert difference < 8, difference


@pytest.mark.parametrize("size", [(63, 47), (1, 1), (65, 48), (2, 33)])
def test_odd_sizes_become_even(tmp_path: Path, size: tuple[int, int]) -> None:
    width, height = size
    grey = [np.full((height, width, 3), 8 * n, np.uint8) for n in range(30)]
    source = write_video(
        tmp_path / "odd.mkv",
        range(0, 1200, 40),
        codec="ffv1",
        width=width,
        height=height,
        pixel_format="yuv444p",
        pictures=grey,
    )
    clip = cut(probed(source), tmp_path / "clip.mp4", 0.2, 0.9)
    with av.open(str(clip)) as container:
        frame = next(container.decode(video=0))
        assert frame.width == max(2, width + width % 2) and frame.height == max(2, height + height % 2)
        assert abs(int(frame.to_ndarray(format="rgb24").mean()) - 8 * 5) < 6


def test_the_index_stands_in_front(tmp_path: Path) -> None:
    clip = cut(probed(write_video(tmp_path / "a.mp4", range(0, 2000, 40))), tmp_path / "clip.mp4", 0.0, 1.0)
    assert moov_comes_first(clip)


def test_a_cut_that_grows_too_large_is_a_typed_error(tmp_path: Path) -> None:
    video = probed(write_video(tmp_path / "a.mp4", range(0, 8000, 40), width=320, height=240))
    with pytest.raises(DecodeLimitError, match="larger than allowed"):
        work_on(video, tmp_path / "o.mp4", start_seconds=0.0, stop_seconds=8.0, max_output_bytes=4096)


def test_a_cancelled_cut_ends_its_child_at_once(tmp_path: Path) -> None:
    video = probed(write_video(tmp_path / "a.mp4", range(0, 8000, 40)))
    descriptor = os.open(video.path, os.O_RDONLY)
    request = MediaRequest(
        "clip", make_request(Path(video.path), Settings(), mode="frames", times=()), descriptor, "", 0, 0.0,
        output=str(tmp_path / "o.mp4"), stop_seconds=8.0,
    )  # fmt: skip
    with pytest.raises(CancelledError):
        run_media_worker(request, stall_seconds=60, max_seconds=60, is_cancelled=lambda: True)
    os.close(descriptor)
    assert not [child for child in psutil.Process().children() if "api.media.worker" in " ".join(child.cmdline())]


REAL = sorted(path for path in (SHARED / "videos").rglob("*.m*") if path.suffix in {".mp4", ".mov", ".mkv", ".mpg"})


@pytest.mark.skipif(not REAL, reason="../shared is not here")
@pytest.mark.parametrize("path", REAL[::4], ids=lambda path: path.name)
def test_cuts_of_real_videos_show_what_the_library_saw(tmp_path: Path, path: Path) -> None:
    """Each frame of the clip is nearest to the source's frame of its time, or a neighbour."""
    try:
        video = probed(path)
    except VideoError as error:
        pytest.skip(f"not a video: {error}")
    random = Random(path.name)
    start = random.uniform(0, max(0.0, video.duration_seconds - 1.5))
    stop = min(video.duration_seconds, start + 1.2)
    clip = cut(video, tmp_path / "clip.mp4", start, stop)
    with av.open(str(clip)) as container:
        frames = [
            (float(f.pts * f.time_base), f.to_ndarray(format="gray", width=64, height=36))
            for f in container.decode(video=0)
        ]
    assert frames[0][0] == 0.0
    asked = [start + time for time, _ in frames[:: max(1, len(frames) // 6)]]
    with open_video(
        path, settings=Settings(), times=[time + 1e-4 for time in asked], max_side=None, decoder="pyav"
    ) as reader:
        truth = [frame.pixels for frame in reader.frames()]
    import cv2

    for (_, picture), pixels in zip(frames[:: max(1, len(frames) // 6)], truth, strict=False):
        grey = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (64, 36), interpolation=cv2.INTER_AREA)
        assert np.abs(grey.astype(int) - picture.astype(int)).mean() < 12
