"""The signals and sources behind each field of the query language: `looks:`, `said:`, `text:`, `caption:`.

`speaker:` has none: it is about who speaks.
"""

from indexer.catalog import TEXT_SOURCES, TextKind, TextSource
from search.query.plan import FieldName
from search.signals import PICTURE, Signal, signals_of_kind, sources_of_kind

_KIND_OF_FIELD: dict[FieldName, TextKind] = {"said": "said", "text": "written", "caption": "described"}
FIELD_SOURCES: dict[FieldName | None, tuple[TextSource, ...]] = {
    None: TEXT_SOURCES,
    "looks": (),
    "speaker": (),
    **{field: sources_of_kind(kind) for field, kind in _KIND_OF_FIELD.items()},
}
"""Sources of texts that a field searches; None, no field: all of them."""
FIELD_SIGNALS: dict[FieldName, tuple[Signal, ...]] = {
    "looks": (PICTURE,),
    "speaker": (),
    **{field: signals_of_kind(kind) for field, kind in _KIND_OF_FIELD.items()},
}
"""Signals that a field searches by."""
