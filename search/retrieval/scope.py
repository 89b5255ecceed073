"""The parts of spans that lie in a scope."""

from collections.abc import Mapping, Sequence

from indexer.records import TimeSpan, Video
from indexer.store.library import Library
from search.moments.localization import Draft
from search.query.scope import Scope
from search.retrieval.speakers import spoken_by


def spans_in_scope(
    library: Library, scope: Scope, spans: Sequence[tuple[str, TimeSpan]], *, videos: Mapping[str, Video]
) -> list[TimeSpan | None]:
    """For each (video id, span) the part that lies in the scope; None where none does, or the wrong people speak.

    Args:
        videos: by id, those of the spans.
    """
    cut = [scope.filters.within(span) if scope.filters.matches(videos[name]) else None for name, span in spans]
    for speaker, is_wanted in scope.speakers:
        left = [(place, span) for place, span in enumerate(cut) if span is not None]
        held = spoken_by(library, speaker, [(spans[place][0], span) for place, span in left], videos=videos)
        for (place, _), is_held in zip(left, held, strict=True):
            cut[place] = cut[place] if is_held == is_wanted else None
    return cut


def drafts_in_scope(
    library: Library, scope: Scope | None, drafts: Sequence[Draft], *, videos: Mapping[str, Video]
) -> list[Draft]:
    """The drafts that lie in a scope, cut to it."""
    if scope is None:
        return list(drafts)
    parts = spans_in_scope(library, scope, [(draft.video_id, draft.span) for draft in drafts], videos=videos)
    return [
        draft if part == draft.span else draft.cut_to(part)
        for draft, part in zip(drafts, parts, strict=True)
        if part is not None
    ]
