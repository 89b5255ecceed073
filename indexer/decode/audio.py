"""The sound of a video through a killable child process, piece by piece, on the player's clock.

Leaves out decoding (`decode_sound`, in the child) and what is said in it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

from indexer.config import Settings
from indexer.decode.child_reader import ChildReader
from indexer.decode.child_session import DecodeSession
from indexer.decode.protocol import AUDIO_CHUNK_SAMPLES, make_request
from indexer.records import SoundPiece


class AudioReader(ChildReader):
    """One pass over one sound track. A context manager: leaving it kills the child process.

    `pieces()` may be consumed once, slowly or not at all: at most four pieces wait in memory.
    """

    warnings: tuple[str, ...] = ()
    """After `pieces()` is exhausted: what could not be read."""
    found: bool = False
    """After `pieces()` is exhausted: whether there is a sound track."""

    def __enter__(self) -> Self:
        self._identity = self._stat()
        self._process = DecodeSession(self._request, stall_seconds=self._settings.decode_stall_seconds)
        self._process.make_ring(AUDIO_CHUNK_SAMPLES * 2)
        return self

    def pieces(self) -> Iterator[SoundPiece]:
        """Sound of one channel, 16,000 samples a second, up to 5 s a piece, from the first picture on.

        Times rise; where the track pauses, the next piece begins later than the one before ends. A file without a
        sound track has no pieces.

        Raises:
            VideoError: of the kind that fits; pieces before it were good.
        """
        while True:
            message = self._receive()
            if message["type"] == "done":
                break
            assert self._process is not None
            yield SoundPiece(message["time"], self._process.take_audio(message["slot"], message["samples"]))
        self.found, self.warnings = message["found"], tuple(message["warnings"])
        self._check_unchanged()
        self.close()


def open_audio(path: Path, *, settings: Settings) -> AudioReader:
    """A reader of the sound of a video with pictures; the file is opened when the reader is entered."""
    return AudioReader(path, make_request(path, settings, mode="sound"), settings)
