"""Which files are videos, and the errors for those that are not. All files are written by the tests."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from indexer.config import Settings
from indexer.decode.video import open_video, probe_video, read_text_tracks
from indexer.errors import NoPictureError, UnreadableVideoError, UnsafeVideoError, VanishedVideoError, VideoError
from tests.helpers.media import numbered_picture, read_number, write_sound, write_video

pytestmark = pytest.mark.thorough

SETTINGS = Settings()

ASS_HEADER = b"[Script Info]\n[V4+ Styles]\nFormat: Name\nStyle: Default\n[Events]\nFormat: Text\n"
"""Header that FFmpeg's subtitle encoders require."""
PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{other}\n#EXT-X-ENDLIST\n",
    "hls with a mark": "\ufeff#EXTM3U\n#EXTINF:9,\n{other}\n",
    "concat": "ffconcat version 1.0\nfile '{other}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    "dash": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{other}</BaseURL></MPD>\n',
    "pls": "[playlist]\nFile1={other}\nNumberOfEntries=1\n",
    "asx": '<asx version="3.0"><entry><ref href="{other}"/></entry></asx>',
    "address": "https://example.invalid/video.mp4\n",
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", range(0, 3000, 40))


def times_and_numbers(path: Path, **options: object) -> list[tuple[float, int]]:
    with open_video(path, settings=SETTINGS, **options) as reader:  # type: ignore[arg-type]
        return [(round(frame.time_seconds, 3), read_number(frame.pixels)) for frame in reader.frames()]


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("suffix", [".mp4", ".m3u8", ".txt"])
def test_playlists_are_refused_whatever_their_name(kind: str, suffix: str, clip: Path, tmp_path: Path) -> None:
    path = tmp_path / f"list{suffix}"
    path.write_text(PLAYLISTS[kind].format(other=clip), encoding="utf-8")
    with pytest.raises(UnsafeVideoError, match=path.name):
        probe_video(path, settings=SETTINGS)


def test_a_playlist_behind_a_comment_opens_no_other_file(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "list.m3u8"
    path.write_text(f"# comment\n#EXTM3U\n#EXTINF:9,\n{clip}\n")
    with pytest.raises((UnsafeVideoError, UnreadableVideoError)):
        probe_video(path, settings=SETTINGS)


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 5000, bytes(range(256)) * 64, b"RIFF", b"\x1a\x45\xdf\xa3", b"just text\n"]
)
def test_bytes_that_are_no_media_are_unreadable(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(data)
    with pytest.raises(UnreadableVideoError, match=r"broken\.mp4"):
        probe_video(path, settings=SETTINGS)


def test_a_missing_file_has_vanished_and_a_folder_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(VanishedVideoError):
        probe_video(tmp_path / "none.mp4", settings=SETTINGS)
    with pytest.raises(UnreadableVideoError, match="regular file"):
        probe_video(tmp_path, settings=SETTINGS)


def test_sound_alone_is_probed_and_gives_no_frames(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "sound.m4a")
    probe = probe_video(path, settings=SETTINGS)
    assert (probe.has_pictures, probe.codec, probe.audio_streams) == (False, "aac", 1)
    with pytest.raises(NoPictureError, match="audio but no video"):
        times_and_numbers(path)


@pytest.mark.parametrize("name", ["still.png", "still.jpg", "still.mp4"])
def test_a_still_picture_is_no_video(name: str, tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / name
    Image.fromarray(numbered_picture(5)).save(path, format="JPEG" if name.endswith("jpg") else "PNG")
    with pytest.raises(NoPictureError, match="still image"):
        probe_video(path, settings=SETTINGS)


def test_a_gif_is_a_video_only_when_it_moves(tmp_path: Path) -> None:
    from PIL import Image

    pictures = [Image.fromarray(numbered_picture(number)) for number in (1, 2, 3)]
    pictures[0].save(tmp_path / "still.gif")
    pictures[0].save(tmp_path / "moving.gif", save_all=True, append_images=pictures[1:], duration=500)
    with pytest.raises(NoPictureError, match="still image"):
        probe_video(tmp_path / "still.gif", settings=SETTINGS)
    assert times_and_numbers(tmp_path / "moving.gif", times=[0.0, 0.5, 1.2]) == [(0.0, 1), (0.5, 2), (1.0, 3)]


@pytest.mark.parametrize("name", ["ünïcode 影片.mp4", "a:b%03d.mp4", "-dash.mp4", "http:x.mp4", b"byte\xff.mp4"])
def test_names_of_any_kind(name: str | bytes, clip: Path, tmp_path: Path) -> None:
    path = tmp_path / (name if isinstance(name, str) else name.decode("utf-8", "surrogateescape"))
    path.write_bytes(clip.read_bytes())
    assert times_and_numbers(path) == [(0.0, 0), (1.0, 25), (2.0, 50)]


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mkv", "libx264", "yuv420p"),
        ("a.mov", "libx264", "yuv444p"),
        ("a.mkv", "libx265", "yuv420p10le"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.avi", "mpeg4", "yuv420p"),
        ("a.ts", "libx264", "yuv420p"),
        ("a.flv", "libx264", "yuv420p"),
        ("a.mkv", "ffv1", "yuv420p"),
    ],
)
@pytest.mark.parametrize("asked", [{"frames_per_second": 2.0}, {"times": [0.1, 0.9, 0.91, 1.95]}])
def test_kinds_of_files(name: str, codec: str, pixel_format: str, asked: dict[str, object], tmp_path: Path) -> None:
    times = range(0, 2000, 40)
    path = write_video(tmp_path / name, times, codec=codec, pixel_format=pixel_format, width=128, height=96)
    found = times_and_numbers(path, **asked)
    expected = [0, 12, 25, 37] if "frames_per_second" in asked else [2, 22, 48]
    assert [number for _, number in found] == expected
    assert [time for time, _ in found] == pytest.approx([times[number] / 1000 for number in expected], abs=0.002)


def test_fragments_keep_their_times(tmp_path: Path) -> None:
    flags = {"movflags": "frag_keyframe+empty_moov"}
    path = write_video(tmp_path / "a.mp4", range(0, 4000, 40), container_options=flags)
    assert times_and_numbers(path) == [(float(k), 25 * k) for k in range(4)]
    assert probe_video(path, settings=SETTINGS).decoder == "pyav"


@pytest.mark.parametrize("start_ms", [0, 7000, 123_456])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_the_first_frame_is_at_zero(start_ms: int, name: str, tmp_path: Path) -> None:
    path = write_video(tmp_path / name, range(start_ms, start_ms + 2500, 50))
    assert [number for _, number in times_and_numbers(path)] == [0, 20, 40]


@pytest.mark.parametrize("decoder", ["pyav", "decord"])
def test_variable_frame_rate(decoder: str, tmp_path: Path) -> None:
    if decoder == "decord":
        pytest.importorskip("decord")
    times = [0, 10, 20, 900, 1005, 1010, 4000, 4001, 9000]
    path = write_video(tmp_path / "a.mkv", times, options={"bf": "0"})
    found = times_and_numbers(path, decoder=decoder)
    assert found == [(0.0, 0), (0.9, 3), (1.01, 5), (4.0, 6), (4.001, 7), (9.0, 8)]


def test_a_truncated_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", range(0, 8000, 40))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with open_video(path, settings=SETTINGS) as reader:
        numbers = [read_number(frame.pixels) for frame in reader.frames()]
    assert numbers == [25 * k for k in range(len(numbers))]
    assert 2 <= len(numbers) < 8
    assert reader.duration_seconds < 8


def test_damage_in_the_middle_is_passed_over_and_told(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", range(0, 8000, 40), width=128, height=96)
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + len(data) // 3
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)
    with open_video(path, settings=SETTINGS) as reader:
        frames = list(reader.frames())
    assert [round(frame.time_seconds) for frame in frames] == list(range(8))
    assert read_number(frames[-1].pixels) == 175


def test_pictures_are_scaled_down_alike_and_never_up(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", range(0, 1000, 40), width=320, height=180)
    found = {}
    for decoder in ("auto", "pyav"):
        with open_video(path, settings=SETTINGS, max_side=100, decoder=decoder) as reader:  # type: ignore[arg-type]
            found[decoder] = next(iter(reader.frames())).pixels
            assert (reader.probe.width, reader.probe.height) == (320, 180)
    assert found["auto"].shape == (56, 100, 3)
    assert np.abs(found["auto"].astype(int) - found["pyav"]).mean() < 0.05
    with open_video(path, settings=SETTINGS, max_side=4000) as reader:
        assert next(iter(reader.frames())).pixels.shape == (180, 320, 3)


def test_times_behind_the_end_and_before_the_start(clip: Path) -> None:
    assert times_and_numbers(clip, times=[-1.0]) == []
    assert times_and_numbers(clip, times=[99.0, 100.0]) == [(2.96, 74)]
    assert times_and_numbers(clip, times=[]) == []


def test_embedded_text_is_on_the_players_clock(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        text = output.add_stream("subrip")
        text.codec_context.subtitle_header = ASS_HEADER
        for number in range(50):
            output.mux(video.encode(av.VideoFrame.from_ndarray(numbered_picture(number), format="rgb24")))
        output.mux(video.encode(None))
        for start, words in ((500, b"<i>one</i>"), (1200, "zwei ü".encode())):
            packet = av.Packet(words)
            packet.stream, packet.pts, packet.dts, packet.duration = text, start, start, 400
            packet.time_base = Fraction(1, 1000)
            output.mux(packet)
    for tracks in (read_text_tracks(path, settings=SETTINGS), _tracks_of_a_pass(path)):
        assert [(round(cue.span.start_seconds, 3), cue.text) for cue in tracks[0].cues] == [
            (0.5, "<i>one</i>"),
            (1.2, "zwei ü"),
        ]
        assert tracks[0].codec == "subrip"


def _tracks_of_a_pass(path: Path):  # type: ignore[no-untyped-def]
    with open_video(path, settings=SETTINGS, want_text=True) as reader:
        list(reader.frames())
    return reader.text_tracks


def test_every_reader_failure_is_a_video_error(clip: Path, tmp_path: Path) -> None:
    """Flip bytes all over a small file: every outcome is frames or a typed error."""
    data = clip.read_bytes()
    rng = np.random.default_rng(7)
    settings = replace(SETTINGS, decode_stall_seconds=20)
    for turn in range(6):
        broken = bytearray(data)
        for place in rng.integers(0, len(data), 200 if turn % 2 else 20):
            broken[place] = int(rng.integers(256))
        path = tmp_path / f"flipped{turn}.mp4"
        path.write_bytes(broken)
        try:
            with open_video(path, settings=settings, frames_per_second=5) as reader:
                times = [frame.time_seconds for frame in reader.frames()]
        except VideoError as error:
            times = []
            assert path.name in str(error)  # noqa: PT017
        assert times == sorted(set(times))
