"""Audio of videos on the player's clock, and voice windows: written files with exact truth, real and broken ones."""

import os
import resource
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
from av.stream import Disposition
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.typing import NDArray

from api.media.source_reader import decodable_audio
from indexer.config import Settings
from indexer.decode.audio import open_audio
from indexer.decode.worker.stream_selection import choose_audio_stream
from indexer.errors import DecodeLimitError, DecoderCrashedError, VanishedVideoError
from indexer.records import SoundPiece
from indexer.speech.voice_activity import FRAME, LONGEST_WINDOW_SECONDS, RATE, VoiceWindow, voice_windows
from tests.helpers.media import shared_file, write_video
from tests.helpers.media_sound import CLICK_SECONDS, click_times, write_talkie

pytestmark = pytest.mark.slow

SETTINGS = Settings()


def heard(path: Path) -> list[SoundPiece]:
    with open_audio(path, settings=SETTINGS) as sound:
        return list(sound.pieces())


@pytest.mark.parametrize(
    ("name", "sound_codec", "offset_ms", "lag_ms"),
    [
        ("plain.mp4", "aac", 0, 0),
        ("late.mkv", "flac", 0, 1300),
        ("moved.mkv", "aac", 5000, 0),
        ("moved.ts", "mp2", 90_000, 700),
    ],
)
def test_sound_is_on_the_players_clock(
    tmp_path: Path, name: str, sound_codec: str, offset_ms: int, lag_ms: int
) -> None:
    path = write_talkie(
        tmp_path / name, range(0, 7000, 40), sound_codec=sound_codec, offset_ms=offset_ms, sound_lag_ms=lag_ms
    )
    pieces = heard(path)
    times = click_times(pieces)
    first = -(-lag_ms // 500) * CLICK_SECONDS
    expected = np.arange(first, 7.05, CLICK_SECONDS)
    assert times == pytest.approx(expected[: len(times)].tolist(), abs=0.03)
    assert len(times) >= len(expected) - 1
    ends = [piece.start_seconds + len(piece.samples) / RATE for piece in pieces]
    assert all(later.start_seconds >= end - 1e-4 for later, end in zip(pieces[1:], ends, strict=False))


def test_sound_before_the_first_picture_is_left_out(tmp_path: Path) -> None:
    path = write_talkie(tmp_path / "early.mkv", range(2000, 6000, 40), sound_codec="flac")
    pieces = heard(path)
    assert pieces[0].start_seconds == pytest.approx(0, abs=0.03)
    assert click_times(pieces) == pytest.approx(np.arange(0, 4.05, CLICK_SECONDS).tolist(), abs=0.03)


def test_a_silent_film_has_no_pieces(tmp_path: Path) -> None:
    path = write_video(tmp_path / "silent.mp4", range(0, 2000, 40))
    with open_audio(path, settings=SETTINGS) as sound:
        assert list(sound.pieces()) == []
        assert not sound.found and sound.warnings == ()


def test_damaged_sound_is_told_and_the_rest_is_heard(tmp_path: Path) -> None:
    path = write_talkie(tmp_path / "whole.ts", range(0, 8000, 40), sound_codec="mp2")
    raw = bytearray(path.read_bytes())
    random = np.random.default_rng(3)
    for place in random.integers(len(raw) // 3, len(raw) * 2 // 3, size=400):
        raw[place] ^= 0xFF
    broken = tmp_path / "broken.ts"
    broken.write_bytes(raw)
    pieces = heard(broken)
    times = np.asarray(click_times(pieces))
    assert times.size >= 5
    off = np.abs(times - np.round(times / CLICK_SECONDS) * CLICK_SECONDS)
    assert np.median(off) < 0.03


def test_a_killed_child_is_a_typed_error_and_leaves_nothing(tmp_path: Path) -> None:
    path = write_talkie(tmp_path / "long.mkv", range(0, 60_000, 200), sound_codec="flac")
    with open_audio(path, settings=SETTINGS) as sound:
        pieces = sound.pieces()
        next(pieces)
        assert sound._process is not None
        child = psutil.Process(sound._process.pid)
        child.kill()
        with pytest.raises((DecoderCrashedError, DecodeLimitError)):
            list(pieces)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    path = write_talkie(tmp_path / "film.mp4", range(0, 2000, 40))
    with open_audio(path, settings=SETTINGS) as sound:
        pieces = sound.pieces()
        next(pieces)
        os.utime(path, (1, 1))
        with pytest.raises(VanishedVideoError):
            list(pieces)


def test_real_speech_lies_in_windows() -> None:
    pieces = heard(shared_file("videos/opencast/speech_to_text_test.v1.mp4"))
    windows = list(voice_windows(pieces))
    assert windows
    assert sum(window.span.duration_seconds for window in windows) > 4
    assert all(0 <= window.span.start_seconds < window.span.stop_seconds <= 8.6 for window in windows)


def noise(seconds: float, level: float, seed: int = 0) -> NDArray[np.int16]:
    random = np.random.default_rng(seed)
    return (random.standard_normal(round(seconds * RATE)) * level).astype(np.int16)


def in_pieces(samples: NDArray[np.int16], sizes: Sequence[int]) -> list[SoundPiece]:
    pieces: list[SoundPiece] = []
    place = number = 0
    while place < len(samples):
        size = sizes[number % len(sizes)]
        pieces.append(SoundPiece(place / RATE, samples[place : place + size]))
        place, number = place + size, number + 1
    return pieces


def bursts(seconds: float, spans: Sequence[tuple[float, float]]) -> NDArray[np.int16]:
    """Quiet noise with loud noise at the given times."""
    sound = noise(seconds, 30)
    for start, stop in spans:
        sound[round(start * RATE) : round(stop * RATE)] += noise(stop - start, 3000, seed=1)
    return sound


def edges_of(window: VoiceWindow) -> tuple[float, float]:
    return round(window.span.start_seconds, 3), round(window.span.stop_seconds, 3)


@pytest.mark.parametrize("level", [0, 30, 3000])
def test_silence_and_steady_noise_give_no_window(level: float) -> None:
    assert list(voice_windows(in_pieces(noise(47, level), [80_000]))) == []


def test_windows_hold_what_stands_out_and_its_edges() -> None:
    spans = [(3.0, 5.0), (5.8, 7.0), (12.0, 13.0), (40.0, 40.1)]
    windows = list(voice_windows(in_pieces(bursts(50, spans), [80_000])))
    found = [(window.span.start_seconds, window.span.stop_seconds) for window in windows]
    assert found == [pytest.approx((2.76, 7.24), abs=0.05), pytest.approx((11.76, 13.24), abs=0.05)], (
        "a short pause is inside, a click is none"
    )
    assert all(len(window.samples) == round(window.span.duration_seconds * RATE) for window in windows)


def test_a_long_talk_is_cut_where_it_is_quietest_and_nothing_is_lost() -> None:
    spans = [(place, place + 2.6) for place in np.arange(1.0, 100.0, 3.0)]
    windows = list(voice_windows(in_pieces(bursts(105, spans), [80_000])))
    assert all(window.span.duration_seconds <= LONGEST_WINDOW_SECONDS for window in windows)
    for start, stop in spans:
        held = sum(
            max(0.0, min(stop, window.span.stop_seconds) - max(start, window.span.start_seconds)) for window in windows
        )
        assert held >= stop - start - 0.02, start
    edges = [window.span.stop_seconds for window in windows][:-1]
    assert all(not any(start < edge < stop for start, stop in spans) for edge in edges)


@examples(max_examples=8, deadline=None)
@given(st.lists(st.integers(3_000, 90_000), min_size=1, max_size=5))
def test_windows_do_not_depend_on_the_pieces(sizes: list[int]) -> None:
    sound = bursts(24, [(1.0, 2.0), (9.7, 10.4), (15.0, 23.9)])
    whole = [edge for window in voice_windows(in_pieces(sound, [len(sound)])) for edge in edges_of(window)]
    assert [edge for window in voice_windows(in_pieces(sound, sizes)) for edge in edges_of(window)] == whole


def test_a_pause_of_the_track_ends_a_window() -> None:
    sound = bursts(10, [(3.0, 10.0)])
    later = SoundPiece(12.0, bursts(4, [(0.0, 2.0)]))
    windows = list(voice_windows([SoundPiece(0.0, sound), later]))
    assert [round(window.span.start_seconds, 1) for window in windows] == [2.8, 12.0]
    assert windows[0].span.stop_seconds == pytest.approx(10.0, abs=FRAME / RATE)


def test_hours_of_sound_need_little_memory() -> None:
    def pieces() -> Iterator[SoundPiece]:
        block = bursts(5, [(0.5, 4.0)])
        for number in range(360):
            yield SoundPiece(number * 5.0, block)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in voice_windows(pieces())) > 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10  # KiB


def stream(index: int, disposition: int = 0, *, decodable: bool = True) -> Any:
    return SimpleNamespace(
        index=index, disposition=Disposition(disposition), codec_context=object() if decodable else None
    )


@pytest.mark.parametrize(
    ("streams", "chosen"),
    [
        ([], None),
        ([stream(1), stream(2)], 1),
        ([stream(1), stream(2, Disposition.default)], 2),
        ([stream(1, Disposition.default, decodable=False), stream(2)], 2),
        ([stream(1, Disposition.default | Disposition.comment), stream(2)], 2),
        ([stream(1, Disposition.visual_impaired), stream(2, decodable=False)], 2),
    ],
    ids=["none", "first", "default", "decodable", "no commentary", "main track without decoder"],
)
def test_one_rule_chooses_the_audio_track_of_speech_and_clips(streams: list[Any], chosen: int | None) -> None:
    container: Any = SimpleNamespace(streams=SimpleNamespace(audio=streams))
    found = choose_audio_stream(container)
    assert (None if found is None else found.index) == chosen
    assert decodable_audio(container) is (found if found is not None and found.codec_context else None)
