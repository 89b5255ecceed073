"""Unforeseen exceptions while one video is read: the failure of that video, not the end of the run."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import ReelseekError, VideoError

_log = logging.getLogger("reelseek.index")


@contextmanager
def unexpected_as_video_error(path: str | Path) -> Generator[None]:
    """Turns an unforeseen exception into a `VideoError` that names the video and the exception.

    What concerns the whole run passes unchanged: errors raised on purpose, a full disk, too little memory, Ctrl-C.
    Use it for reading a video, not for running a model: a broken device would fail for every video.
    """
    try:
        yield
    except (ReelseekError, OSError, MemoryError):
        raise
    except Exception as error:
        _log.debug("unforeseen exception while %r was read", str(path), exc_info=True)
        raise VideoError(f"{path}: unexpected {type(error).__name__}: {error}") from error
