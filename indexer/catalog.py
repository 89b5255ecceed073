"""The catalog of stages: what an indexing run makes of a video, in order, and the texts that each stage finds.

The one list that a new stage is added to. Everything else derives from it: the pipeline's run, the table of texts,
the signals of a search, the labels of the command line, the service and the page. Pure; imports nothing of ours.
"""

from dataclasses import dataclass
from typing import Literal

StageName = str
"""Name of one resumable part of indexing a video; `picture` also finds the segments that the others refer to."""
TextSource = str
"""Where a text was found: `speech` is what a model heard, a `caption` what a model says of a segment."""
TextKind = Literal["said", "written", "described", "other"]
"""What sort of evidence a text is, in the order in which sources are listed."""
TEXT_KINDS: tuple[TextKind, ...] = ("said", "written", "described", "other")


@dataclass(frozen=True, slots=True)
class TextEntry:
    """Texts that a stage finds, and by which a segment can match."""

    source: TextSource
    """The name in the library, and of the signal that matches by meaning; with `_words` behind it, by words."""
    label: str
    """What people read beside a match."""
    kind: TextKind = "other"


@dataclass(frozen=True, slots=True)
class StageEntry:
    """One stage of an indexing run."""

    name: StageName
    label: str
    """What people read while it runs."""
    time_share: float
    """Its share of a typical run's time, for the progress bar."""
    texts: TextEntry | None = None
    """None: the stage makes no texts."""


STAGE_ENTRIES: tuple[StageEntry, ...] = (
    StageEntry("picture", "pictures", 0.25),
    StageEntry("subtitles", "subtitles", 0.01, TextEntry("subtitle", "subtitle", "said")),
    StageEntry("screen_text", "on-screen text", 0.34, TextEntry("screen_text", "on-screen text", "written")),
    StageEntry("speech", "speech", 0.2, TextEntry("speech", "speech", "said")),
    StageEntry("captions", "captions", 0.2, TextEntry("caption", "caption", "described")),
)
"""In the order in which a run makes them."""
STAGES: tuple[StageName, ...] = tuple(entry.name for entry in STAGE_ENTRIES)
TEXT_ENTRIES: tuple[TextEntry, ...] = tuple(
    sorted((entry.texts for entry in STAGE_ENTRIES if entry.texts), key=lambda texts: TEXT_KINDS.index(texts.kind))
)
TEXT_SOURCES: tuple[TextSource, ...] = tuple(texts.source for texts in TEXT_ENTRIES)
STAGE_OF_SOURCE: dict[TextSource, StageName] = {
    texts.source: entry.name for texts in TEXT_ENTRIES for entry in STAGE_ENTRIES if entry.texts is texts
}
