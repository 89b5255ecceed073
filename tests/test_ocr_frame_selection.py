"""Which changed frames are read, seen from outside: words are found, camera pictures are not read each second."""

from collections.abc import Collection

import numpy as np
import pytest

from indexer.ocr.frame_selection import read_changed_frames
from indexer.ocr.lines import ScreenLine
from indexer.records import Pixels, SampledFrame


def frames(times: list[float], written: dict[float, int]) -> list[SampledFrame]:
    """Pictures whose first pixel says which text they carry, 0 for none."""
    return [SampledFrame(time, np.full((2, 2, 3), written.get(time, 0), np.uint8)) for time in times]


class FakeReader:
    """A named fake: reads the first pixel; each picture is another one all over."""

    def __init__(self, share: float) -> None:
        self.reads = 0
        self._share = share

    def changed_share(self, pixels: Pixels) -> float:
        return self._share

    def read(self, pixels: Pixels) -> list[ScreenLine]:
        self.reads += 1
        number = int(pixels[0, 0, 0])
        return [ScreenLine(f"text {number}", 0.99, (0, 0, 1, 1))] if number else []


def read(
    times: list[float],
    written: dict[float, int],
    *,
    cuts: Collection[float] = (),
    share: float = 1.0,
) -> tuple[dict[float, int], int]:
    reader = FakeReader(share)
    states = read_changed_frames(frames(times, written), reader=reader, cuts=cuts)
    assert [time for time, _ in states] == sorted({time for time, _ in states})
    return {time: len(lines) for time, lines in states}, reader.reads


def test_camera_pictures_without_words_are_read_now_and_then() -> None:
    _, reads = read([float(second) for second in range(60)], {})
    assert reads <= 33


def test_a_sign_that_stands_still_after_camera_movement_is_read() -> None:
    times = [float(second) for second in range(8)]  # the last change brings the sign, and the picture rests
    states, _ = read(times, {7.0: 4})
    assert states[7.0] == 1


def test_a_sign_of_a_new_scene_is_read_at_the_cut() -> None:
    times = [float(second) for second in range(9)]
    states, _ = read(times, {8.0: 4}, cuts={8.0})
    assert states[8.0] == 1


def test_words_that_stay_while_the_picture_moves_are_read_every_other_second() -> None:
    times = [float(second) for second in range(30)]
    states, reads = read(times, dict.fromkeys(times, 1))
    assert reads <= 16
    assert set(states.values()) == {1}


def test_words_that_change_every_second_are_all_read() -> None:
    times = [float(second) for second in range(30)]
    states, _ = read(times, {time: 1 + int(time) for time in times})
    assert len(states) >= 29


@pytest.mark.parametrize("start", range(1, 12))
@pytest.mark.parametrize("seconds", [2, 3, 7])
def test_words_begin_and_end_with_the_frames_that_show_them(start: int, seconds: int) -> None:
    times = [float(second) for second in range(24)]
    shown = {float(second): 7 for second in range(start, start + seconds)}
    states, _ = read(times, shown)
    seen = [time for time in sorted(states) if states[time]]
    after = [time for time in sorted(states) if time > seen[-1]]
    assert abs(seen[0] - start) <= 1.0 and abs(after[0] - (start + seconds)) <= 1.0


@pytest.mark.parametrize("start", range(61, 70))
def test_words_in_a_long_textless_film_begin_with_the_frame_that_shows_them(start: int) -> None:
    times = [float(second) for second in range(80)]
    states, _ = read(times, {float(second): 7 for second in range(start, start + 4)})
    seen = [time for time in sorted(states) if states[time]]
    assert seen[0] == start


def test_a_change_of_a_small_part_is_read_at_once() -> None:
    times = [float(second) for second in range(20)]
    states, reads = read(times, dict.fromkeys(times, 1), share=0.05)
    assert reads == len(states) == len(times)


def test_words_of_the_last_picture_are_read_however_short_it_stands() -> None:
    assert read([0.0, 1.0], {0.0: 3, 1.0: 4})[0] == {0.0: 1, 1.0: 1}
