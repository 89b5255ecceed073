"""Unforeseen exceptions in one stage of one video: the failure of that stage and video, not the end of the run."""

import errno
import traceback
from collections import defaultdict
from collections.abc import Callable, Generator, Hashable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from indexer.errors import (
    Interrupted,
    LibraryError,
    ModelBusyError,
    ModelUnreachableError,
    ReelseekError,
    UnexpectedVideoError,
    VanishedVideoError,
    VideoError,
)

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_REASON_CHARACTERS = 500


def concerns_whole_run(error: BaseException) -> bool:
    """Whether an exception that was raised while one video was worked on is no matter of that video.

    So are a full disk, a library that cannot be used, a model's server that is gone or busy, and Ctrl-C. Too little
    memory and a model that fails are matters of the video, since models are loaded before. So is a panic of a library
    written in Rust, which for Python is no `Exception`.
    """
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, ReelseekError):
        return isinstance(error, LibraryError | Interrupted | ModelUnreachableError | ModelBusyError)
    return not isinstance(error, Exception) and type(error).__name__ != "PanicException"


def video_error_of(path: str | Path, error: BaseException) -> VideoError:
    """The error as a `VideoError`: itself where it is one, else one that names the video and has it as its cause."""
    if isinstance(error, VideoError):
        return error
    if isinstance(error, FileNotFoundError) and str(error.filename) == str(path):
        return VanishedVideoError(f"{path} disappeared while being read; index again when it is back")
    what = f"unexpected {type(error).__name__}: {' '.join(str(error).split())}"[:MAX_REASON_CHARACTERS].rstrip(": ")
    found = UnexpectedVideoError(f"{path}: {what}".encode(errors="replace").decode())
    found.__cause__ = error
    return found


@contextmanager
def unexpected_as_video_error(path: str | Path) -> Generator[None]:
    """Turns an unforeseen exception into an `UnexpectedVideoError`; what concerns the whole run passes unchanged."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, VideoError) or concerns_whole_run(error):
            raise
        raise video_error_of(path, error) from error


def run_by_video(
    model: Callable[[Sequence[Item]], Sequence[Result]], items: Sequence[Item], *, video_of: Callable[[Item], Hashable]
) -> list[Result | BaseException]:
    """Runs a model on a batch of several videos; where it fails, on the items of each video alone.

    So the video whose data make the model fail costs its neighbours in the batch nothing.

    Args:
        model: n items -> n results.
        video_of: item -> what tells its video from the others.

    Returns:
        For each item its result, or the exception that the items of its video raised.
    """
    places_of: dict[Hashable, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        places_of[video_of(item)].append(place)
    try:
        return _results(model, items)
    except BaseException as error:
        if concerns_whole_run(error):
            raise
        if len(places_of) == 1:
            traceback.clear_frames(error.__traceback__)  # frees the memory that may have been too little
            return [error] * len(items)
    found: dict[int, Result | BaseException] = {}
    for places in places_of.values():
        alone = run_by_video(model, [items[place] for place in places], video_of=video_of)
        found |= zip(places, alone, strict=True)
    return [found[place] for place in range(len(items))]


def _results(
    model: Callable[[Sequence[Item]], Sequence[Result]], items: Sequence[Item]
) -> list[Result | BaseException]:
    results = model(items) if items else ()
    if len(results) != len(items):
        raise ValueError(f"a model returned {len(results)} results for {len(items)} items")
    return list(results)
