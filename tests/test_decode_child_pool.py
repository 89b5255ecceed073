"""The pool of idle decoder children: reuse, replacement, and shutdown."""

import gc
import os
import time
from pathlib import Path

import numpy as np
import pytest

from indexer.config import Settings
from indexer.decode.child_pool import DecodeChildPool
from indexer.decode.video import open_video
from tests.helpers.media import write_video

pytestmark = pytest.mark.slow


def pids(decode_pool: DecodeChildPool, count: int) -> list[int]:
    """Process ids of the idle children, once there are `count` of them."""
    deadline = time.monotonic() + 60
    while len(decode_pool._waiting) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    return [child.process.pid for child in decode_pool._waiting]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "a.mp4", [0, 500, 1000])


def test_an_idle_child_reads_the_same_as_a_new_one(video: Path) -> None:
    with open_video(video, settings=Settings(), times=[0.0, 0.5]) as reader:
        fresh = list(reader.frames())
    with DecodeChildPool(1) as decode_pool:
        (waiting,) = pids(decode_pool, 1)
        with open_video(video, settings=Settings(), times=[0.0, 0.5], decode_pool=decode_pool) as reader:
            read = list(reader.frames())
        (another,) = pids(decode_pool, 1)
    assert another != waiting
    assert [one.time_seconds for one in read] == [one.time_seconds for one in fresh]
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(read, fresh, strict=True))


def test_a_child_that_died_idle_is_replaced(video: Path) -> None:
    with DecodeChildPool(1) as decode_pool:
        assert pids(decode_pool, 1)
        decode_pool._waiting[0].process.kill()
        decode_pool._waiting[0].process.wait()
        with open_video(video, settings=Settings(), times=[0.0], decode_pool=decode_pool) as reader:
            assert len(list(reader.frames())) == 1


def test_no_child_outlives_its_pool() -> None:
    decode_pool = DecodeChildPool(2)
    waiting = pids(decode_pool, 2)
    assert all(map(is_running, waiting))
    decode_pool.close()
    decode_pool.close()
    assert not any(map(is_running, waiting))


def test_a_forgotten_pool_leaves_no_children() -> None:
    decode_pool = DecodeChildPool(2)
    waiting = pids(decode_pool, 2)
    del decode_pool
    gc.collect()
    assert not any(map(is_running, waiting))
