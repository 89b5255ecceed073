"""The names by which people call signals, and what stands behind them."""

from indexer.catalog import TEXT_SOURCES, TextSource
from search.query.plan import FieldName
from search.retrieval.types import SOURCES
from search.signals import SIGNALS, Signal

FIELD_SOURCES: dict[FieldName | None, tuple[TextSource, ...]] = {
    None: TEXT_SOURCES,
    "looks": (),
    "said": tuple(source for source in TEXT_SOURCES if source in ("subtitle", "speech")),
    "text": ("screen_text",),
    "caption": ("caption",),
}
"""Sources of text behind a name; None: all of them."""
FIELD_SIGNALS: dict[FieldName, tuple[Signal, ...]] = {
    "looks": ("picture",),
    **{
        field: tuple(signal for signal in SIGNALS if SOURCES.get(signal) in sources)
        for field, sources in FIELD_SOURCES.items()
        if field not in (None, "looks")
    },
}
"""Signals behind a name."""
