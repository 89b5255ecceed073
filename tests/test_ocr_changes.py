"""Which frames are worth reading: `ChangeDetector` and `ReadingPolicy`."""

import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.ocr.change_detector import ChangeDetector, flat_block_share
from indexer.ocr.frame_selection import RARE_READ_INTERVAL_SECONDS, READ_INTERVAL_SECONDS, ReadingPolicy
from indexer.records import Pixels
from tests.test_ocr_reader import SHARED, draw, frames_of

LINES = ["Path expressions", "first bullet", "second bullet"]


def compressed(pixels: Pixels, quality: int) -> Pixels:
    _, code = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)


def noisy(pixels: Pixels, seed: int, sigma: float = 8) -> Pixels:
    noise = np.random.default_rng(seed).normal(0, sigma, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("size", "picture"), [(10, (1280, 720)), (16, (1280, 720)), (20, (640, 480)), (12, (320, 180))]
)
@pytest.mark.parametrize(("ink", "paper"), [("white", "black"), ("#202020", "#f0f0e8")])
def test_a_new_line_is_a_change(size: int, picture: tuple[int, int], ink: str, paper: str) -> None:
    detector = ChangeDetector()
    look = {"size": size, "picture": picture, "ink": ink, "paper": paper}
    assert detector.changed(draw(LINES[:2], **look))
    assert not detector.changed(compressed(draw(LINES[:2], **look), 60))
    assert detector.changed(compressed(draw(LINES, **look), 60))
    assert not detector.is_cut
    assert not detector.changed(draw(LINES, **look))


def test_noise_and_flicker_are_none() -> None:
    detector = ChangeDetector()
    picture = draw(LINES, size=20, picture=(1280, 720))
    assert detector.changed(noisy(picture, 0))
    for seed in range(1, 8):
        assert not detector.changed(noisy(picture, seed))
        assert not detector.changed(compressed(noisy(picture, seed, 4), 40))


def test_a_cursor_is_often_none() -> None:
    picture = draw(LINES, size=12, picture=(1280, 720))
    places = [(100 + 7 * n, 200 + 31 * n) for n in range(30)]
    changes = 0
    for top, left in places:
        detector = ChangeDetector()
        detector.changed(picture)
        cursor = picture.copy()
        cursor[top : top + 15, left : left + 8] = 255
        changes += detector.changed(cursor)
    assert changes <= 0.7 * len(places)


def test_slow_fade_adds_up_and_a_cut_is_told() -> None:
    detector = ChangeDetector()
    first, second = draw(["one"], paper="#104010"), draw(["two"], paper="#a0a0c0")
    detector.changed(first)
    faded = [(first * (1 - share) + second * share).astype(np.uint8) for share in np.linspace(0, 1, 60)]
    changes = [detector.changed(frame) for frame in faded]
    assert 3 <= sum(changes) < 40
    detector = ChangeDetector()
    detector.changed(first)
    assert detector.changed(second)
    assert detector.is_cut
    assert not detector.changed(second)
    assert not detector.is_cut


@pytest.mark.parametrize("shape", [(1, 1, 3), (6, 10, 3), (28, 48, 3), (2000, 8, 3)])
def test_any_picture_size(shape: tuple[int, int, int]) -> None:
    detector = ChangeDetector()
    assert detector.changed(np.zeros(shape, np.uint8))
    assert not detector.changed(np.zeros(shape, np.uint8))
    assert detector.changed(np.full(shape, 255, np.uint8))
    assert detector.changed(np.zeros((64, 64, 3), np.uint8))


def test_it_is_cheap() -> None:
    picture = noisy(draw(LINES, picture=(1280, 720)), 1)
    detector = ChangeDetector()
    detector.changed(picture)
    started = time.process_time()
    for _ in range(20):
        detector.changed(picture)
    assert (time.process_time() - started) / 20 < 0.02, "measured at 1 ms; this only catches a blunder"


def test_drawn_pictures_are_told_from_camera_pictures() -> None:
    assert flat_block_share(draw(LINES, picture=(1280, 720))) > 0.8
    assert flat_block_share(noisy(draw([]), 5, 20)) < 0.1


@pytest.mark.parametrize(
    ("name", "seconds", "changes"),
    [("videos/opencast/black.mp4", 40, [0, 20]), ("videos/opencast/schwarzesVideoFinal.mp4", 6, [0])],
)
def test_changes_of_real_slides(name: str, seconds: int, changes: list[int]) -> None:
    detector = ChangeDetector()
    frames = frames_of(SHARED / name, count=seconds)
    assert [second for second, frame in enumerate(frames) if detector.changed(frame)] == changes


def reads(policy: ReadingPolicy, times: list[float], shown: dict[float, bool]) -> list[float]:
    """Times that are read when every frame changes; `shown` says which of them hold text."""
    chosen: list[float] = []
    for time_seconds in times:
        if policy.should_read(time_seconds, changed=True):
            chosen.append(time_seconds)
            policy.record_read(time_seconds, has_text=shown.get(time_seconds, False))
    return chosen


def test_textless_footage_is_looked_at_now_and_then() -> None:
    times = [float(second) for second in range(200)]
    chosen = reads(ReadingPolicy(), times, {})
    assert chosen[:6] == [0, 1, 2, 4, 6, 8]
    assert np.diff(chosen).max() == RARE_READ_INTERVAL_SECONDS
    assert len(chosen) < 85


def test_after_text_is_gone_the_next_frames_are_read() -> None:
    times = [float(second) for second in range(20)]
    chosen = reads(ReadingPolicy(), times, dict.fromkeys([8.0, 9.0, 10.0, 11.0], True))
    assert chosen == [0, 1, 2, 4, 6, 8, 10, 12, 13, 14, 16, 18]


def test_a_cut_is_read_at_once_and_still_pictures_are_not() -> None:
    policy = ReadingPolicy()
    reads(policy, [0.0, 1.0, 2.0], {})
    assert not policy.should_read(3.0, changed=True)
    assert policy.should_read(3.0, changed=True, cut=True)
    policy.record_read(3.0, has_text=False)
    assert not policy.should_read(9.0, changed=False)


def test_a_skipped_change_is_caught_up_with_when_the_picture_stands_still() -> None:
    policy = ReadingPolicy()
    reads(policy, [0.0, 1.0, 2.0], {})
    assert not policy.should_read(3.0, changed=True)
    assert policy.should_read(4.0, changed=False)
    policy.record_read(4.0, has_text=True)
    assert not policy.should_read(5.0, changed=False)


@given(st.floats(0, 100), st.sampled_from([0.5, 1.0, 2.0]), st.lists(st.booleans(), min_size=130, max_size=130))
@settings(max_examples=200, deadline=None)
def test_text_that_stays_is_met(start: float, step: float, other_changes: list[bool]) -> None:
    """A text on screen for 3 seconds (plus a sampling step) from `start` on is read, whatever else moves."""
    stop = start + RARE_READ_INTERVAL_SECONDS + step
    times = [n * step for n in range(130)]
    showing = [start <= time_seconds < stop for time_seconds in times]
    changed = [n == 0 or other_changes[n] or showing[n] != showing[n - 1] for n in range(len(times))]
    policy, met = ReadingPolicy(), False
    for n, time_seconds in enumerate(times):
        if policy.should_read(time_seconds, changed[n]):
            policy.record_read(time_seconds, showing[n])
            met = met or showing[n]
    assert met or start > times[-1] - RARE_READ_INTERVAL_SECONDS - step
    assert READ_INTERVAL_SECONDS <= RARE_READ_INTERVAL_SECONDS
