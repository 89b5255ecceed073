"""An example in place of words: an image, or a moment of the library of which more is wanted.

Leaves out reading images (`indexer.decode.image`) and finding what is like an example (`find_like`).
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
from indexer.store.library import Library
from search.query.moment_reference import Place, read_place
from search.retrieval.types import QueryVector
from search.signals import Signal

FADED_LEVELS = 204
"""Of 255: a picture whose levels span less is faded. Measured in the demo world: 2 of 400 frames at random times were
not found for being faded, and both are first at full range, with cosines of 0.98."""
EMPTY_LEVELS = 8
"""A picture whose levels span less is of one colour; what is left is noise."""


@dataclass(frozen=True, slots=True)
class Example:
    """What is looked for."""

    vectors: NDArray[np.floating[Any]]
    """(n, dim): views of the same thing; a frame is as similar as it is to the nearest of them."""
    pictures: tuple[Pixels, ...] = ()
    """Of an image, (height, width, 3) each: as it is, and at its full range where it is faded. Empty for a moment."""
    words: QueryVector | None = None
    """(dim,) in the pictures' space: what is to be different."""
    left_out: tuple[str, TimeSpan] | None = None
    """(video id, span): the moment itself, which is not found again."""


def make_example(
    library: Library,
    model: PictureModel,
    *,
    image: Path | bytes | None,
    like: str | None,
    text: str,
    signals: Collection[Signal],
) -> Example:
    """An example of an image or a moment, with the words that change it.

    Args:
        text: checked; empty for none.
        signals: what may be compared; must hold `picture`.

    Raises:
        QueryError: both are given, or `picture` is not among the signals, or `like` names no moment.
        ImageError: the image cannot be used.
        NotInLibraryError: `like` names no video, or several.
    """
    if image is not None and like is not None:
        raise QueryError("an image and a moment cannot be looked for at once; give one of them")
    if "picture" not in signals:
        raise QueryError("an image or a moment is compared by the signal picture; name it too, or no signal")
    if image is not None:
        example = example_of_image(read_image(image), model)
    else:
        example = example_of_place(library, read_place(like or ""))
    return replace(example, words=model.embed_queries([text])[0]) if text else example


def example_of_image(pixels: Pixels, model: PictureModel) -> Example:
    """An image as it is and mirrored: which way round a copy was turned is seldom what is meant.

    One that is faded is also seen at its full range: a frame of a fade shows what the frames beside it show.

    Args:
        pixels: (height, width, 3), prepared as sampled frames are.
    """
    pictures = (pixels, *full_range(pixels))
    views = [view for picture in pictures for view in (picture, np.ascontiguousarray(picture[:, ::-1]))]
    vectors = model.embed_prepared(np.stack([model.prepare(view) for view in views]))  # (2 or 4, dim)
    return Example(vectors.astype(np.float32), pictures)


def full_range(pixels: Pixels) -> tuple[Pixels, ...]:
    """A faded picture with its levels stretched, all colours alike; none of one that is not faded, or shows nothing.

    Args:
        pixels: (height, width, 3).
    """
    low, high = np.percentile(pixels, (0.5, 99.5))  # a few pixels of noise or of a logo do not count
    if not EMPTY_LEVELS < high - low < FADED_LEVELS:
        return ()
    return (np.clip((pixels - low) * (255 / (high - low)), 0, 255).astype(np.uint8),)


def example_of_place(library: Library, place: Place) -> Example:
    """What is on screen then, by the vectors that the library holds.

    Raises:
        NotInLibraryError: no video, or several, go by that name.
        QueryError: the time is not in the video, or the video's pictures are not indexed.
    """
    video = library.find_video(place.video)
    if place.start_seconds >= video.duration_seconds:
        raise QueryError(
            f"{video.path} lasts {video.duration_seconds:.1f} s, there is nothing at {place.start_seconds:g} s"
        )
    frames = [frame for frame in library.frames(video.video_id) if frame.vector is not None]
    if "picture" not in video.stages or not frames:
        raise QueryError(f"the pictures of {video.path} are not indexed, so nothing like them can be found")
    span = TimeSpan(place.start_seconds, min(place.stop_seconds, video.duration_seconds))
    inside = [frame for frame in frames if span.start_seconds <= frame.time_seconds < span.stop_seconds]
    if not inside:  # a frame is on screen until the next
        before = [frame for frame in frames if frame.time_seconds <= span.start_seconds]
        inside = [max(before, key=lambda frame: frame.time_seconds)] if before else frames[:1]
    mean = np.stack([frame.vector for frame in inside if frame.vector is not None]).astype(np.float32).mean(axis=0)
    vector = mean / max(float(np.linalg.norm(mean)), 1e-6)
    return Example(vector[None], left_out=(video.video_id, span))
