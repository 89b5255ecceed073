"""Audio of a video, read in chunks through a killable child process, with times on the player's clock.

Leaves out decoding (`worker.audio_reader`, in the child) and speech recognition.
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
    """One pass over one audio track. A context manager: leaving it kills the child process.

    `pieces()` may be consumed once, slowly or not at all: at most four chunks wait in memory.
    """

    warnings: tuple[str, ...] = ()
    """After `pieces()` is exhausted: what could not be read."""
    found: bool = False
    """After `pieces()` is exhausted: whether the file has an audio track."""

    def __enter__(self) -> Self:
        self._identity = self._stat()
        self._process = DecodeSession(self._request, stall_seconds=self._settings.decode_stall_seconds)
        self._process.make_ring(AUDIO_CHUNK_SAMPLES * 2)
        return self

    def pieces(self) -> Iterator[SoundPiece]:
        """Mono audio at 16 kHz in chunks of up to 5 s, from the first presented frame on.

        Times rise. After a gap in the track, the next chunk starts later than the previous one ends. A file without
        an audio track yields nothing.

        Raises:
            VideoError: the matching subclass; chunks yielded before it are valid.
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
    """A reader of the audio of a file with video; the file is opened when the reader is entered."""
    return AudioReader(path, make_request(path, settings, mode="audio"), settings)
