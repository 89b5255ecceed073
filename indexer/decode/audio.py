"""Sound of a file with or without pictures, read in chunks through a killable child process, on the player's clock.

Leaves out decoding (`worker.audio_reader`, in the child) and speech recognition.
"""

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np

from indexer.config import Settings
from indexer.decode.child_messages import probe_from_message, text_track_from_message
from indexer.decode.child_reader import ChildReader
from indexer.decode.child_session import DecodeSession
from indexer.decode.metadata import metadata_from_json
from indexer.decode.protocol import AUDIO_CHUNK_SAMPLES, Message, make_request
from indexer.records import Pixels, SoundPiece, TextTrack, VideoMetadata, VideoProbe


class AudioReader(ChildReader):
    """One pass over one audio track. A context manager: leaving it kills the child process.

    `pieces()` may be consumed once, slowly or not at all: at most four chunks wait in memory.
    """

    probe: VideoProbe | None = None
    """From the first of `pieces()` on: format of the file, where it has no moving pictures; None for a video."""
    metadata = VideoMetadata()
    """With `probe`: tags of the container."""
    cover: Pixels | None = None
    """With `probe`: the picture attached to the file, (height, width, 3); None where it has none."""
    warnings: tuple[str, ...] = ()
    """After `pieces()` is exhausted: what could not be read."""
    found: bool = False
    """After `pieces()` is exhausted: whether the file has an audio track."""
    duration_seconds: float = 0.0
    """After `pieces()` is exhausted: when the last sound stops, on the player's clock."""
    text_tracks: tuple[TextTrack, ...] = ()
    """After `pieces()` is exhausted, of a file without moving pictures: embedded text tracks that have cues."""

    def __enter__(self) -> Self:
        self._identity = self._stat()
        self._process = DecodeSession(self._request, stall_seconds=self._settings.decode_stall_seconds)
        self._process.make_ring(AUDIO_CHUNK_SAMPLES * 2)
        return self

    def pieces(self) -> Iterator[SoundPiece]:
        """Mono audio at 16 kHz in chunks of up to 5 s, from 0 on the player's clock on.

        Times rise. After a gap in the track, the next chunk starts later than the previous one ends. A video without
        an audio track yields nothing.

        Raises:
            NoPictureError: the file has neither moving pictures nor an audio track.
            VideoError: the matching subclass; chunks yielded before it are valid.
        """
        while (message := self._receive())["type"] != "done":
            assert self._process is not None
            if message["type"] == "probe":
                self.metadata = metadata_from_json(message["metadata"])
                self.cover = _to_pixels(message["cover"])
                self.probe = probe_from_message(message)
            else:
                yield SoundPiece(message["time"], self._process.take_audio(message["slot"], message["samples"]))
        self.found, self.warnings = message["found"], tuple(message["warnings"])
        self.duration_seconds = message["duration"]
        self.text_tracks = tuple(text_track_from_message(track) for track in message["tracks"])
        self._check_unchanged()
        self.close()


def open_audio(path: Path, *, settings: Settings) -> AudioReader:
    """A reader of the audio of a file; the file is opened when the reader is entered."""
    return AudioReader(path, make_request(path, settings, mode="audio"), settings)


def _to_pixels(message: Message | None) -> Pixels | None:
    if message is None:
        return None
    return np.frombuffer(b64decode(message["pixels"]), np.uint8).reshape(message["height"], message["width"], 3)
