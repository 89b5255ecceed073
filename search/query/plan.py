"""Plan: a parsed query as values, from `search.query.parser` for `search.plan_executor`. Pure."""

from dataclasses import dataclass
from typing import Any, Literal

FieldName = Literal["looks", "said", "text", "caption", "speaker"]
"""A field of the query language; its signals are in `search.query.field_signals`."""
FilterName = Literal["video", "folder", "tag", "date", "duration", "language", "at"]
FIELDS: dict[str, FieldName] = {
    "looks": "looks",
    "said": "said",
    "text": "text",
    "caption": "caption",
    "speaker": "speaker",
}
FILTERS: dict[str, FilterName] = {
    "video": "video",
    "name": "video",
    "folder": "folder",
    "tag": "tag",
    "date": "date",
    "duration": "duration",
    "language": "language",
    "at": "at",
}
"""Name before the colon -> the filter; `name:` is a synonym of `video:`."""
MOST_GAP_SECONDS = 300.0
"""Largest gap between two steps without a `within`: what lies further apart is hardly one moment."""


@dataclass(frozen=True, slots=True)
class Term:
    """Something that a moment must hold: exact words, or a thing in a named field."""

    text: str
    field: FieldName | None
    """None: in whatever is said or written."""
    exact: bool
    """The words themselves, side by side; otherwise their meaning is enough."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """Something that a moment must not hold."""

    text: str
    field: FieldName | None
    """None: neither seen, said nor written."""
    exact: bool
    written: str
    """The exclusion as written, with its `not` or `without`: a text that says just this does not hold the thing."""


@dataclass(frozen=True, slots=True)
class FilterTerm:
    """A condition on the video or on the time within it; its value is not parsed yet."""

    name: FilterName
    value: str
    is_excluded: bool
    """`-tag:draft`: the condition must not hold."""
    place: int
    """Its start in the query, in characters from 0."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to be found; several steps must follow one another in time."""

    text: str
    """Free words, with those of its quotes; empty where there are only terms."""
    terms: tuple[Term, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    within_seconds: float | None = None
    """Largest gap between the stop of the step before and the start of this one; None for the first."""

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing but free words."""
        return not self.terms and not self.excluded


@dataclass(frozen=True, slots=True)
class Plan:
    """A parsed query."""

    query: str
    """The query itself, checked and tidied."""
    steps: tuple[Step, ...]
    """At least one; in order of time."""
    filters: tuple[FilterTerm, ...] = ()

    @classmethod
    def plain(cls, query: str) -> "Plan":
        """The words as they stand, without any grammar."""
        return cls(query, (Step(query),))

    @property
    def is_plain(self) -> bool:
        """Whether the words mean just themselves."""
        return len(self.steps) == 1 and self.steps[0] == Step(self.query) and not self.filters

    @property
    def words(self) -> str:
        """Everything that is wanted, in words alone: for highlighting texts and for timelines."""
        wanted: list[str] = []
        for step in self.steps:
            wanted += [step.text] if step.text else []
            wanted += [term.text for term in step.terms if term.text not in step.text]
        return " ".join(dict.fromkeys(wanted))

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object of a parsed query: `steps` and `filters`."""
        return {
            "steps": [
                {
                    "text": step.text,
                    "terms": [{"text": one.text, "field": one.field, "exact": one.exact} for one in step.terms],
                    "excluded": [{"text": one.text, "field": one.field, "exact": one.exact} for one in step.excluded],
                    "within_seconds": step.within_seconds,
                }
                for step in self.steps
            ],
            "filters": [{"name": one.name, "value": one.value, "excluded": one.is_excluded} for one in self.filters],
        }
