"""The decoder child: limits, crashes, and that no process or descriptor is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from indexer.config import Settings
from indexer.decode.child_session import DecodeSession
from indexer.decode.protocol import MessageBuffer, make_request, pack_message, ring_slots
from indexer.decode.video import VideoReader, open_video
from indexer.errors import DecodeLimitError, DecoderCrashedError, VanishedVideoError
from tests.helpers.media import numbered_picture, read_number, write_video

pytestmark = pytest.mark.slow

SETTINGS = Settings()
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 s at 25 frames a second, each showing its number; a regular file, so decord reads it."""
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", range(0, 12000, 40))


def child_of(reader: VideoReader) -> psutil.Process:
    process: DecodeSession | None = reader._process
    assert process is not None
    return psutil.Process(process.pid)


def lower_stall_limit(reader: VideoReader) -> None:
    """Called after the start, which may take longer on a busy machine."""
    assert reader._process is not None
    reader._process._stall_seconds = 1.0


def raise_stall_limit(reader: VideoReader) -> None:
    assert reader._process is not None
    reader._process._stall_seconds = SETTINGS.decode_stall_seconds


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def test_frames_are_owned_and_numbered(clip: Path) -> None:
    with open_video(clip, settings=SETTINGS, frames_per_second=5) as reader:
        frames = list(reader.frames())
    assert [read_number(frame.pixels) for frame in frames] == list(range(0, 300, 5))
    assert [frame.time_seconds for frame in frames] == pytest.approx([k / 5 for k in range(60)], abs=1e-6)
    assert reader.duration_seconds == pytest.approx(12.0, abs=0.05)
    assert all(frame.pixels.flags.owndata and frame.pixels.flags.writeable for frame in frames)


@pytest.mark.parametrize("taken", [0, 1, 7])
def test_a_killed_decord_child_is_followed_by_pyav_without_repeats(clip: Path, taken: int) -> None:
    pytest.importorskip("decord")
    with open_video(clip, settings=SETTINGS, frames_per_second=5) as reader:
        assert reader.probe.decoder == "decord"
        frames = reader.frames()
        numbers = [read_number(next(frames).pixels) for _ in range(taken)]
        child_of(reader).kill()
        numbers += [read_number(frame.pixels) for frame in frames]
        assert reader.probe.decoder == "pyav"
    assert numbers == list(range(0, 300, 5))


def test_a_killed_pyav_child_is_a_typed_error(clip: Path) -> None:
    with open_video(clip, settings=SETTINGS, frames_per_second=25, decoder="pyav") as reader:
        frames = reader.frames()
        next(frames)
        child_of(reader).send_signal(signal.SIGSEGV)
        with pytest.raises(DecoderCrashedError, match="SIGSEGV"):
            list(frames)


def test_a_child_out_of_cpu_time_is_a_limit(clip: Path) -> None:
    with open_video(clip, settings=SETTINGS, frames_per_second=25) as reader:
        child_of(reader).send_signal(signal.SIGXCPU)
        with pytest.raises(DecodeLimitError, match="decode_cpu_seconds"):
            list(reader.frames())


def test_a_hanging_child_is_stopped(clip: Path) -> None:
    with open_video(clip, settings=SETTINGS, frames_per_second=25, decoder="pyav") as reader:
        child = child_of(reader)
        lower_stall_limit(reader)
        child.suspend()
        with pytest.raises(DecodeLimitError, match="decode_stall_seconds = 1"):
            list(reader.frames())
    assert not child.is_running()


def test_a_slow_consumer_holds_the_child_back(clip: Path) -> None:
    with open_video(clip, settings=SETTINGS, frames_per_second=25) as reader:
        child = child_of(reader)
        frames = reader.frames()
        next(frames)
        assert wait_until(lambda: child.status() == psutil.STATUS_SLEEPING)
        lower_stall_limit(reader)
        time.sleep(1.5)  # longer than the stall limit: a child that waits for room is not hung
        assert child.memory_info().rss < 400 << 20
        next(frames)
        raise_stall_limit(reader)
        assert len(list(frames)) == 298


def test_memory_above_the_limit_is_a_typed_error(clip: Path) -> None:
    request = replace(make_request(clip, SETTINGS, mode="frames", frames_per_second=25), memory_mib=4)
    with pytest.raises(DecodeLimitError, match="decode_memory_mib = 4"), VideoReader(clip, request, SETTINGS) as reader:
        [time.sleep(0.01) for _ in reader.frames()]


@pytest.mark.parametrize(
    ("setting", "value"), [("max_pixels", 1024), ("max_duration_hours", 0.001), ("max_streams", 0)]
)
@pytest.mark.parametrize("decoder", ["auto", "pyav"])
def test_limits_name_their_setting(clip: Path, setting: str, value: float, decoder: str) -> None:
    request = make_request(clip, SETTINGS, mode="frames", frames_per_second=1, decoder=decoder)  # type: ignore[arg-type]
    with (
        pytest.raises(DecodeLimitError, match=setting),
        VideoReader(clip, replace(request, **{setting: value}), SETTINGS) as reader,
    ):
        list(reader.frames())


def test_closing_early_leaves_nothing(clip: Path) -> None:
    with open_video(clip, settings=SETTINGS) as reader:
        next(reader.frames())
    before = psutil.Process().num_fds()
    for _ in range(3):
        with open_video(clip, settings=SETTINGS, frames_per_second=25) as reader:
            child = child_of(reader)
            next(reader.frames())
        assert not psutil.pid_exists(child.pid)
    assert psutil.Process().num_fds() == before
    reader.close()


def test_a_killed_parent_leaves_no_child(clip: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from indexer.config import Settings\n"
        "from indexer.decode.video import open_video\n"
        "with open_video(Path(sys.argv[1]), settings=Settings(), frames_per_second=25) as reader:\n"
        "    next(reader.frames()); print(reader._process.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(clip)], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_ctrl_c_does_not_reach_the_child(clip: Path) -> None:
    with open_video(clip, settings=SETTINGS, frames_per_second=25) as reader:
        child = child_of(reader)
        assert os.getsid(child.pid) != os.getsid(0)
        child.send_signal(signal.SIGINT)
        assert len(list(reader.frames())) == 300


def test_a_file_that_changes_while_it_is_read_is_vanished(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", range(0, 2000, 40))
    with pytest.raises(VanishedVideoError, match="changed"), open_video(path, settings=SETTINGS) as reader:
        [os.utime(path, (1, 1)) for _ in reader.frames()]


def test_nothing_reaches_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_video(tmp_path / "clip.mp4", range(0, 4000, 40))
    data = bytearray(path.read_bytes())
    for place in range(len(data) // 3, len(data) // 2, 50):
        data[place] ^= 0xFF
    path.write_bytes(data)
    with open_video(path, settings=SETTINGS, frames_per_second=25) as reader:
        list(reader.frames())
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_messages_survive_any_cut() -> None:
    messages = [{"type": "frame", "time": 1.5}, {"type": "done", "text": "äß\udc80"}]
    data = b"".join(pack_message(message) for message in messages)
    buffer, taken = MessageBuffer(), []
    for place in range(0, len(data), 3):
        buffer.feed(data[place : place + 3])
        while (message := buffer.take()) is not None:
            taken.append(message)
    assert taken == messages


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", b"\0\0\0\x02[]", b"\0\0\0\x01{"])
def test_nonsense_is_no_message(data: bytes) -> None:
    buffer = MessageBuffer()
    buffer.feed(data)
    with pytest.raises(ValueError, match=r"."):
        buffer.take()


def test_the_ring_is_bounded() -> None:
    assert ring_slots(64 * 48 * 3) == 4
    assert ring_slots(8192 * 8192 * 3) == 2


def test_pictures_show_their_numbers() -> None:
    assert [read_number(numbered_picture(number)) for number in (0, 1, 299, 65535)] == [0, 1, 299, 65535]
