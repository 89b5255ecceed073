"""Candidates for an image, ordered by laying the image over their pictures, pixel by pixel.

A part of a picture may be nearer, for a model, to another whole picture. So the image is first laid over the one
picture of each of the best segments that the library keeps. Where that leaves several, or the best is none too near,
frames of their files are looked at too (`closer`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from indexer.config import Settings
from indexer.decode.frame_transforms import as_pixels
from indexer.records import Pixels, SegmentRow, Video
from indexer.store.hits import SegmentKey
from indexer.store.library import Library
from search.by_example.frame_refinement import Candidate, Sighting, look_closer
from search.by_example.template_matching import NOTHING, Part, fit, parts_of

Similar = dict[SegmentKey, list[tuple[float, float]]]
"""For each segment its frames' (time in seconds, similarity), in order of time."""
LOOKED_AT = 20
"""Segments whose pictures are laid over the image. Measured in the demo world: the right one was among the first 20 for
99 of 100 cut-out images."""
AGREES = 0.7
MOST_LOOKED_AT = 80
"""While none of them agrees so far, as many again, up to the most. Measured on real videos, whose cut-outs the demo
model hardly knows: of 58, three right ones were not among the first 20, and all were among the first 61."""
PIXELS_SHARE = 0.5
"""What full agreement of the pixels adds to a cosine."""
SURE_COSINE = 0.9
"""From here on an image may be taken for the same picture by its vector alone."""
CLOSE_SHARE = 2.0
"""What full agreement adds once the frames themselves were looked at: more than any vector says."""
CLOSE = 0.15
"""Segments that lie no further behind the best, in cosines with pixels added, are looked at closer."""
MOST_CLOSE = 3
"""Segments that are looked at closer, of the nearest and of those whose pictures agree best: each may be a file to
open."""
AROUND = 2
"""The sampled frames of a segment around which to look closer, the nearest to the image. Measured in
the demo world: one found 0.92 of cut-out images, two 0.98, three no more."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """An image and where to look for it."""

    library: Library
    pictures: Sequence[Pixels]
    """Of the image, see `Example`."""
    similar: Similar
    segments: Mapping[SegmentKey, SegmentRow]
    videos: Mapping[str, Video]
    settings: Settings

    def order(
        self, ranked: list[SegmentKey], best: Mapping[SegmentKey, float]
    ) -> tuple[list[SegmentKey], dict[SegmentKey, Sighting]]:
        """The segments anew, the likeliest first, and what was seen of those whose pictures were compared.

        Args:
            ranked: by their nearest frames.
            best: the similarity of that frame.
        """
        if not ranked:
            return ranked, {}
        parts = [part for picture in self.pictures for part in parts_of(picture)]
        seen = self._kept(parts, ranked)
        worth = {key: best[key] + PIXELS_SHARE * one.fit.agreement for key, one in seen.items()}
        ranked = _in_order(ranked, worth)
        close = [key for key in ranked if key in worth and worth[key] >= worth[ranked[0]] - CLOSE]
        if len(close) > 1 or best[close[0]] < SURE_COSINE:
            nearest = sorted(close, key=lambda key: -best[key])[:MOST_CLOSE]
            likest = sorted(close, key=lambda key: -seen[key].fit.agreement)[:MOST_CLOSE]
            chosen = list(dict.fromkeys(nearest + likest))
            seen |= look_closer(parts, [self._candidate(key) for key in chosen], settings=self.settings)
            ranked = _in_order(ranked, {key: best[key] + CLOSE_SHARE * seen[key].fit.agreement for key in chosen})
        return ranked, seen

    def _kept(self, parts: Sequence[Part], ranked: Sequence[SegmentKey]) -> dict[SegmentKey, Sighting]:
        """What the pictures show that the library keeps, of as many segments as it takes until one agrees."""
        seen: dict[SegmentKey, Sighting] = {}
        for first in range(0, min(MOST_LOOKED_AT, len(ranked)), LOOKED_AT):
            seen |= {key: self._picture(parts, key) for key in ranked[first : first + LOOKED_AT]}
            if max(one.fit.agreement for one in seen.values()) >= AGREES:
                break
        return seen

    def _picture(self, parts: Sequence[Part], key: SegmentKey) -> Sighting:
        """Nothing where it is lost."""
        bgr = cv2.imread(str(self.library.thumbnail_path(*key)))
        picture = None if bgr is None else as_pixels(np.ascontiguousarray(bgr[:, :, ::-1]))
        fits = NOTHING if picture is None else fit(parts, picture)
        return Sighting(fits, self.segments[key].best_frame_seconds)

    def _candidate(self, key: SegmentKey) -> Candidate:
        nearest = sorted(self.similar[key], key=lambda frame: (-frame[1], frame[0]))[:AROUND]
        return Candidate(key, self.videos[key[0]].path, self.segments[key].span, tuple(time for time, _ in nearest))


def _in_order(ranked: Sequence[SegmentKey], worth: Mapping[SegmentKey, float]) -> list[SegmentKey]:
    """Those of known worth first, the best first; the others after them as they were."""
    first = sorted(worth, key=lambda key: (-worth[key], key))
    return first + [key for key in ranked if key not in worth]
