"""One contract for both decoders, over every real file: true times, and the pictures of a plain PyAV decode.

Runs the decoding job in this process (`test_video_process` covers the child) on the first seconds of each file.
Skipped where ../shared is absent.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from indexer.config import Settings
from indexer.decode.frame_transforms import scale_frame
from indexer.decode.protocol import DecodeMode, DecodeRequest, DecoderName, Message, make_request
from indexer.decode.worker.job import DecodeJob
from indexer.errors import EncryptedVideoError, NoPictureError, UnreadableVideoError
from indexer.records import Pixels
from tests.helpers.media import SHARED, shared_files

pytestmark = pytest.mark.thorough

FILES = [path for path in shared_files("videos", "hard") if path.suffix not in {".mp3", ".wav"}]
REFERENCE_FRAMES = 28
DECORD_TOLERANCE = 0.05
"""Mean difference in grey levels. Measured: 0.00 in every file that decord is trusted with."""


@dataclass
class Reference:
    """What a plain sequential decode of the first frames presents."""

    times: list[float] = field(default_factory=list)
    pictures: list[Pixels] = field(default_factory=list)
    is_hdr: bool = False
    has_square_pixels: bool = True


@dataclass
class Collector:
    """Takes pictures in the place of the child's pipes."""

    frames: list[tuple[float, Pixels]] = field(default_factory=list)

    def send_frame(self, seconds: float, pixels: Pixels) -> None:
        self.frames.append((seconds, pixels))

    def progress(self) -> None:
        pass


def rgb(frame: av.VideoFrame) -> Pixels:
    return np.rot90(frame.to_ndarray(format="rgb24"), k=round(frame.rotation / 90))


@lru_cache(maxsize=2)
def reference(path: Path, stream_index: int) -> Reference:
    """Decode without any of the project's code."""
    found = Reference()
    start = None
    with av.open(str(path), options={"protocol_whitelist": "file"}, metadata_errors="replace") as container:
        stream = container.streams[stream_index]
        found.has_square_pixels = (stream.sample_aspect_ratio or 1) == 1
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                continue
            for frame in frames:
                time = float(frame.pts * stream.time_base)
                start = time if start is None else start
                if found.times and time - start <= found.times[-1]:
                    continue
                found.times.append(time - start)
                found.pictures.append(rgb(frame) if len(found.times) % 8 in (1, 4) else np.zeros((0, 0, 3), np.uint8))
                found.is_hdr = int(frame.color_trc) in (16, 18)
            if len(found.times) >= REFERENCE_FRAMES:
                break
    return found


def run_job(
    path: Path, decoder: DecoderName, times: list[float], *, mode: DecodeMode = "frames"
) -> tuple[Message, list[tuple[float, Pixels]], Message]:
    """(probe, frames, closing message)."""
    request: DecodeRequest = make_request(path, Settings(), mode=mode, times=times, decoder=decoder)
    outlet = Collector()
    messages = list(DecodeJob(request, outlet).run())
    return messages[0], outlet.frames, messages[-1]


def has_pictures(path: Path) -> bool:
    """Does a plain decode of any video stream give a picture?"""
    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}, metadata_errors="replace") as container:
            return any(True for _ in container.decode(video=0)) if container.streams.video else False
    except (av.error.FFmpegError, OSError):
        return False


def has_moving_pictures(path: Path) -> bool:
    """As `has_pictures`, but for cover art."""
    with av.open(str(path), options={"protocol_whitelist": "file"}, metadata_errors="replace") as container:
        is_cover = [bool(stream.disposition & Disposition.attached_pic) for stream in container.streams.video]
    return has_pictures(path) and not all(is_cover)


@pytest.mark.skipif(not FILES, reason="../shared is not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SHARED)))
def test_sampled_frames_are_those_of_a_plain_decode(path: Path) -> None:
    """With the decoder that is chosen, and where that is decord, with PyAV too."""
    try:
        probe = run_job(path, "auto", [], mode="probe")[0]
    except (NoPictureError, EncryptedVideoError):
        return
    except UnreadableVideoError:
        assert not has_pictures(path)
        return
    if not probe["width"]:
        assert not has_moving_pictures(path)
        return
    check_decoder(path, probe, "auto")
    if probe["decoder"] == "decord":
        check_decoder(path, probe, "pyav")


def check_decoder(path: Path, probe: Message, decoder: DecoderName) -> None:
    """Hold one decoder's frames of the first seconds against the plain decode."""
    truth = reference(path, probe["stream_index"])
    numbers = [number for number, picture in enumerate(truth.pictures) if picture.size]
    # Between frames, and on them; times that hit one frame twice must give it once.
    asked = sorted(
        time
        for number in numbers
        for time in (
            truth.times[number],
            (truth.times[number] + truth.times[min(number + 1, len(truth.times) - 1)]) / 2,
        )
    )
    probe, frames, done = run_job(path, decoder, asked)
    assert [time for time, _ in frames] == pytest.approx([truth.times[number] for number in numbers], abs=1e-6)
    for (_, pixels), number in zip(frames, numbers, strict=True):
        expected = truth.pictures[number]
        assert pixels.shape[:2] == (probe["height"], probe["width"])
        if truth.has_square_pixels:
            assert pixels.shape == expected.shape
        else:
            expected = scale_frame(expected, probe["width"], probe["height"])
        apart = float(np.abs(pixels.astype(np.int16) - expected).mean())
        if truth.is_hdr:
            # Tone mapping changes every level; the picture must still be the same one.
            if expected.std() > 4:
                assert np.corrcoef(pixels[::4, ::4].ravel(), expected[::4, ::4].ravel())[0, 1] > 0.8
        else:
            assert apart <= (0 if probe["decoder"] == "pyav" else DECORD_TOLERANCE)
    assert done["duration"] >= truth.times[-1]


def test_decord_reads_short_tidy_videos() -> None:
    names = ["videos/opencast/sunrise.mp4", "videos/intel/walk.mkv", "videos/opencast/av1.mp4"]
    paths = [SHARED / name for name in names if (SHARED / name).is_file()]
    if not paths:
        pytest.skip("../shared is not here")
    pytest.importorskip("decord")
    assert {run_job(path, "auto", [0.0])[0]["decoder"] for path in paths} == {"decord"}
