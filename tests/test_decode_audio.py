"""Audio of videos on the player's clock: written files with exact truth, real and broken ones."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
from av.stream import Disposition

from indexer.config import Settings
from indexer.decode.audio import open_audio
from indexer.decode.worker.stream_selection import choose_audio_stream, choose_decodable_audio
from indexer.errors import DecodeLimitError, DecoderCrashedError, VanishedVideoError
from indexer.records import AUDIO_RATE, SoundPiece
from tests.helpers.media import write_video
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
    ends = [piece.start_seconds + len(piece.samples) / AUDIO_RATE for piece in pieces]
    assert all(later.start_seconds >= end - 1e-4 for later, end in zip(pieces[1:], ends, strict=False))


def test_sound_before_the_first_picture_is_heard(tmp_path: Path) -> None:
    path = write_talkie(tmp_path / "early.mkv", range(2000, 6000, 40), sound_codec="flac")
    pieces = heard(path)
    assert pieces[0].start_seconds == pytest.approx(0, abs=0.03)
    assert click_times(pieces) == pytest.approx(np.arange(0, 6.05, CLICK_SECONDS).tolist(), abs=0.03)


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
    container: Any = SimpleNamespace(streams=SimpleNamespace(audio=streams, video=[]))
    found = choose_audio_stream(container)
    assert (None if found is None else found.index) == chosen
    assert choose_decodable_audio(container) is (found if found is not None and found.codec_context else None)
