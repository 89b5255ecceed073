"""The moments that look like an example, best first. Loads no model.

Nearest frames by their vectors come first; an image is then matched with the pictures of the best segments
(`search.by_example.pixel_reranking`). Words beside an example tell what is to be different ("this, but at night"):
their vector is added to that of the example, so that one search finds what is near to both.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from indexer.config import Settings
from indexer.records import Video
from indexer.store.hits import SegmentKey
from indexer.store.library import Library
from search.by_example.example import Example
from search.by_example.frame_refinement import FrameMatch
from search.by_example.pixel_reranking import COMPARED_AT_ONCE, SURE_COSINE, FrameSimilarities, PixelReranker
from search.moments.localization import Draft, SegmentMatch, localize_moments
from search.retrieval.searchable import FRAME_CANDIDATES
from search.scoring.background import Background, MatchThreshold
from search.scoring.profile_thresholds import profile_thresholds
from search.scoring.rank_fusion import RANK_CONSTANT

THRESHOLD = MatchThreshold(best_z_score=2.3, z_score=2.3, sure=SURE_COSINE)
"""Measured in drawn worlds: 99 in 100 cropped images reach 2.6 or more. Images from elsewhere reach as much: the list
shows what looks most like an image, and does not claim that it is the same."""
SAME_COSINE = 0.95
"""From it on, a frame is the example itself, which is unwanted where words tell what is to be different."""
SAME_AGREEMENT = 0.9
"""From it on, a frame is taken for the one that the image shows: the hit counts, and its best frame is that one.
Measured on 52 frames of an unseen drawn world: an uncropped frame, degraded or not, agrees with itself by 0.88 or more,
and with the best frame of another scene by 0.90 or less for 9 in 10."""
SAME_EXPLAINED_VARIANCE = 0.8
"""From it on, the best hit counts, however little its vector stands out; share of an image's variance that a picture
explains. Measured, see docs/decisions.md."""
WORDS_DEVIATIONS, MAX_WORDS_WEIGHT = 1.5, 10.0
"""For profiles whose data file gives no weight. The weight of the words' vector makes the deviation of its cosines over
the library so many times that of the example's, with an upper bound on the weight. Each model has its own scale of
words beside pictures; the deviations make them comparable. Not measured with a large model."""


def find_similar_moments(
    library: Library,
    example: Example,
    *,
    video_ids: Collection[str] | None,
    videos: Mapping[str, Video],
    settings: Settings,
) -> list[Draft]:
    """Every moment that looks like an example, best first.

    Args:
        video_ids: search these alone; None for all.
        videos: the library's, by id; others, and those whose pictures are not indexed, are left out.
        settings: limits of decoding frames of the best candidates.
    """

    def ready(video_id: str) -> bool:
        return video_id in videos and "picture" in videos[video_id].stages

    wanted = _with_words(library, example)
    keys = [key for key in _candidates(library, wanted, video_ids) if ready(key[0])]
    segments = library.segments_by_key(keys)
    similar = _similarities(library, wanted, [key for key in keys if key in segments])
    background = Background.of(_background_cosines(library, wanted))
    best = {key: max(similarity for _, similarity in frames) for key, frames in similar.items()}
    ranked = sorted(best, key=lambda key: (-best[key], key))
    frames: dict[SegmentKey, FrameMatch] = {}
    if wanted.pictures:
        reranker = PixelReranker(library, wanted.pictures, similar, segments, videos, settings)
        ranked, frames = reranker.rerank(ranked, best)
    if example.words is not None:
        itself = _similarities(library, example, ranked[:COMPARED_AT_ONCE])
        ranked = [key for key in ranked if all(similarity < SAME_COSINE for _, similarity in itself.get(key, []))]
    count = background.count_matches(sorted((best[key] for key in ranked), reverse=True), THRESHOLD)
    if ranked and _is_same_picture(frames.get(ranked[0])):
        count = max(count, 1)
    matches = [
        SegmentMatch(
            video_id=key[0],
            segment_index=key[1],
            segment=segments[key].span,
            segment_frame_seconds=segments[key].best_frame_seconds,
            score=1 / (RANK_CONSTANT + rank),
            ranks={"picture": rank},
            texts={},
            frames=similar[key],
        )
        for rank, key in enumerate(ranked[:count], start=1)
    ]
    drafts = localize_moments(matches, background=background.mean)
    drafts = [_with_matched_frame(draft, frames) for draft in drafts if not _is_example_itself(draft, example)]
    return [replace(draft, ranks={"picture": rank}) for rank, draft in enumerate(drafts, start=1)]


def _with_words(library: Library, example: Example) -> Example:
    """The example moved towards its words, without pictures, since pixels tell nothing of what is to be different."""
    if example.words is None:
        return example
    words = np.asarray(example.words, np.float32)
    weight = profile_thresholds(library.maker.profile).example_words_weight
    if weight is None:
        pictures = Background.of(_background_cosines(library, example)).deviation
        own = Background.of(library.background(words, what="frames")).deviation
        weight = min(MAX_WORDS_WEIGHT, WORDS_DEVIATIONS * pictures / own)
    mixed = example.vectors + weight * words  # (n, dim)
    return replace(example, vectors=mixed / np.linalg.norm(mixed, axis=1, keepdims=True), pictures=())


def _candidates(library: Library, example: Example, video_ids: Collection[str] | None) -> list[SegmentKey]:
    keys: dict[SegmentKey, None] = {}
    for vector in example.vectors:
        for hit in library.nearest_frames(vector, limit=FRAME_CANDIDATES, video_ids=video_ids):
            keys.setdefault((hit.video_id, hit.segment_index))
    return list(keys)


def _similarities(library: Library, example: Example, keys: list[SegmentKey]) -> FrameSimilarities:
    """The cosines of the frames of each segment, each with the nearest of the example's views."""
    views = [library.frame_similarities(vector, keys) for vector in example.vectors]
    found: FrameSimilarities = {}
    for key in keys:
        best: dict[float, float] = {}
        for time, similarity in (frame for view in views for frame in view[key]):
            best[time] = max(similarity, best.get(time, similarity))
        if best:
            found[key] = sorted(best.items())
    return found


def _background_cosines(library: Library, example: Example) -> NDArray[np.float32]:
    """(n,) cosines of a sample of the library's frames."""
    views = [library.background(vector, what="frames") for vector in example.vectors]
    return np.max(views, axis=0)


def _is_same_picture(frame: FrameMatch | None) -> bool:
    return frame is not None and (
        frame.template.agreement >= SAME_AGREEMENT or frame.template.explained >= SAME_EXPLAINED_VARIANCE
    )


def _with_matched_frame(draft: Draft, frames: Mapping[SegmentKey, FrameMatch]) -> Draft:
    """The draft with the frame that the image shows as its best, where that frame was found."""
    frame = frames.get((draft.video_id, draft.segment_index))
    if frame is None or frame.template.agreement < SAME_AGREEMENT:
        return draft
    is_within = draft.span.start_seconds <= frame.time_seconds < draft.span.stop_seconds
    return replace(draft, best_frame_seconds=frame.time_seconds) if is_within else draft


def _is_example_itself(draft: Draft, example: Example) -> bool:
    if example.excluded is None:
        return False
    video_id, span = example.excluded
    if draft.video_id != video_id:
        return False
    is_within = draft.span.start_seconds <= span.start_seconds < draft.span.stop_seconds
    return is_within or draft.span.intersection_seconds(span) > 0
