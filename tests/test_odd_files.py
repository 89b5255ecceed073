"""Odd files as users of other programs report them, made here: what is seen, heard and cut of each."""

import io
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from indexer.config import Settings
from indexer.decode.audio import open_audio
from indexer.decode.video import open_video
from indexer.records import AUDIO_RATE
from tests.helpers.media import numbered_picture, read_number
from tests.helpers.media_service import probed
from tests.helpers.media_sound import CLICK_SECONDS, click_times, write_talkie
from tests.test_media_clip import numbers_in, work_on

pytestmark = pytest.mark.thorough

TIMES_MS = range(0, 4000, 40)
TICK = Fraction(1, 1000)


def add_track(output: Any, codec: str, width: int, height: int) -> Any:
    stream = output.add_stream(codec, rate=25)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = stream.time_base = TICK
    return stream


def add_pictures(output: Any, stream: Any) -> None:
    for number, time in enumerate(TIMES_MS):
        frame = av.VideoFrame.from_ndarray(numbered_picture(number), format="rgb24")
        frame.pts, frame.time_base = time, TICK
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def cover_as_a_track(folder: Path, ending: str) -> Path:
    """A cover, larger than the video, that was encoded like it."""
    file = folder / f"cover{ending}"
    with av.open(str(file), "w") as output:
        cover, video = add_track(output, "libx264", 396, 500), add_track(output, "libx264", 64, 48)
        frame = av.VideoFrame.from_ndarray(np.full((500, 396, 3), 200, np.uint8), format="rgb24")
        frame.pts, frame.time_base = 0, TICK
        output.mux(cover.encode(frame))
        output.mux(cover.encode(None))
        add_pictures(output, video)
    return file


def recorded_by_a_browser(folder: Path) -> Path:
    """WebM without a duration and an index."""
    written = io.BytesIO()

    class Stream:
        """Cannot be sought."""

        def write(self, data: bytes) -> int:
            return written.write(data)

    with av.open(Stream(), "w", format="webm", options={"live": "1"}) as output:
        add_pictures(output, add_track(output, "libvpx", 64, 48))
    file = folder / "recorded.webm"
    file.write_bytes(written.getvalue())
    return file


def absurd_duration(folder: Path) -> Path:
    file = write_talkie(folder / "long.mkv", TIMES_MS)
    data = bytearray(file.read_bytes())
    place = data.index(b"\x44\x89\x88") + 3
    data[place : place + 8] = struct.pack(">d", 1e9)
    file.write_bytes(data)
    return file


def appended(folder: Path, name: str, tail: bytes) -> Path:
    offset = 1400 if name.endswith(".ts") else 0
    file = write_talkie(folder / name, TIMES_MS, offset_ms=offset)
    file.write_bytes(file.read_bytes() + tail)
    return file


def of_two_sizes(folder: Path) -> Path:
    first = write_talkie(folder / "1.ts", range(0, 2000, 40), offset_ms=1400)
    second = write_talkie(folder / "2.ts", range(0, 2000, 40), offset_ms=3400, width=128, height=96)
    file = folder / "both.ts"
    file.write_bytes(first.read_bytes() + second.read_bytes())
    return file


REPORTS: dict[str, Callable[[Path], Path]] = {
    "jellyfin-roku 839, a cover as a track, mkv": lambda folder: cover_as_a_track(folder, ".mkv"),
    "jellyfin-roku 839, a cover as a track, mp4": lambda folder: cover_as_a_track(folder, ".mp4"),
    "PeerTube 4092, WebM without a duration": recorded_by_a_browser,
    "mediamtx 2477, a duration of days": absurd_duration,
    "gpac 298, times that wrap around": lambda folder: write_talkie(
        folder / "wrap.ts", TIMES_MS, offset_ms=int((2**33 / 90_000 - 2) * 1000)
    ),
    "phones, bytes after the last box": lambda folder: appended(folder, "phone.mp4", b"\0" * 300_000 + b"SEFT" * 9),
    "dash cams, a file that was reserved": lambda folder: appended(folder, "car.ts", b"\0" * 188 * 5000),
    "frigate 6499, a camera that changes its size": of_two_sizes,
}


@pytest.fixture(params=REPORTS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return REPORTS[request.param](tmp_path)


def test_what_others_had_reported_is_seen_heard_and_cut(file: Path, tmp_path: Path) -> None:
    numbers = [0, 25, 0, 25] if file.name == "both.ts" else [0, 25, 50, 75]
    with open_video(file, settings=Settings(), frames_per_second=1.0, max_side=64) as reader:
        frames = [(round(frame.time_seconds, 2), read_number(frame.pixels)) for frame in reader.frames()]
        assert frames == list(zip([0.0, 1.0, 2.0, 3.0], numbers, strict=True))
        assert reader.duration_seconds == pytest.approx(4.0, abs=0.1)
    with open_audio(file, settings=Settings()) as sound:
        heard = click_times(sound.pieces())
    assert heard == pytest.approx([place * CLICK_SECONDS for place in range(len(heard))], abs=0.1)
    video, clip = probed(file), tmp_path / "clip.mp4"
    assert bool(heard) == bool(video.probe and video.probe.audio_streams)
    work_on(video, clip, start_seconds=1.0, stop_seconds=1.12)
    assert [number for _, number in numbers_in(clip)] == [25, 26, 27]


def test_a_camera_of_2005(tmp_path: Path) -> None:
    """Immich 30229: MJPEG and 8-bit sound in AVI, at 33,333 microseconds twice a picture."""
    file, rate = tmp_path / "mvi.avi", 11_025
    samples = (np.sin(np.arange(4 * rate) * 2 * np.pi * 440 / rate) * 100 + 128).astype(np.uint8)
    with av.open(str(file), "w") as output:
        video: Any = output.add_stream("mjpeg", rate=Fraction(500_000, 33_333))
        video.width, video.height, video.pix_fmt = 64, 48, "yuvj420p"
        audio: Any = output.add_stream("pcm_u8", rate=rate, layout="mono")
        for number in range(60):
            frame = av.VideoFrame.from_ndarray(numbered_picture(number), format="rgb24")
            frame.pts = number
            output.mux(video.encode(frame))
            sound = av.AudioFrame.from_ndarray(
                samples[None, number * 735 : (number + 1) * 735], format="u8", layout="mono"
            )
            sound.sample_rate, sound.pts, sound.time_base = rate, number * 735, Fraction(1, rate)
            output.mux(audio.encode(sound))
        output.mux(video.encode(None))
    with open_video(file, settings=Settings(), frames_per_second=1.0, max_side=64) as reader:
        frames = [(round(one.time_seconds), read_number(one.pixels)) for one in reader.frames()]
    assert frames == [(0, 0), (1, 15), (2, 30), (3, 45)]
    with open_audio(file, settings=Settings()) as heard:
        pieces = list(heard.pieces())
    loud = sum(int(np.count_nonzero(np.abs(piece.samples.astype(np.int32)) > 8000)) for piece in pieces)
    assert loud > 2 * AUDIO_RATE
