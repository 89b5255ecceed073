"""The example of a search by example: an image, or a moment of the library.

Leaves out reading images (`indexer.decode.image`) and finding similar moments (`search.by_example.similar_moments`).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.decode.image import read_image
from indexer.errors import QueryError
from indexer.models.protocols import PictureModel
from indexer.records import Pixels, TimeSpan
from indexer.store.hits import QueryVector
from indexer.store.library import Library
from search.query.moment_reference import MomentReference, parse_moment_reference
from search.signals import Signal

FADED_LEVELS = 204
"""Of 255. A picture whose levels span less is faded. Measured in drawn worlds: of 400 frames at random times, 2 faded
ones were not found; with stretched levels both are found first, with cosines of 0.98."""
UNIFORM_LEVELS = 8
"""A picture whose levels span less has one colour, and only noise besides."""


@dataclass(frozen=True, slots=True)
class Example:
    """What moments are compared with."""

    vectors: NDArray[np.floating[Any]]
    """(n, dim): views of the same thing; a frame's similarity is that to the nearest of them."""
    pictures: tuple[Pixels, ...] = ()
    """(height, width, 3) each: an image as it is and, where it is faded, with stretched levels. Empty for a moment."""
    words: QueryVector | None = None
    """(dim,) in the pictures' space: what is to be different."""
    excluded: tuple[str, TimeSpan] | None = None
    """(video id, span) of the example itself, where it is a moment; it is not found again."""


def make_example(
    library: Library,
    model: PictureModel,
    *,
    image: Path | bytes | None,
    like: str | None,
    text: str,
    signals: Collection[Signal],
) -> Example:
    """The example of an image or a moment, with words for what is to be different.

    Args:
        text: validated words; empty for none.
        signals: the signals to search by, of which `picture` must be one.

    Raises:
        QueryError: both are given, `picture` is not among the signals, or `like` names no moment.
        ImageError: the image cannot be used.
        NotInLibraryError: `like` names no video, or several.
    """
    if image is not None and like is not None:
        raise QueryError("an image and a moment cannot be combined; give one of them")
    if "picture" not in signals:
        raise QueryError("search by an image or a moment needs the signal picture; add it, or give no signals")
    if image is not None:
        example = example_from_image(read_image(image), model)
    else:
        example = example_from_moment(library, parse_moment_reference(like or ""))
    return replace(example, words=model.embed_queries([text])[0]) if text else example


def example_from_image(pixels: Pixels, model: PictureModel) -> Example:
    """The example of an image, as it is and mirrored, since copies may be mirrored.

    A faded image is also compared with stretched levels: a frame of a fade shows what the frames beside it show.

    Args:
        pixels: (height, width, 3), prepared as sampled frames are.
    """
    pictures = (pixels, *stretch_levels(pixels))
    views = [view for picture in pictures for view in (picture, np.ascontiguousarray(picture[:, ::-1]))]
    vectors = model.embed_prepared(np.stack([model.prepare(view) for view in views]))  # (2 or 4, dim)
    return Example(vectors.astype(np.float32), pictures)


def stretch_levels(pixels: Pixels) -> tuple[Pixels, ...]:
    """A faded picture with its levels stretched, in the same way for all colours; none for any other picture.

    Args:
        pixels: (height, width, 3).
    """
    low, high = np.percentile(pixels, (0.5, 99.5))  # a few pixels of noise or of a logo do not count
    if not UNIFORM_LEVELS < high - low < FADED_LEVELS:
        return ()
    return (np.clip((pixels - low) * (255 / (high - low)), 0, 255).astype(np.uint8),)


def example_from_moment(library: Library, place: MomentReference) -> Example:
    """The example of a moment, from the vectors of its frames in the library.

    Raises:
        NotInLibraryError: the name matches no video, or several.
        QueryError: the time is not in the video, or the video has no pictures, or they are not indexed.
    """
    video = library.find_video(place.video)
    if place.start_seconds >= video.duration_seconds:
        raise QueryError(
            f"{video.path} lasts {video.duration_seconds:.1f} s, so there is nothing at {place.start_seconds:g} s"
        )
    if video.kind == "sound":
        raise QueryError(f"{video.path} has no pictures, so nothing can look like it; search for what is said in it")
    frames = [frame for frame in library.frames(video.video_id) if frame.vector is not None]
    if "picture" not in video.stages or not frames:
        raise QueryError(
            f"the pictures of {video.path} are not indexed, so nothing similar can be found; index the video again"
        )
    span = TimeSpan(place.start_seconds, min(place.stop_seconds, video.duration_seconds))
    inside = [frame for frame in frames if span.start_seconds <= frame.time_seconds < span.stop_seconds]
    if not inside:  # a frame stays on screen until the next
        before = [frame for frame in frames if frame.time_seconds <= span.start_seconds]
        inside = [max(before, key=lambda frame: frame.time_seconds)] if before else frames[:1]
    mean = np.stack([frame.vector for frame in inside if frame.vector is not None]).astype(np.float32).mean(axis=0)
    vector = mean / max(float(np.linalg.norm(mean)), 1e-6)
    return Example(vector[None], excluded=(video.video_id, span))
