"""The catalog of stages: the parts of an indexing run in order, and the texts that each of them finds.

The only list of stages. The pipeline, the table of texts, the signals of a search, and the labels of the command line,
the service and the page derive from it. Pure; imports nothing of this project.
"""

from dataclasses import dataclass
from typing import Literal

StageName = str
"""Name of a stage: one resumable part of indexing a video."""
TextSource = str
"""Where a text comes from: `speech` is a transcript, a `caption` a model's description of a segment."""
TextKind = Literal["said", "written", "described", "other"]
"""Kinds of evidence, in the order in which sources are listed."""
TEXT_KINDS: tuple[TextKind, ...] = ("said", "written", "described", "other")


@dataclass(frozen=True, slots=True)
class TextEntry:
    """The texts of a stage, by which a segment can match."""

    source: TextSource
    """Its name in the library. The signal of this name matches by meaning; with `_words` appended, by words."""
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
    """Its share of a typical run's time, for the progress bar; measured on lectures with the small models."""
    implementation: str
    """`module:Class` of the `indexer.pipeline.stages.base.Stage` that does the work, imported when a run begins."""
    texts: TextEntry | None = None
    """None: the stage finds no texts."""
    needs_pictures: bool = False
    """Whether it does not apply to a file without moving pictures."""
    profile_switch: str = ""
    """Field of `indexer.models.profiles.Profile` that is empty or False where the stage is off; empty: always on."""

    def is_on(self, profile: object) -> bool:
        """Whether the stage runs with this `Profile`."""
        return not self.profile_switch or bool(getattr(profile, self.profile_switch))


_STAGES = "indexer.pipeline.stages"
STAGE_ENTRIES: tuple[StageEntry, ...] = (
    StageEntry("picture", "pictures", 0.25, f"{_STAGES}.picture:PictureStage"),
    StageEntry(
        "subtitles",
        "subtitles",
        0.01,
        f"{_STAGES}.subtitles:SubtitleStage",
        TextEntry("subtitle", "subtitle", "said"),
    ),
    StageEntry(
        "screen_text",
        "on-screen text",
        0.34,
        f"{_STAGES}.screen_text:ScreenTextStage",
        TextEntry("screen_text", "on-screen text", "written"),
        needs_pictures=True,
        profile_switch="screen_text",
    ),
    StageEntry(
        "speech",
        "speech",
        0.2,
        f"{_STAGES}.speech:SpeechStage",
        TextEntry("speech", "speech", "said"),
        profile_switch="speech_model",
    ),
    StageEntry(
        "captions",
        "captions",
        0.2,
        f"{_STAGES}.captions:CaptionStage",
        TextEntry("caption", "caption", "described"),
        needs_pictures=True,
        profile_switch="captions",
    ),
)
"""In the order in which a run makes them. The first makes a video's row and its segments; the others extend it."""
ENTRY_OF_STAGE: dict[StageName, StageEntry] = {entry.name: entry for entry in STAGE_ENTRIES}
FIRST_STAGE: StageName = STAGE_ENTRIES[0].name
STAGES: tuple[StageName, ...] = tuple(entry.name for entry in STAGE_ENTRIES)
NOT_APPLICABLE = "not applicable: no pictures"
"""Recorded in place of a fingerprint for a stage that needs pictures, with a file that has none."""
TEXT_ENTRIES: tuple[TextEntry, ...] = tuple(
    sorted((entry.texts for entry in STAGE_ENTRIES if entry.texts), key=lambda texts: TEXT_KINDS.index(texts.kind))
)
TEXT_SOURCES: tuple[TextSource, ...] = tuple(texts.source for texts in TEXT_ENTRIES)
STAGE_OF_SOURCE: dict[TextSource, StageName] = {
    texts.source: entry.name for texts in TEXT_ENTRIES for entry in STAGE_ENTRIES if entry.texts is texts
}
