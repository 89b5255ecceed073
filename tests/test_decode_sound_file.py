"""Files with sound alone: read on the player's clock, with tags, cover and subtitles; broken ones are told."""

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from indexer.config import Settings
from indexer.decode.audio import AudioReader, open_audio
from indexer.decode.video import read_text_tracks
from indexer.errors import DecodeLimitError, EncryptedVideoError, NoPictureError, UnreadableVideoError, VideoError
from indexer.records import SoundPiece
from tests.helpers.media import shared_file, shared_files, write_video
from tests.helpers.media_sound import CLICK_SECONDS, click_times, clicks, synthetic_voice, write_recording, write_talkie
from tests.test_decode_files import ASS_HEADER

pytestmark = pytest.mark.thorough

SETTINGS = Settings()
SECONDS = 6.0
FORMATS: dict[str, dict[str, Any]] = {
    "memo.m4a": {},
    "memo.mp3": {"sound_codec": "libmp3lame"},
    "memo.flac": {"sound_codec": "flac"},
    "memo.opus": {"sound_codec": "libopus", "container": "ogg"},
    "memo.wav": {"sound_codec": "pcm_s16le"},
    "memo.aac": {"container": "adts"},
    "memo.wma": {"sound_codec": "wmav2", "container": "asf", "rate": 44_100},
    "memo.mka": {"sound_codec": "flac", "container": "matroska"},
}
RED = np.full((300, 400, 3), (200, 20, 20), np.uint8)


def read(path: Path, settings: Settings = SETTINGS) -> tuple[AudioReader, list[SoundPiece]]:
    with open_audio(path, settings=settings) as reader:
        return reader, list(reader.pieces())


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_heard_at_its_times(name: str, tmp_path: Path) -> None:
    rate = FORMATS[name].get("rate", 48_000)
    path = write_recording(tmp_path / name, clicks(SECONDS, rate=rate), **FORMATS[name])
    reader, pieces = read(path)
    times = click_times(pieces)[-11:]  # WMA swallows the click at 0
    assert times == pytest.approx(np.arange(CLICK_SECONDS, SECONDS, CLICK_SECONDS).tolist(), abs=0.06)
    assert reader.duration_seconds == pytest.approx(SECONDS, abs=0.1)
    assert reader.probe is not None and not reader.probe.has_pictures
    assert (reader.probe.start_seconds, reader.probe.audio_streams) == (0.0, 1)
    assert reader.warnings == () and reader.cover is None


@pytest.mark.parametrize("name", ["late.m4a", "late.mka", "late.opus"])
def test_sound_that_starts_late_keeps_its_times(name: str, tmp_path: Path) -> None:
    """As in a browser, which plays silence first."""
    given = {"late.opus": {"sound_codec": "libopus", "container": "ogg"}, "late.mka": {"container": "matroska"}}
    path = write_recording(tmp_path / name, clicks(4), lag_ms=3000, **given.get(name, {}))
    reader, pieces = read(path)
    assert click_times(pieces) == pytest.approx(np.arange(3, 7, CLICK_SECONDS).tolist(), abs=0.06)
    assert reader.duration_seconds == pytest.approx(7, abs=0.1)


def test_a_gap_in_the_sound_keeps_the_times_after_it(tmp_path: Path) -> None:
    reader, pieces = read(write_recording(tmp_path / "gap.m4a", clicks(4), gap=(2.0, 3.0)))
    times = click_times(pieces)
    assert [time for time in times if time < 2] == pytest.approx([0, 0.5, 1, 1.5], abs=0.06)
    assert [time for time in times if time > 4] == pytest.approx([5.5, 6, 6.5], abs=0.06)
    assert reader.duration_seconds == pytest.approx(7, abs=0.1)


def test_a_broadcast_s_time_of_day_is_no_silence(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "radio.ts", clicks(4), sound_codec="mp2", container="mpegts", lag_ms=7_200_000)
    reader, pieces = read(path)
    assert click_times(pieces)[0] == pytest.approx(0, abs=0.06)
    assert reader.duration_seconds == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("name", ["a.m4a", "a.mp3", "a.flac"])
def test_an_attached_picture_is_a_cover_and_no_video(name: str, tmp_path: Path) -> None:
    given = FORMATS[name.replace("a.", "memo.")] | ({"container": "mp4"} if name == "a.m4a" else {})
    tags = {"title": "Episode 7", "artist": "The Harbour"}
    reader, pieces = read(write_recording(tmp_path / name, clicks(2), cover=RED, tags=tags, **given))
    assert reader.cover is not None and reader.cover.shape == (300, 400, 3)
    assert np.abs(reader.cover.astype(int) - RED).mean() < 8
    assert reader.probe is not None and not reader.probe.has_pictures
    assert (reader.metadata.title, reader.metadata.artist) == ("Episode 7", "The Harbour")
    assert len(click_times(pieces)) == 4


def test_embedded_subtitles_are_read_with_the_sound(tmp_path: Path) -> None:
    path = tmp_path / "talk.mka"
    with av.open(str(path), "w", format="matroska") as output:
        audio = output.add_stream("flac", rate=48_000, layout="mono")
        text = output.add_stream("subrip")
        text.codec_context.subtitle_header = ASS_HEADER
        frame = av.AudioFrame.from_ndarray((clicks(3)[None] * 32767).astype(np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
        output.mux(audio.encode(frame))
        output.mux(audio.encode(None))
        packet = av.Packet(b"The harbour is closed.")
        packet.stream, packet.pts, packet.dts, packet.duration = text, 500, 500, 1500
        packet.time_base = Fraction(1, 1000)
        output.mux(packet)
    reader, _ = read(path)
    for (track,) in (reader.text_tracks, read_text_tracks(path, settings=SETTINGS)):
        (cue,) = track.cues
        assert (cue.text, cue.span.start_seconds) == ("The harbour is closed.", 0.5)


def test_a_video_says_nothing_of_a_sound_file(tmp_path: Path) -> None:
    reader, pieces = read(write_talkie(tmp_path / "film.mp4", range(0, 2000, 40)))
    assert pieces and reader.probe is None and reader.cover is None
    assert reader.duration_seconds == pytest.approx(2, abs=0.2)


def test_silence_is_sound(tmp_path: Path) -> None:
    reader, pieces = read(write_recording(tmp_path / "silent.flac", np.zeros(96_000, np.float32), sound_codec="flac"))
    assert reader.duration_seconds == pytest.approx(2, abs=0.1)
    assert all(not piece.samples.any() for piece in pieces)


@pytest.mark.parametrize("name", ["memo.mp3", "memo.flac", "memo.opus", "memo.wav"])
def test_a_truncated_file_is_heard_as_far_as_it_goes(name: str, tmp_path: Path) -> None:
    path = write_recording(tmp_path / name, synthetic_voice(SECONDS, [(0, SECONDS)]), **FORMATS[name])
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    reader, pieces = read(path)
    assert 1.5 < reader.duration_seconds < 4.5 and pieces


@pytest.mark.parametrize("name", ["empty.mp3", "noise.mp3", "header.wav", "cut.m4a", "still.png"])
def test_what_holds_no_sound_is_a_typed_error_that_names_the_file(name: str, tmp_path: Path) -> None:
    whole = write_recording(tmp_path / "whole.m4a", clicks(2)).read_bytes()
    contents = {
        "empty.mp3": b"",
        "noise.mp3": np.random.default_rng(1).bytes(50_000),
        "header.wav": b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0data\0\0\0\0",
        "cut.m4a": whole[: len(whole) // 2],
        "still.png": b"\x89PNG\r\n\x1a\n" + bytes(64),
    }
    path = tmp_path / name
    path.write_bytes(contents[name])
    with pytest.raises((UnreadableVideoError, NoPictureError), match=name):
        read(path)


def test_flipped_bytes_give_sound_or_a_typed_error(tmp_path: Path) -> None:
    data = write_recording(tmp_path / "whole.mp3", clicks(4), sound_codec="libmp3lame").read_bytes()
    random = np.random.default_rng(7)
    for turn in range(4):
        broken = bytearray(data)
        for place in random.integers(0, len(data), 20 * 10**turn):
            broken[place] = int(random.integers(256))
        path = tmp_path / f"flipped{turn}.mp3"
        path.write_bytes(broken)
        try:
            _, pieces = read(path)
        except VideoError:
            continue
        assert all(piece.start_seconds >= 0 for piece in pieces)


def test_sound_beyond_the_longest_duration_is_refused(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "long.mka", clicks(4), container="matroska", gap=(2.0, 55.0))
    assert read(path)[0].duration_seconds > 50
    with pytest.raises(DecodeLimitError, match="max_duration_hours"):
        read(path, Settings(max_duration_hours=0.01))


def test_a_moving_picture_without_sound_has_no_pieces(tmp_path: Path) -> None:
    reader, pieces = read(write_video(tmp_path / "silent.mp4", range(0, 2000, 40)))
    assert (reader.found, pieces, reader.probe) == (False, [], None)


def test_encrypted_sound_is_said_to_be() -> None:
    with pytest.raises(EncryptedVideoError, match="encrypted"):
        read(shared_file("hard/media3/sample_ac4_protected.mp4"))


@pytest.mark.parametrize(
    ("name", "seconds", "has_cover"),
    [
        ("speech/jfk.flac", 11.0, False),
        ("speech/multilingual.mp3", 59.9, False),
        ("speech/meeting_dev00.wav", 30.0, False),
        ("hard/audio_only/italia.mp4", 91.9, False),
        ("videos/opencast/aonly.mov", 10.4, False),
        ("videos/popcorn/italia.ogg", 92.1, False),
        ("hard/media3/bear-id3.mp3", 2.8, True),
    ],
)
def test_real_recordings(name: str, seconds: float, has_cover: bool) -> None:
    reader, pieces = read(shared_file(name))
    assert reader.probe is not None and pieces
    assert reader.duration_seconds == pytest.approx(seconds, abs=0.15)
    assert (reader.cover is not None) == has_cover


@pytest.mark.parametrize("path", shared_files("hard/derived"), ids=lambda path: path.name)
def test_odd_files_give_sound_or_a_typed_error(path: Path) -> None:
    with suppress(VideoError):
        read(path)
