"""Scope: which videos, which part of each and whose words count, for a search or a question. Pure.

It is written as the filters of the query language are, and nothing else: `tag:family date:2023 speaker:anna`.
"""

from dataclasses import dataclass

from indexer.errors import QuerySyntaxError
from search.query.filter_parser import QueryFilters, parse_filters
from search.query.parser import parse_query
from search.query.validation import check_query

EXAMPLE = "tag:family date:2023 speaker:anna"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search or a question is limited to."""

    filters: QueryFilters
    speakers: tuple[tuple[str, bool], ...] = ()
    """(name, whether somebody of that name must speak in a moment, or must not)."""


def parse_scope(text: str) -> Scope:
    """Parses a scope; several videos or folders are alternatives, all else must hold together.

    Raises:
        QuerySyntaxError: a filter's value is invalid, or there is something else than filters.
        QueryError: it is empty, overlong, or not text.
    """
    plan = parse_query(check_query(text), may_only_exclude=True)
    first = plan.steps[0]
    fields = {term.field for term in (*first.terms, *first.excluded)}
    if len(plan.steps) > 1 or first.text or not fields <= {"speaker"}:
        raise QuerySyntaxError("a scope can contain only filters", plan.query, 0, len(plan.query), EXAMPLE)
    wanted = [(term.text, True) for term in first.terms]
    unwanted = [(term.text, False) for term in first.excluded]
    return Scope(parse_filters(plan), tuple(wanted + unwanted))
