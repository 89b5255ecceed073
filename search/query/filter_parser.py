"""Parser of a query's filters: the written values -> `Filters`; an error names its place. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from indexer.errors import QueryError, QuerySyntaxError
from indexer.records import TimeSpan, Video
from search.query.durations import parse_duration
from search.query.filters import Filters, created_span, parse_language
from search.query.plan import FilterTerm, Plan

EXAMPLES = {
    "video": "video:talk.mp4",
    "folder": "folder:2023/paris",
    "tag": "tag:family",
    "date": "date:2023-05..2023-08",
    "duration": "duration:<10m",
    "language": "language:de",
    "at": "at:0..5m",
}
Bound = TypeVar("Bound")


@dataclass(frozen=True, slots=True)
class QueryFilters:
    """The filters of a query: which videos, and which part of each, are searched."""

    wanted: Filters
    excluded: tuple[Filters, ...] = ()
    """`-tag:draft`: what one of these lets through is left out."""
    also: "QueryFilters | None" = None
    """Further ones that must hold, of a scope."""

    def matches(self, video: Video) -> bool:
        """Whether this video is searched."""
        if self.also is not None and not self.also.matches(video):
            return False
        return self.wanted.matches(video) and not any(one.matches(video) for one in self.excluded if not _is_time(one))

    def within(self, span: TimeSpan) -> TimeSpan | None:
        """The part of a span that counts; None where none does. A span that touches an excluded time is dropped."""
        if any(_is_time(one) and one.limit_to_time_filter(span) is not None for one in self.excluded):
            return None
        part = self.wanted.limit_to_time_filter(span)
        return part if part is None or self.also is None else self.also.within(part)

    @property
    def is_timed(self) -> bool:
        """Whether a time within the videos counts."""
        own = _is_time(self.wanted) or any(_is_time(one) for one in self.excluded)
        return own or (self.also is not None and self.also.is_timed)


def parse_filters(plan: Plan) -> QueryFilters:
    """Parses a plan's filters; several videos, folders or languages are alternatives, all else must hold together.

    Raises:
        QuerySyntaxError: a value is not a date, duration or time, or a range is empty.
    """
    wanted, excluded = Filters(), list[Filters]()
    for term in plan.filters:
        if term.is_excluded:
            excluded.append(_with(Filters(), term, plan.query))
        else:
            wanted = _with(wanted, term, plan.query)
    return QueryFilters(wanted, tuple(excluded))


def _with(filters: Filters, term: FilterTerm, query: str) -> Filters:
    try:
        match term.name:
            case "video":
                return replace(filters, videos=(*filters.videos, term.value))
            case "folder":
                return replace(filters, folders=(*filters.folders, term.value))
            case "tag":
                return replace(filters, tags=(*filters.tags, term.value))
            case "date":
                low, high = _range(term.value, lambda text: created_span(text)[0], lambda text: created_span(text)[1])
                return replace(filters, created_from=low, created_to=high)
            case "duration":
                low, high = _range(term.value, parse_duration, parse_duration)
                return replace(filters, duration_from_seconds=low, duration_to_seconds=high)
            case "language":
                return replace(filters, languages=(*filters.languages, parse_language(term.value)))
            case "at":
                low, high = _range(term.value, parse_duration, parse_duration)
                return replace(filters, time_from_seconds=low, time_to_seconds=high)
    except QueryError as error:
        stop = query.find(" ", term.place)
        reason = str(error).split(";")[0]
        raise QuerySyntaxError(
            reason, query, term.place, len(query) if stop < 0 else stop, EXAMPLES[term.name]
        ) from error


def _range(text: str, first: Callable[[str], Bound], last: Callable[[str], Bound]) -> tuple[Bound | None, Bound | None]:
    """`A..B`, `A..`, `..B`, `<B`, `>A` or `A` alone; each end parsed by its own function."""
    if text[:1] in "<>":
        value = text[1:].lstrip("=")
        return (None, first(value)) if text[0] == "<" else (last(value), None)
    low, dots, high = text.partition("..")
    if not dots:
        low, high = text, text
        if first(low) == last(high):
            raise QueryError(f"{text!r} is one point, not a range")
    if not low and not high:
        raise QueryError(f"{text!r} has no start and no end")
    return (first(low) if low else None, last(high) if high else None)


def _is_time(filters: Filters) -> bool:
    return filters.time_from_seconds is not None or filters.time_to_seconds is not None
