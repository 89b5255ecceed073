"""One rule for the sound of a file with several: what is transcribed is what is played, cut and exported."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition
from numpy.typing import NDArray

from indexer.config import Settings
from indexer.decode.audio import open_audio
from tests.helpers.marks import thorough
from tests.helpers.media import numbered_picture
from tests.helpers.media_service import probed
from tests.test_media_clip import work_on

pytestmark = pytest.mark.slow

RATE = 48_000


def write_tracks(
    path: Path,
    tones: list[tuple[int, Disposition]],
    *,
    width: int = 64,
    sound_codec: str = "aac",
    options: dict[str, str] | None = None,
) -> Path:
    """Three seconds of pictures with audio tracks of these frequencies in Hz."""
    with av.open(str(path), "w", options=options or {}) as output:
        stream: Any = output.add_stream("mpeg2video" if path.suffix == ".ts" else "libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, 48, "yuv420p"
        tracks: list[Any] = [output.add_stream(sound_codec, rate=RATE, layout="mono") for _ in tones]
        for track, (_, disposition) in zip(tracks, tones, strict=True):
            track.disposition = disposition
        for number in range(75):
            frame = av.VideoFrame.from_ndarray(numbered_picture(number, width=width), format="rgb24")
            frame.pts = number
            output.mux(stream.encode(frame))
        for track, (hertz, _) in zip(tracks, tones, strict=True):
            sound = (np.sin(np.arange(3 * RATE) * 2 * np.pi * hertz / RATE) * 12_000).astype(np.int16)
            name = "s16" if sound_codec == "mp2" else "fltp"
            for place in range(0, len(sound), 1152):
                piece = sound[None, place : place + 1152]
                samples = piece if name == "s16" else piece.astype(np.float32) / 32768
                frame = av.AudioFrame.from_ndarray(samples, format=name, layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = RATE, place, Fraction(1, RATE)
                output.mux(track.encode(frame))
            output.mux(track.encode(None))
        output.mux(stream.encode(None))
    return path


def pitch(samples: NDArray[np.floating], rate: int) -> float:
    """The strongest frequency, Hz."""
    return float(np.fft.rfftfreq(len(samples), 1 / rate)[np.abs(np.fft.rfft(samples)).argmax()])


def transcribed(path: Path) -> float:
    with open_audio(path, settings=Settings()) as reader:
        return pitch(np.concatenate([piece.samples for piece in reader.pieces()]).astype(float), 16_000)


def heard(path: Path) -> float:
    with av.open(str(path)) as container:
        assert len(container.streams.audio) == 1
        stream = container.streams.audio[0]
        return pitch(np.concatenate([frame.to_ndarray()[0] for frame in container.decode(stream)]), stream.rate)


def programs_together(path: Path, streams: list[Path]) -> Path:
    """Broadcasts of one program each as one of several (ISO/IEC 13818-1, 2.4.4.3)."""
    packets = [
        [data[at : at + 188] for at in range(0, len(data), 188)] for data in (one.read_bytes() for one in streams)
    ]
    tables = [next(one for one in many if one[1] & 0x1F == 0 and one[2] == 0) for many in packets]
    entries = b"".join(table[13:17] for table in tables)
    section = b"\x00" + (0xB000 | 9 + len(entries)).to_bytes(2, "big") + tables[0][8:13] + entries
    table = (tables[0][:4] + b"\0" + section + _crc(section)).ljust(188, b"\xff")
    joined = bytearray()
    for turn in zip(*packets, strict=False):
        joined += b"".join(table if one[1] & 0x1F == 0 and one[2] == 0 else one for one in turn)
    path.write_bytes(joined)
    return path


def _crc(data: bytes) -> bytes:
    """CRC-32/MPEG-2."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
    return value.to_bytes(4, "big")


NONE, DEFAULT, COMMENT = Disposition(0), Disposition.default, Disposition.comment


@pytest.mark.parametrize(
    ("tones", "wanted"),
    [
        ([(400, DEFAULT), (800, NONE)], 400),
        ([(400, NONE), (800, DEFAULT)], 800),
        ([(400, COMMENT), (800, NONE)], 800),
        ([(400, COMMENT | DEFAULT), (800, NONE), (1200, DEFAULT)], 1200),
    ],
)
@pytest.mark.parametrize("ending", [*thorough(".mkv"), ".mp4"])
def test_what_is_transcribed_is_what_is_played_and_cut(
    tmp_path: Path, tones: list[tuple[int, Disposition]], wanted: int, ending: str
) -> None:
    if ending == ".mp4" and any(disposition & COMMENT for _, disposition in tones):
        pytest.skip("MP4 has no mark of a commentary")
    file = write_tracks(tmp_path / f"film{ending}", tones)
    video = probed(file)
    assert transcribed(file) == pytest.approx(wanted, abs=5)
    for work in ("clip", "transcode", "remux"):
        work_on(video, tmp_path / f"{work}.mp4", work, start_seconds=0.0, stop_seconds=video.duration_seconds)
        assert heard(tmp_path / f"{work}.mp4") == pytest.approx(wanted, abs=5)
    told = work_on(video, tmp_path / "none", "format")
    assert told["is_first_sound"] == (tones[0][0] == wanted), json.dumps(told)


def test_sound_of_the_same_program_as_the_pictures(tmp_path: Path) -> None:
    """Of a broadcast with two channels, the larger picture is shown."""
    channels = [
        write_tracks(
            tmp_path / f"{number}.ts",
            [(hertz, NONE)],
            width=width,
            sound_codec="mp2",
            options={
                "mpegts_service_id": str(number),
                "mpegts_start_pid": str(0x100 * number),
                "mpegts_pmt_start_pid": str(0x1000 + number),
            },
        )
        for number, (hertz, width) in enumerate([(400, 64), (800, 128)], 1)
    ]
    file = programs_together(tmp_path / "both.ts", channels)
    with av.open(str(file)) as container:
        assert (len(container.streams.video), len(container.streams.audio)) == (2, 2)
    video = probed(file)
    assert video.probe is not None and video.probe.width == 128
    assert transcribed(file) == pytest.approx(800, abs=5)
    work_on(video, tmp_path / "clip.mp4", start_seconds=0.5, stop_seconds=2.0)
    assert heard(tmp_path / "clip.mp4") == pytest.approx(800, abs=5)
