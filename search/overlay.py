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
from indexer.records import Pixels, SegmentRow, Video
from indexer.store import Library
from search.closer import Candidate, Sighting, look_closer
from search.likeness import agreement, parts_of
from search.retrieval import SegmentKey

Similar = dict[SegmentKey, list[tuple[float, float]]]
"""For each segment its frames' (time in seconds, similarity), in order of time."""
LOOKED_AT = 20
"""Segments whose pictures are laid over the image. Measured, see docs/decisions.md: the right one was among the first
20 for 99 of 100 cut-out images."""
PIXELS_SHARE = 0.5
"""What full agreement of the pixels adds to a cosine."""
SURE_COSINE = 0.9
"""From here on the vectors are believed ever more than the pixels, at 1 alone: only the same picture is so near."""
CLOSE_SHARE = 2.0
"""What full agreement adds once the frames themselves were looked at: more than any vector says."""
CLOSE = 0.1
"""Segments that lie no further behind the best, in cosines with pixels added, are looked at closer. Measured: of 15
images that had another segment first, the right one lay so near in all, and with nine in ten others there was none."""
MOST_CLOSE = 5
"""Segments that are looked at closer: each may be a file to open."""
AROUND = 2
"""The sampled frames of a segment around which to look closer, the nearest to the image. Measured, see
docs/decisions.md: one found 0.92 of cut-out images, two 0.98, three no more."""


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
        share = PIXELS_SHARE * min(1.0, max(0.0, 1 - best[ranked[0]]) / (1 - SURE_COSINE))
        is_near = best[ranked[0]] >= SURE_COSINE
        lead = best[ranked[0]] - best[ranked[1]] if len(ranked) > 1 else 1.0
        if is_near and lead >= share + CLOSE:
            return ranked, {}  # no pixels could make another the first
        parts = [part for picture in self.pictures for part in parts_of(picture)]
        seen = {key: self._kept(parts, key) for key in ranked[:LOOKED_AT]}
        worth = {key: best[key] + share * one.agreement for key, one in seen.items()}
        ranked = _in_order(ranked, worth)
        close = [key for key in ranked if key in seen and worth[key] >= worth[ranked[0]] - CLOSE][:MOST_CLOSE]
        if len(close) > 1 or not is_near:
            seen |= look_closer(parts, [self._candidate(key) for key in close], settings=self.settings)
            ranked = _in_order(ranked, {key: best[key] + CLOSE_SHARE * seen[key].agreement for key in close})
        return ranked, seen

    def _kept(self, parts: Sequence[Pixels], key: SegmentKey) -> Sighting:
        """What the picture that the library keeps shows; nothing where it is lost."""
        bgr = cv2.imread(str(self.library.thumbnail_path(*key)))
        picture = None if bgr is None else np.ascontiguousarray(bgr[:, :, ::-1]).astype(np.uint8)
        agrees = 0.0 if picture is None else agreement(parts, picture)
        return Sighting(agrees, self.segments[key].best_frame_seconds)

    def _candidate(self, key: SegmentKey) -> Candidate:
        nearest = sorted(self.similar[key], key=lambda frame: (-frame[1], frame[0]))[:AROUND]
        return Candidate(key, self.videos[key[0]].path, self.segments[key].span, tuple(time for time, _ in nearest))


def _in_order(ranked: Sequence[SegmentKey], worth: Mapping[SegmentKey, float]) -> list[SegmentKey]:
    """Those of known worth first, the best first; the others after them as they were."""
    first = sorted(worth, key=lambda key: (-worth[key], key))
    return first + [key for key in ranked if key not in worth]
