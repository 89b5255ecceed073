"""Pixel reranking: orders the candidates for an image by how well the image matches their pictures pixel by pixel.

The vector of a crop may be nearest to an entirely different picture. So the image is first matched with the thumbnails
of the best segments. Where that leaves several candidates, or the best cosine is low, frames decoded from the files are
matched too (`search.by_example.frame_refinement`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from indexer.config import Settings
from indexer.decode.frame_transforms import frame_pixels
from indexer.records import Pixels, SegmentRow, Video
from indexer.store.hits import SegmentKey
from indexer.store.library import Library
from search.by_example.frame_refinement import FrameMatch, RefinementCandidate, refine_frame_matches
from search.by_example.template_matching import NO_MATCH, Template, make_templates, match_templates

FrameSimilarities = dict[SegmentKey, list[tuple[float, float]]]
"""Segment -> (time in seconds, cosine) of its frames, in order of time."""
COMPARED_AT_ONCE = 20
"""Segments whose thumbnails are compared. Measured in drawn worlds: the right segment was among the first 20 for 99 of
100 cropped images."""
AGREEMENT = 0.7
MAX_COMPARED = 80
"""Until one of them agrees so far, further segments are compared, up to this number. Measured on real videos with a
model that was trained on drawn ones: of 58 cropped images, three right segments were not among the first 20, and all
were among the first 61."""
THUMBNAIL_WEIGHT = 0.5
"""What full agreement with a thumbnail adds to a cosine."""
SURE_COSINE = 0.9
"""From it on, a vector alone suffices to take an image for the same picture."""
FRAME_WEIGHT = 2.0
"""What full agreement with a decoded frame adds to a cosine: more than any vector."""
REFINED_MARGIN = 0.15
"""Segments whose score, cosine with agreement added, is lower than the best by at most so much are refined."""
MAX_REFINED = 3
"""Segments that are refined, of those with the best cosines and of those with the best agreement; each may be a file to
open."""
FRAMES_PER_CANDIDATE = 2
"""Sampled frames of a segment around which frames are decoded, those nearest to the image. Measured in drawn worlds:
with one, 0.92 of cropped images were found, with two 0.98, with three no more."""


@dataclass(frozen=True, slots=True)
class PixelReranker:
    """An image with the segments that it may be from."""

    library: Library
    pictures: Sequence[Pixels]
    """Of the image, see `Example.pictures`."""
    similar: FrameSimilarities
    segments: Mapping[SegmentKey, SegmentRow]
    videos: Mapping[str, Video]
    settings: Settings

    def rerank(
        self, ranked: list[SegmentKey], best: Mapping[SegmentKey, float]
    ) -> tuple[list[SegmentKey], dict[SegmentKey, FrameMatch]]:
        """The segments in their new order, and the best matching frames of those that were compared.

        Args:
            ranked: segments by the cosine of their nearest frame.
            best: the cosine of that frame.
        """
        if not ranked:
            return ranked, {}
        templates = [template for picture in self.pictures for template in make_templates(picture)]
        found = self._match_thumbnails(templates, ranked)
        scores = {key: best[key] + THUMBNAIL_WEIGHT * one.template.agreement for key, one in found.items()}
        ranked = _by_score(ranked, scores)
        close = [key for key in ranked if key in scores and scores[key] >= scores[ranked[0]] - REFINED_MARGIN]
        if len(close) > 1 or best[close[0]] < SURE_COSINE:
            by_cosine = sorted(close, key=lambda key: -best[key])[:MAX_REFINED]
            by_agreement = sorted(close, key=lambda key: -found[key].template.agreement)[:MAX_REFINED]
            chosen = list(dict.fromkeys(by_cosine + by_agreement))
            found |= refine_frame_matches(templates, [self._candidate(key) for key in chosen], settings=self.settings)
            scores = {key: best[key] + FRAME_WEIGHT * found[key].template.agreement for key in chosen}
            ranked = _by_score(ranked, scores)
        return ranked, found

    def _match_thumbnails(
        self, templates: Sequence[Template], ranked: Sequence[SegmentKey]
    ) -> dict[SegmentKey, FrameMatch]:
        """The matches in the thumbnails of as many segments as it takes until one agrees."""
        found: dict[SegmentKey, FrameMatch] = {}
        for first in range(0, min(MAX_COMPARED, len(ranked)), COMPARED_AT_ONCE):
            found |= {key: self._match_thumbnail(templates, key) for key in ranked[first : first + COMPARED_AT_ONCE]}
            if max(one.template.agreement for one in found.values()) >= AGREEMENT:
                break
        return found

    def _match_thumbnail(self, templates: Sequence[Template], key: SegmentKey) -> FrameMatch:
        """No match where the thumbnail is lost."""
        bgr = cv2.imread(str(self.library.thumbnail_path(*key)))
        picture = None if bgr is None else frame_pixels(np.ascontiguousarray(bgr[:, :, ::-1]))
        match = NO_MATCH if picture is None else match_templates(templates, picture)
        return FrameMatch(match, self.segments[key].best_frame_seconds)

    def _candidate(self, key: SegmentKey) -> RefinementCandidate:
        nearest = sorted(self.similar[key], key=lambda frame: (-frame[1], frame[0]))[:FRAMES_PER_CANDIDATE]
        around = tuple(time for time, _ in nearest)
        return RefinementCandidate(key, self.videos[key[0]].path, self.segments[key].span, around)


def _by_score(ranked: Sequence[SegmentKey], scores: Mapping[SegmentKey, float]) -> list[SegmentKey]:
    """Those with a score first, best first; the others after them in their old order."""
    first = sorted(scores, key=lambda key: (-scores[key], key))
    return first + [key for key in ranked if key not in scores]
