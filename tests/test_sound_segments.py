"""Segments and waveforms of sound: cut in pauses, complete, bounded; what is loud is drawn high where it is heard."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.records import AUDIO_RATE, SoundPiece, TimeSpan
from indexer.segmentation.sound_segmenter import segment_sound
from indexer.sound.levels import BIN_SECONDS, SoundLevels
from indexer.sound.waveform import BARS, HEIGHT, WIDTH, draw_waveform, loudest_peak
from indexer.speech.voice_activity import Samples16


def talk(seconds: float, pauses: list[tuple[float, float]]) -> Samples16:
    """Noise as loud as a voice, and near silence in the pauses."""
    random = np.random.default_rng(3)
    sound = random.standard_normal(round(seconds * AUDIO_RATE)) * 3000
    for start, stop in pauses:
        sound[round(start * AUDIO_RATE) : round(stop * AUDIO_RATE)] *= 0.003
    return np.clip(sound, -32768, 32767).astype(np.int16)


def levels_of(sound: Samples16, *, piece: int = 5 * AUDIO_RATE, start_seconds: float = 0.0) -> SoundLevels:
    levels = SoundLevels()
    for place in range(0, len(sound), piece):
        levels.add(SoundPiece(start_seconds + place / AUDIO_RATE, sound[place : place + piece]))
    return levels


def edges(levels: SoundLevels, seconds: float, *, least: float = 2.0, most: float = 30.0) -> list[float]:
    segments = segment_sound(
        levels.decibels(), bin_seconds=BIN_SECONDS, duration_seconds=seconds, min_seconds=least, max_seconds=most
    )
    return [segment.span.start_seconds for segment in segments[1:]]


def test_cuts_lie_in_the_longest_pauses() -> None:
    pauses = [(8, 8.2), (17, 17.2), (21, 22.5), (25, 25.2), (41, 41.3), (46, 48), (52, 52.2)]
    first, second = edges(levels_of(talk(70, pauses)), 70)
    assert 21 < first < 22.5
    assert 46 < second < 48


def test_of_a_long_silence_the_end_is_cut_shortly_before_the_next_words() -> None:
    (edge,) = edges(levels_of(talk(40, [(12, 28)])), 40)
    assert 27 < edge < 28


def test_without_pauses_segments_still_end() -> None:
    found = edges(levels_of(talk(100, [])), 100)
    assert all(15 <= stop - start <= 30 for start, stop in itertools.pairwise([0.0, *found]))
    assert edges(levels_of(np.zeros(100 * AUDIO_RATE, np.int16)), 100)[0] == pytest.approx(30, abs=0.1)


def test_a_short_recording_is_one_segment() -> None:
    assert edges(levels_of(talk(0.3, [])), 0.3) == []


@given(
    seconds=st.floats(0.01, 400),
    least=st.floats(0.5, 10),
    ratio=st.floats(2, 20),
    seed=st.integers(0, 99),
)
def test_segments_cover_a_recording_without_gap_and_within_bounds(
    seconds: float, least: float, ratio: float, seed: int
) -> None:
    levels = np.random.default_rng(seed).uniform(-90, 0, int(seconds / BIN_SECONDS) + 1)
    segments = segment_sound(
        levels, bin_seconds=BIN_SECONDS, duration_seconds=seconds, min_seconds=least, max_seconds=least * ratio
    )
    assert [segment.index for segment in segments] == list(range(len(segments)))
    points = [0.0, *(segment.span.stop_seconds for segment in segments)]
    assert [segment.span.start_seconds for segment in segments] == points[:-1]
    assert points[-1] == seconds
    lengths = np.diff(points)
    assert lengths.max() <= least * ratio + 1e-6
    assert len(segments) == 1 or lengths.min() >= least - 1e-6


@given(piece=st.integers(200, 40_000))
def test_levels_do_not_depend_on_how_the_sound_is_divided(piece: int) -> None:
    sound = talk(2, [(0.5, 1)])
    one, other = levels_of(sound), levels_of(sound, piece=piece)
    np.testing.assert_array_equal(one.peaks(), other.peaks())
    np.testing.assert_allclose(one.decibels(), other.decibels(), atol=1e-3)


def test_a_late_start_and_a_gap_are_silence() -> None:
    levels = SoundLevels()
    for start in (3.0, 10.0):
        levels.add(SoundPiece(start, np.full(AUDIO_RATE, 16_384, np.int16)))
    heard = np.flatnonzero(levels.peaks()) * BIN_SECONDS
    assert (heard[0], heard[-1]) == (pytest.approx(3.0), pytest.approx(11.0 - BIN_SECONDS))
    assert not levels.peaks()[round(4 / BIN_SECONDS) : round(10 / BIN_SECONDS)].any()
    assert levels.peaks().max() == pytest.approx(0.5)


def test_ten_hours_take_a_few_megabytes() -> None:
    levels = SoundLevels()
    piece = np.ones(5 * AUDIO_RATE, np.int16)
    for place in range(0, 36_000, 600):
        levels.add(SoundPiece(float(place), piece))
    assert levels.peaks().nbytes + levels.decibels().nbytes < 12 << 20


def bars(levels: SoundLevels, start: float, stop: float) -> list[int]:
    """The height of each bar, pixels."""
    peaks = levels.peaks()
    picture = draw_waveform(peaks, TimeSpan(start, stop), loudest=loudest_peak(peaks))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    step = WIDTH // BARS
    background = picture[0, 0]
    return [int((picture[:, bar * step + step // 2] != background).any(axis=1).sum()) for bar in range(BARS)]


def test_a_waveform_is_high_where_it_is_loud() -> None:
    levels = levels_of(talk(20, [(5, 15)]))
    heights = bars(levels, 0, 20)
    quarter = BARS // 4
    assert min(heights[: quarter - 1]) > HEIGHT / 2
    assert max(heights[quarter + 1 : 3 * quarter - 1]) < HEIGHT / 10
    assert min(heights[3 * quarter + 1 : -1]) > HEIGHT / 2
    assert min(bars(levels, 16, 19)) > HEIGHT / 2


def test_one_scale_serves_the_whole_recording() -> None:
    sound = talk(40, [])
    sound[20 * AUDIO_RATE :] //= 4
    levels = levels_of(sound)
    assert np.median(bars(levels, 22, 38)) < 0.6 * np.median(bars(levels, 2, 18))


def test_silence_is_drawn_flat() -> None:
    heights = bars(levels_of(np.zeros(10 * AUDIO_RATE, np.int16)), 0, 10)
    assert max(heights) <= 2
