"""An example -> drafts of moments that look like it, best first. Loads no model, shows nothing.

First by the pictures' vectors; an image is then laid over the pictures of the best few (`overlay`). Words beside an
example say what is to be different ("this, but at night"): their vector is added to the example's, so that one list is
asked for what is near to both.
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
from search.by_example.frame_refinement import Sighting
from search.by_example.pixel_reranking import LOOKED_AT, SURE_COSINE, Overlay, Similar
from search.moments.localization import Draft, Match, moments_of
from search.retrieval.types import FRAME_POOL
from search.scoring.background import Background, Threshold
from search.scoring.rank_fusion import RANK_CONSTANT

STANDS = Threshold(best_standing=2.3, standing=2.3, sure=SURE_COSINE)
"""What looks so much more like the example than the library in general is listed. Measured in the demo world: a cut-out
image stands at 2.6 or more for 99 in 100. Images of elsewhere stand as high there: the list shows what looks most like
an image, and does not say that it is the same."""
SAME = 0.95
"""Cosine from which a frame is the example itself, which is not wanted where words say what is to be different."""
SAME_PIXELS = 0.9
"""Agreement from which a frame is taken for the very one that the image shows: it counts, and its time is told.
Measured on 52 frames of an unseen demo world: an uncut frame, also a worn one, agrees with itself by 0.88 or more, with
the best frame of another scene by 0.90 or less for 9 in 10."""
SAME_VARIANCE = 0.8
"""Share of an image's variance that a picture explains, from where it counts, however little it stands out by its
vector. Measured, see docs/decisions.md."""
WORDS_WEIGHT = {"demo": 2.0}
"""By profile: what the words' vector is multiplied by beside the example's, both of unit length. Measured, see
docs/decisions.md."""
WORDS_SPREADS, WORDS_MOST = 1.5, 10.0
"""For other profiles: how many times the example's spread over this library the words' spread is to weigh, and the most
that the words are multiplied by. Each model has its own scale of words beside pictures; the spreads make them
comparable. Not measured with a large model."""


def find_like(
    library: Library,
    example: Example,
    *,
    video_ids: Collection[str] | None,
    videos: Mapping[str, Video],
    settings: Settings,
) -> list[Draft]:
    """Every moment that is like an example, best first.

    Args:
        video_ids: look in these alone; None for all.
        videos: the library's, by id; those whose pictures are not ready, or that are not among them, are left out.
        settings: the limits of reading frames of the best few.
    """

    def ready(video_id: str) -> bool:
        return video_id in videos and "picture" in videos[video_id].stages

    wanted = _with_words(library, example)
    keys = [key for key in _candidates(library, wanted, video_ids) if ready(key[0])]
    segments = library.segments_by_key(keys)
    similar = _similarities(library, wanted, [key for key in keys if key in segments])
    background = Background.of(_background(library, wanted))
    best = {key: max(similarity for _, similarity in frames) for key, frames in similar.items()}
    ranked = sorted(best, key=lambda key: (-best[key], key))
    seen: dict[SegmentKey, Sighting] = {}
    if wanted.pictures:
        ranked, seen = Overlay(library, wanted.pictures, similar, segments, videos, settings).order(ranked, best)
    if example.words is not None:
        itself = _similarities(library, example, ranked[:LOOKED_AT])
        ranked = [key for key in ranked if all(similarity < SAME for _, similarity in itself.get(key, []))]
    counting = background.counting(sorted((best[key] for key in ranked), reverse=True), STANDS)
    if ranked and _shows_the_same(seen.get(ranked[0])):
        counting = max(counting, 1)
    matches = [
        Match(
            video_id=key[0],
            segment_index=key[1],
            segment=segments[key].span,
            segment_frame_seconds=segments[key].best_frame_seconds,
            score=1 / (RANK_CONSTANT + rank),
            ranks={"picture": rank},
            texts={},
            frames=similar[key],
        )
        for rank, key in enumerate(ranked[:counting], start=1)
    ]
    drafts = moments_of(matches, background=background.middle)
    kept = [_timed(draft, seen) for draft in drafts if not _is_left_out(draft, example)]
    return [replace(draft, ranks={"picture": rank}) for rank, draft in enumerate(kept, start=1)]


def _with_words(library: Library, example: Example) -> Example:
    """Views that are near to the example and to the words; pixels no longer say anything then."""
    if example.words is None:
        return example
    words = np.asarray(example.words, np.float32)
    weight = WORDS_WEIGHT.get(library.maker.profile)
    if weight is None:
        pictures = Background.of(_background(library, example)).spread
        weight = min(
            WORDS_MOST, WORDS_SPREADS * pictures / Background.of(library.background(words, what="frames")).spread
        )
    mixed = example.vectors + weight * words  # (n, dim)
    return replace(example, vectors=mixed / np.linalg.norm(mixed, axis=1, keepdims=True), pictures=())


def _candidates(library: Library, example: Example, video_ids: Collection[str] | None) -> list[SegmentKey]:
    keys: dict[SegmentKey, None] = {}
    for vector in example.vectors:
        for hit in library.nearest_frames(vector, limit=FRAME_POOL, video_ids=video_ids):
            keys.setdefault((hit.video_id, hit.segment_index))
    return list(keys)


def _similarities(library: Library, example: Example, keys: list[SegmentKey]) -> Similar:
    """As similar as to the nearest view."""
    views = [library.frame_similarities(vector, keys) for vector in example.vectors]
    found: Similar = {}
    for key in keys:
        best: dict[float, float] = {}
        for time, similarity in (frame for view in views for frame in view[key]):
            best[time] = max(similarity, best.get(time, similarity))
        if best:
            found[key] = sorted(best.items())
    return found


def _background(library: Library, example: Example) -> NDArray[np.float32]:
    views = [library.background(vector, what="frames") for vector in example.vectors]
    return np.max(views, axis=0)


def _shows_the_same(sighting: Sighting | None) -> bool:
    return sighting is not None and (sighting.fit.agreement >= SAME_PIXELS or sighting.fit.explained >= SAME_VARIANCE)


def _timed(draft: Draft, seen: Mapping[SegmentKey, Sighting]) -> Draft:
    """With the time of the very frame that the image shows, where that was seen."""
    sighting = seen.get((draft.video_id, draft.segment_index))
    if sighting is None or sighting.fit.agreement < SAME_PIXELS:
        return draft
    is_within = draft.span.start_seconds <= sighting.time_seconds < draft.span.stop_seconds
    return replace(draft, best_frame_seconds=sighting.time_seconds) if is_within else draft


def _is_left_out(draft: Draft, example: Example) -> bool:
    if example.left_out is None:
        return False
    video_id, span = example.left_out
    if draft.video_id != video_id:
        return False
    is_within = draft.span.start_seconds <= span.start_seconds < draft.span.stop_seconds
    return is_within or draft.span.intersection_seconds(span) > 0
