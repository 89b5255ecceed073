"""Opening the source file of a video, verified to be the indexed one, and held by its descriptor against replacement.

Size and modification time are compared on the open descriptor. A symbolic link as the last part of the path is not
followed, unless the content behind it has the hash that was indexed. The hash is cached while that file is unchanged.
"""

import errno
import os
import stat
import threading
from pathlib import Path

from api.errors import GoneError
from api.media.byte_ranges import Validators
from indexer.errors import VanishedVideoError
from indexer.pipeline.fingerprints import content_id
from indexer.records import Video

_PROC = Path("/proc/self/fd")
_verified: dict[tuple[int, ...], str] = {}
"""Cache: (device, inode, size, change times) of files behind links -> content id."""
_MAX_VERIFIED = 10_000


class OpenedFile:
    """An open file with its size and validators at the time of opening. Close it; garbage collection does so too."""

    def __init__(self, descriptor: int, path: Path, *, name: str) -> None:
        """
        Args:
            name: identifies the content; the first part of the entity tag.
        """
        self._descriptor = descriptor
        self._mutex = threading.Lock()
        self.path = path
        status = os.fstat(descriptor)
        self.size_bytes = status.st_size
        self.validators = Validators(f'"{name}-{status.st_mtime_ns:x}-{status.st_size:x}"', int(status.st_mtime))

    @property
    def descriptor(self) -> int:
        """-1 once closed."""
        return self._descriptor

    @property
    def is_closed(self) -> bool:
        return self._descriptor < 0

    def read(self, start: int, length: int) -> bytes:
        """At most `length` bytes from `start` on. Blocks. Empty at the end and when closed."""
        with self._mutex:
            return os.pread(self._descriptor, length, start) if self._descriptor >= 0 else b""

    def close(self) -> None:
        """Close the descriptor. Safe to call twice; waits for a read in another thread."""
        with self._mutex:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def __del__(self) -> None:
        if getattr(self, "_descriptor", -1) >= 0:
            self.close()


def open_own_file(path: Path, *, name: str) -> OpenedFile:
    """Open a file that Reelseek wrote. Raises FileNotFoundError."""
    return OpenedFile(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), path, name=name)


def open_source(video: Video) -> OpenedFile:
    """Open the video's source file. Blocks; for a link, once for as long as hashing takes.

    Raises:
        GoneError: none of the video's paths is the file that was indexed.
    """
    for name, modified_ns in zip(video.paths, video.modified_ns, strict=True):
        path = Path(name)
        try:
            descriptor, is_link = _open_unfollowed(path)
        except OSError:
            continue
        opened = OpenedFile(descriptor, path, name=video.video_id)
        status = os.fstat(descriptor)
        if (
            stat.S_ISREG(status.st_mode)
            and status.st_size == video.size_bytes
            and status.st_mtime_ns == modified_ns
            and (not is_link or _content_of(opened, status) == video.video_id)
        ):
            return opened
        opened.close()
    raise GoneError("the video's file is gone, or was changed since it was indexed; index it again")


def _open_unfollowed(path: Path) -> tuple[int, bool]:
    """(descriptor, whether the path is a symbolic link). Never blocks, not even on a pipe without a writer."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        return os.open(path, flags | os.O_NOFOLLOW), False
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
    return os.open(path, flags), True


def _content_of(opened: OpenedFile, status: os.stat_result) -> str:
    key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    if key not in _verified:
        by_descriptor = _PROC / str(opened.descriptor)
        try:
            found = content_id(by_descriptor if by_descriptor.exists() else opened.path)
        except VanishedVideoError:
            return ""
        if len(_verified) >= _MAX_VERIFIED:
            _verified.clear()
        _verified[key] = found
    return _verified[key]
