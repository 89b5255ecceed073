"""The table of signals: the ways in which a segment can match a query.

Each signal is one entry here. The signals of a stage's texts follow from the catalog of stages (`indexer.catalog`);
the others are written out. Pure and light: the command line imports it for `--help`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from indexer.catalog import STAGE_OF_SOURCE, TEXT_ENTRIES, StageName, TextEntry, TextKind, TextSource

Signal = str
"""Name of a signal: `picture`; a source of texts, which matches by meaning (`subtitle`) or by its words
(`subtitle_words`); `metadata_words`, the words around the video: its name, title, tags, chapters."""
SignalKind = Literal["seen", "named"] | TextKind
"""What sort of evidence a signal is: `seen` in the pictures, one of the kinds of text, or `named` around the video."""
MatchMethod = Literal["picture", "meaning", "words", "metadata"]
"""What is compared: vectors of pictures, vectors of texts, words of texts, or words of the metadata."""


@dataclass(frozen=True, slots=True)
class SignalEntry:
    """One signal."""

    name: Signal
    label: str
    """What people read beside a match."""
    kind: SignalKind
    method: MatchMethod
    """How its ranked list is retrieved; see `search.retrieval.retrieve`."""
    stage: StageName | None = None
    """The stage of indexing that must be complete in a video; None: none."""
    source: TextSource | None = None
    """The texts that are compared; None: no texts of the library."""


@dataclass(frozen=True, slots=True)
class SignalGroup:
    """Signals that the page offers as one choice."""

    name: str
    """In addresses of the page, so it never changes."""
    label: str
    signals: tuple[Signal, ...]


def _text_signals(texts: TextEntry) -> tuple[SignalEntry, SignalEntry]:
    source, stage = texts.source, STAGE_OF_SOURCE[texts.source]
    return (
        SignalEntry(source, texts.label, texts.kind, "meaning", stage, source),
        SignalEntry(f"{source}_words", f"{texts.label} words", texts.kind, "words", stage, source),
    )


PICTURE: Signal = "picture"
METADATA: Signal = "metadata_words"
SIGNAL_ENTRIES: tuple[SignalEntry, ...] = (
    SignalEntry(PICTURE, "picture", "seen", "picture", "picture"),
    *(entry for texts in TEXT_ENTRIES for entry in _text_signals(texts)),
    SignalEntry(METADATA, "metadata words", "named", "metadata"),
)
SIGNALS: tuple[Signal, ...] = tuple(entry.name for entry in SIGNAL_ENTRIES)
ENTRY_OF: dict[Signal, SignalEntry] = {entry.name: entry for entry in SIGNAL_ENTRIES}
SIGNALS_BY_MEANING: frozenset[Signal] = frozenset(entry.name for entry in SIGNAL_ENTRIES if entry.method == "meaning")
"""Those that compare vectors of texts."""
MISREAD_SOURCES: frozenset[TextSource] = frozenset(texts.source for texts in TEXT_ENTRIES if texts.kind == "written")
"""Texts that were read off pictures (OCR): they are also compared with misread letters forgiven."""


def needs_model(signals: Collection[Signal]) -> bool:
    """Whether one of these compares vectors, for which a model embeds the query."""
    return PICTURE in signals or bool(SIGNALS_BY_MEANING & set(signals))


def sources_of_kind(*kinds: TextKind) -> tuple[TextSource, ...]:
    """The sources of texts of these kinds, kind by kind."""
    return tuple(texts.source for kind in kinds for texts in TEXT_ENTRIES if texts.kind == kind)


def signals_of_kind(*kinds: SignalKind) -> tuple[Signal, ...]:
    """The signals of these kinds, in the order of `SIGNALS`."""
    return tuple(entry.name for entry in SIGNAL_ENTRIES if entry.kind in kinds)


def signals_of_source(*sources: TextSource) -> tuple[Signal, ...]:
    """The signals that compare texts of these sources, in the order of `SIGNALS`."""
    return tuple(entry.name for entry in SIGNAL_ENTRIES if entry.source in sources)


def sources_of_signals(signals: Collection[Signal]) -> tuple[TextSource, ...]:
    """The sources whose texts these signals compare, in the catalog's order."""
    return tuple(texts.source for texts in TEXT_ENTRIES if set(signals_of_source(texts.source)) & set(signals))


def word_signal_of(source: TextSource) -> Signal:
    """The signal that matches a source by its words."""
    return next(name for name in signals_of_source(source) if ENTRY_OF[name].method == "words")


SIGNAL_GROUPS: tuple[SignalGroup, ...] = (
    SignalGroup("picture", "Picture", signals_of_kind("seen")),
    SignalGroup("caption", "Caption", signals_of_kind("described")),
    SignalGroup("said", "Speech", signals_of_kind("said")),
    SignalGroup("written", "On-screen text", signals_of_kind("written")),
    *(
        SignalGroup(texts.source, texts.label.capitalize(), signals_of_source(texts.source))
        for texts in TEXT_ENTRIES
        if texts.kind == "other"
    ),
    SignalGroup("named", "Name and tags", signals_of_kind("named")),
)
"""In the order in which the page lists them; a source of kind `other` is a group of its own."""
