"""Judges search results against the test bed: found, right, within a second, and shown with its words. Pure but for
the search that it is given."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from api.highlight import excerpt, matching_spans
from bench.realwords.queries import FORMS, RealQuery
from indexer.records import TimeSpan
from search.results import Moment, SearchResult

EXCERPT_CHARACTERS = 160
"""What a result card shows."""
TOLERANCE_SECONDS = 1.0
Search = Callable[[str], SearchResult]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one phrasing of one query brought."""

    query: RealQuery
    form: str
    is_found: bool
    rank: int
    """Of the first right moment, from 1; 0 where none is right."""
    relevance: float
    """Of the first moment."""
    first: str
    """Of the first moment: its video and text, for a list of misses."""
    starts_within: bool = False
    """Whether the first moment is right and starts within a second of where it is true."""
    stops_within: bool = False
    shows_words: bool = False
    """Whether the excerpt of the first moment holds a word of the query."""
    still_is_inside: bool = False
    """Whether the frame of the first moment lies where it is true."""

    @property
    def is_right(self) -> bool:
        """Whether the first moment of what was found is right."""
        return self.is_found and self.rank == 1


def outcomes(queries: Iterable[RealQuery], search: Search, *, forms: Sequence[str] = FORMS) -> list[Outcome]:
    """Searches every phrasing of every query."""
    return [_outcome(query, form, search(query.forms[form])) for query in queries for form in forms]


def share(values: Iterable[bool]) -> float:
    """Of true values; NaN of none."""
    held = list(values)
    return sum(held) / len(held) if held else float("nan")


def _outcome(query: RealQuery, form: str, result: SearchResult) -> Outcome:
    moments = result.moments
    if not moments:
        nearest = result.closest[0] if result.closest else None
        return Outcome(query, form, False, 0, nearest.relevance if nearest else 0.0, _line(nearest))
    rank = next((place for place, one in enumerate(moments, 1) if _overlap(query, one)), 0)
    first = moments[0]
    windows = query.windows_in(first.video)
    text, spans = excerpt(first.text, matching_spans(first.text, result.words), EXCERPT_CHARACTERS)
    return Outcome(
        query,
        form,
        result.found,
        rank,
        first.relevance,
        _line(first),
        starts_within=any(_near(first.span.start_seconds, window.start_seconds) for window in windows),
        stops_within=any(_near(first.span.stop_seconds, window.stop_seconds) for window in windows),
        shows_words=bool(text and spans),
        still_is_inside=any(
            window.start_seconds - 0.5 <= first.best_frame_seconds <= window.stop_seconds + 0.5 for window in windows
        ),
    )


def _overlap(query: RealQuery, moment: Moment) -> bool:
    return any(_touches(moment.span, window) for window in query.windows_in(moment.video))


def _touches(one: TimeSpan, other: TimeSpan) -> bool:
    """Windows of one frame have hardly any duration, so a common end is enough."""
    return one.start_seconds <= other.stop_seconds + 0.05 and other.start_seconds <= one.stop_seconds + 0.05


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE_SECONDS


def _line(moment: Moment | None) -> str:
    if moment is None:
        return "-"
    signals = ",".join(moment.signals)
    return f"{'/'.join(moment.video.split('/')[-2:])} {moment.span.start_seconds:.1f} [{signals}] {moment.text[:60]!r}"
