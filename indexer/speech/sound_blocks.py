"""Sound blocks: a sound of any length in, stretches of minutes out, each of which a speech model takes as a whole.

Pure. Memory is bounded by one block, so ten hours take no more than ten minutes. Blocks end where it is quiet, lest a
word be cut.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from indexer.records import AUDIO_RATE, Samples16, SoundPiece

BLOCK_SECONDS = 600.0
"""19 MB of samples. Longer ones would find no other words: Whisper reads 30 s at a time."""
SEARCHED_SECONDS = 30.0
"""The end of a block is sought in the last 30 s of it: every speaker pauses within these."""
QUIET_SECONDS = 0.4
"""Length of the quietest stretch, in whose middle a block ends."""
LONGEST_FILLED_GAP_SECONDS = 2.0
"""A gap in the track that is not longer is filled with silence; a longer one ends a block."""


@dataclass(frozen=True, slots=True, eq=False)
class SoundBlock:
    """A stretch of sound without gaps."""

    start_seconds: float
    """Of its first sample, player's clock."""
    samples: Samples16

    @property
    def stop_seconds(self) -> float:
        return self.start_seconds + len(self.samples) / AUDIO_RATE


def sound_blocks(pieces: Iterable[SoundPiece]) -> Iterator[SoundBlock]:
    """Blocks in order of time, without overlap, of at most `BLOCK_SECONDS`; they do not depend on the pieces' sizes."""
    start_seconds, collected, length = 0.0, list[Samples16](), 0
    for piece in pieces:
        gap = round((piece.start_seconds - start_seconds) * AUDIO_RATE) - length
        if length and gap > LONGEST_FILLED_GAP_SECONDS * AUDIO_RATE:
            yield SoundBlock(start_seconds, np.concatenate(collected))
            collected, length = [], 0
        elif length and gap > 1:
            collected.append(np.zeros(gap, np.int16))
            length += gap
        if not length:
            start_seconds = piece.start_seconds
        collected.append(piece.samples)
        length += len(piece.samples)
        while length > BLOCK_SECONDS * AUDIO_RATE:
            samples = np.concatenate(collected)
            cut = _quietest(samples[: round(BLOCK_SECONDS * AUDIO_RATE)])
            yield SoundBlock(start_seconds, samples[:cut])
            start_seconds += cut / AUDIO_RATE
            collected, length = [samples[cut:].copy()], length - cut
    if length:
        yield SoundBlock(start_seconds, np.concatenate(collected))


def _quietest(samples: Samples16) -> int:
    """The middle of the quietest stretch near the end of the samples."""
    frame = AUDIO_RATE // 50
    first = max(0, len(samples) - round(SEARCHED_SECONDS * AUDIO_RATE))
    searched = samples[first:].astype(np.float32)
    energies = (searched[: len(searched) // frame * frame].reshape(-1, frame) ** 2).mean(axis=1)  # (frames,)
    width = round(QUIET_SECONDS * AUDIO_RATE) // frame
    smooth = np.convolve(energies, np.ones(width), mode="valid")
    return first + (int(np.argmin(smooth)) + width // 2) * frame
