"""Base of the readers that use a decoder child: receives messages, ends the child, detects a changed file.

Leaves out requests and results (`video` for frames and text tracks, `audio` for audio).
"""

from pathlib import Path

from indexer.closeable import Closeable
from indexer.config import Settings
from indexer.decode.child_session import DecodeSession
from indexer.decode.protocol import ERRORS_BY_KIND, DecodeRequest, Message
from indexer.errors import UnreadableVideoError, VanishedVideoError, VideoError


class ChildReader(Closeable):
    """One pass over one file, by one child at a time."""

    def __init__(self, path: Path, request: DecodeRequest, settings: Settings) -> None:
        self._path = path
        self._request = request
        self._settings = settings
        self._process: DecodeSession | None = None
        self._identity: tuple[int, int] | None = None

    def close(self) -> None:
        """Kill the child at once. Safe to call twice."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def _receive(self) -> Message:
        """The child's next message.

        Raises:
            VideoError: the child reported an error, stalled or died.
        """
        if self._process is None:
            raise RuntimeError("the reader is closed")
        try:
            message = self._process.receive()
        except VideoError as error:
            raise type(error)(f"{self._path}: {error}") from error
        if message["type"] == "error":
            raise ERRORS_BY_KIND[message["kind"]](f"{self._path}: {message['reason']}")
        return message

    def _stat(self) -> tuple[int, int]:
        """Size in bytes and modification time in ns, to detect a change."""
        try:
            info = self._path.stat()
        except FileNotFoundError:
            raise VanishedVideoError(
                f"{self._path}: the file does not exist; it may have been moved or removed"
            ) from None
        except OSError as error:
            raise UnreadableVideoError(
                f"{self._path}: the file cannot be read: {error.strerror}; check its permissions"
            ) from error
        return info.st_size, info.st_mtime_ns

    def _check_unchanged(self) -> None:
        if self._stat() != self._identity:
            raise VanishedVideoError(f"{self._path}: the file changed while it was read; index it again")
