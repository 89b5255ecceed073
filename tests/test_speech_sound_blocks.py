"""Sound blocks: nothing is lost, words are not cut, gaps keep their time, and memory is bounded. Speech is found."""

import resource
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.typing import NDArray

from indexer.records import AUDIO_RATE, SoundPiece
from indexer.speech import sound_blocks as module
from indexer.speech.sound_blocks import BLOCK_SECONDS, SoundBlock, sound_blocks
from indexer.speech.voice_activity import find_speech
from tests.helpers.media_sound import RATE as DRAWN_RATE
from tests.helpers.media_sound import synthetic_voice


def noise(seconds: float, level: float, seed: int = 0) -> NDArray[np.int16]:
    random = np.random.default_rng(seed)
    return (random.standard_normal(round(seconds * AUDIO_RATE)) * level).astype(np.int16)


def in_pieces(samples: NDArray[np.int16], sizes: Sequence[int], start_seconds: float = 0.0) -> list[SoundPiece]:
    pieces: list[SoundPiece] = []
    place = number = 0
    while place < len(samples):
        size = sizes[number % len(sizes)]
        pieces.append(SoundPiece(start_seconds + place / AUDIO_RATE, samples[place : place + size]))
        place, number = place + size, number + 1
    return pieces


def edges(blocks: Sequence[SoundBlock]) -> list[tuple[float, float]]:
    return [(round(block.start_seconds, 4), round(block.stop_seconds, 4)) for block in blocks]


@examples(max_examples=20)
@given(st.lists(st.integers(3_000, 90_000), min_size=1, max_size=5), st.floats(0, 40_000))
def test_blocks_hold_all_of_a_sound_and_do_not_depend_on_its_pieces(sizes: list[int], start_seconds: float) -> None:
    sound = noise(24, 300)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_SECONDS", 7.0)
        patch.setattr(module, "SEARCHED_SECONDS", 3.0)
        whole = list(sound_blocks(in_pieces(sound, [len(sound)], start_seconds)))
        blocks = list(sound_blocks(in_pieces(sound, sizes, start_seconds)))
    assert edges(blocks) == edges(whole)
    assert np.array_equal(np.concatenate([block.samples for block in blocks]), sound)
    assert blocks[0].start_seconds == start_seconds
    assert all(len(block.samples) <= 7 * AUDIO_RATE for block in blocks)


def test_a_long_talk_is_cut_where_it_is_quiet() -> None:
    sound = noise(45, 10)
    spans = [(place, place + 2.6) for place in np.arange(1.0, 43.0, 3.0)]
    for start, stop in spans:
        sound[round(start * AUDIO_RATE) : round(stop * AUDIO_RATE)] += noise(stop - start, 3000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_SECONDS", 20.0)
        patch.setattr(module, "SEARCHED_SECONDS", 8.0)
        cuts = [stop for _, stop in edges(list(sound_blocks(in_pieces(sound, [80_000]))))][:-1]
    assert cuts
    assert all(not any(start < cut < stop for start, stop in spans) for cut in cuts)


def test_a_short_gap_is_silence_and_a_long_one_ends_a_block() -> None:
    first, second = noise(2, 500), noise(1, 500, seed=1)
    (joined,) = sound_blocks([SoundPiece(3.0, first), SoundPiece(6.0, second)])
    assert (joined.start_seconds, joined.stop_seconds) == (3.0, 7.0)
    assert not joined.samples[2 * AUDIO_RATE : 3 * AUDIO_RATE].any()
    assert np.array_equal(joined.samples[3 * AUDIO_RATE :], second)
    apart = list(sound_blocks([SoundPiece(3.0, first), SoundPiece(12.0, second)]))
    assert edges(apart) == [(3.0, 5.0), (12.0, 13.0)]


def test_nothing_is_made_of_no_sound() -> None:
    assert list(sound_blocks([])) == []


def test_hours_of_sound_need_little_memory() -> None:
    def pieces() -> Iterator[SoundPiece]:
        block = noise(5, 500)
        for number in range(1440):
            yield SoundPiece(number * 5.0, block)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = [block.stop_seconds - block.start_seconds for block in sound_blocks(pieces())]
    assert sum(seconds) == pytest.approx(7200)
    assert max(seconds) <= BLOCK_SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 128 << 10  # KiB


@pytest.mark.parametrize("level", [0, 30, 3000])
def test_silence_and_noise_are_no_speech(level: float) -> None:
    assert not find_speech(noise(20, level))
    assert not find_speech(np.zeros(0, np.int16))


def test_a_voice_is_speech() -> None:
    sung = synthetic_voice(10, [(2, 4)])[:: DRAWN_RATE // AUDIO_RATE]
    ((start, stop),) = find_speech((sung * 32767).astype(np.int16))
    assert start / AUDIO_RATE == pytest.approx(2.0, abs=0.6)
    assert stop / AUDIO_RATE == pytest.approx(4.0, abs=0.6)
