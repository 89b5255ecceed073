"""Mapping of exceptions of FFmpeg and decord to the project's errors, and content sniffing."""

import io
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av.error
import pytest

from demo.world.make import make_world
from indexer.config import Settings
from indexer.decode.protocol import ERRORS_BY_KIND, make_request
from indexer.decode.sniffing import has_encrypted_track, is_animated_webp, is_lone_fragment, is_protected_iso
from indexer.decode.video import open_video
from indexer.decode.worker.container import explain_open_failure
from indexer.decode.worker.decord_reader import DecordFailedError, DecordReader
from indexer.decode.worker.job import DecodeJob
from indexer.decode.worker.packet_table import DECORD_BUFFER_BYTES, decord_buffer_bytes, is_hidden_vp9
from indexer.decode.worker.pyav_reader import PyavReader
from indexer.errors import DecodeLimitError, UnreadableVideoError, VideoError
from tests.helpers.media import write_video

FFMPEG_ERRORS = sorted(
    {error for error in vars(av.error).values() if isinstance(error, type) and issubclass(error, av.error.FFmpegError)},
    key=lambda error: error.__name__,
)


@dataclass
class Collector:
    times: list[float] = field(default_factory=list)

    def send_frame(self, seconds: float, pixels: object) -> None:
        self.times.append(seconds)

    def progress(self) -> None:
        pass


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", range(0, 3000, 40))


def run(path: Path, decoder: Any = "auto") -> Collector:
    collector = Collector()
    list(
        DecodeJob(make_request(path, Settings(), mode="frames", frames_per_second=1, decoder=decoder), collector).run()
    )
    return collector


@pytest.mark.parametrize("kind", FFMPEG_ERRORS, ids=lambda kind: kind.__name__)
def test_every_ffmpeg_error_while_opening_is_mapped(kind: type[av.error.FFmpegError], clip: Path) -> None:
    error = explain_open_failure(str(clip), clip.read_bytes()[:4096], kind(1, "boom"), "")
    assert isinstance(error, VideoError)
    assert error.kind in ERRORS_BY_KIND


@pytest.mark.parametrize("kind", [*FFMPEG_ERRORS, ValueError, MemoryError], ids=lambda kind: kind.__name__)
def test_every_error_while_decoding_is_counted_or_mapped(kind: type[Exception], clip: Path) -> None:
    class Failing:
        def decode(self, packet: object) -> list[object]:
            raise kind(1, "boom")

    request = make_request(clip, Settings(), mode="frames", frames_per_second=1)
    collector = Collector()
    reader = PyavReader(None, Failing(), request, collector.progress, lambda packet: None)  # type: ignore[arg-type]
    if issubclass(kind, MemoryError | av.error.MemoryError):
        with pytest.raises(DecodeLimitError):
            reader._frames_of(None)
    else:
        assert reader._frames_of(None) == []
        assert reader.damage.bad_packets == (kind is not av.error.EOFError)


def decord_errors() -> list[type[BaseException]]:
    base = pytest.importorskip("decord.base").DECORDError
    return [base, *base.__subclasses__(), RuntimeError, AssertionError]


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("when", ["opening", "reading"])
def test_every_decord_error_is_mapped_and_pyav_goes_on(
    number: int, when: str, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import decord

    kinds = decord_errors()
    if number >= len(kinds):
        pytest.skip("no such error in this decord")

    class Failing(decord.VideoReader):
        def __init__(self, *arguments: object, **options: object) -> None:
            if when == "opening":
                self._handle = None
                raise kinds[number]("boom")
            super().__init__(*arguments, **options)

        def skip_frames(self, num: int = 1) -> None:
            raise kinds[number]("boom")

    monkeypatch.setattr(decord, "VideoReader", Failing)
    assert run(clip).times == pytest.approx([0.0, 1.0, 2.0])
    with pytest.raises(UnreadableVideoError, match="decord is not trusted"):
        run(clip, "decord")


def test_decord_is_not_believed_when_its_times_differ(clip: Path) -> None:
    pytest.importorskip("decord")
    import numpy as np

    true = np.arange(75) * 0.04
    DecordReader(str(clip), true, threads=1)
    with pytest.raises(DecordFailedError, match="counts 75 frames"):
        DecordReader(str(clip), true[:-1], threads=1)
    with pytest.raises(DecordFailedError, match="times are"):
        DecordReader(str(clip), np.concatenate((true[:40], true[40:] + 0.04)), threads=1)


def box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def nested(entry: bytes) -> io.BytesIO:
    stsd = box(b"stsd", bytes(8) + box(entry, bytes(78)))
    inner = stsd
    for kind in (b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        inner = box(kind, inner)
    return io.BytesIO(box(b"ftyp", b"isom") + inner + box(b"mdat", bytes(20)))


def test_protection_is_seen_in_the_boxes() -> None:
    assert has_encrypted_track(nested(b"encv"), b"encv")
    assert not has_encrypted_track(nested(b"enca"), b"encv")
    assert is_protected_iso(nested(b"encv"))
    assert not has_encrypted_track(nested(b"avc1"), b"encv")
    assert not is_protected_iso(nested(b"avc1"))
    assert not is_protected_iso(io.BytesIO(b"\0\0\0\x01moov\xff\xff"))
    assert not is_protected_iso(io.BytesIO(bytes(100)))


def test_other_first_bytes() -> None:
    assert is_lone_fragment(box(b"styp", b"msdh"))
    assert not is_lone_fragment(box(b"ftyp", b"isom"))
    assert is_animated_webp(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0")
    assert not is_animated_webp(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0")


def test_hidden_vp9_frames_are_seen() -> None:
    assert not is_hidden_vp9(bytes([0x82, 0x49, 0x83, 0x42]))  # key frame, shown
    assert is_hidden_vp9(bytes([0x84, 0x00, 0x00]))  # alternate reference, not shown
    assert not is_hidden_vp9(bytes([0x84, 0x00, 0xC1]))  # a superframe shows one of its frames
    assert not is_hidden_vp9(bytes([0x88]))  # shows an existing frame


@pytest.mark.thorough
@pytest.mark.slow
def test_decord_is_not_asked_for_more_pictures_than_memory_should_hold(tmp_path: Path) -> None:
    """decord may buffer all frames of a video at once."""
    assert decord_buffer_bytes(400, 640, 360) == 400 * 640 * 360 * 3 > DECORD_BUFFER_BYTES
    short, long = (make_world(tmp_path / f"{m}", minutes=m, seed=1, video_minutes=m) for m in (0.4, 8))
    for world, decoder in ((short, "decord"), (long, "pyav")):
        with open_video(world.folder / world.videos[0], settings=Settings()) as reader:
            assert reader.probe.decoder == decoder
