"""Collections and their moments: values, what is allowed, and JSON. Pure."""

import math
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

from indexer.errors import UsageError
from indexer.records import TimeSpan

MAX_COLLECTIONS = 500
MAX_MOMENTS = 1000
"""Of one collection; an EDL holds 999 events."""
MAX_NOTES = 100
"""Of one moment."""
MAX_NAME_CHARACTERS = 100
MAX_TEXT_CHARACTERS = 2000
MAX_HANDLE_SECONDS = 60.0
MAX_SECONDS = 1e7
"""Of a time in a video: 115 days."""


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote at a time of a video."""

    time_seconds: float
    text: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.time_seconds) and self.time_seconds >= 0):
            raise UsageError(f"the time of a note must be a number of seconds from 0 on, got {self.time_seconds}")
        if self.time_seconds > MAX_SECONDS:
            raise UsageError(f"the time of a note must be at most {MAX_SECONDS:,.0f} s, got {self.time_seconds:g}")
        object.__setattr__(self, "text", _encodable(self.text))
        check_text(self.text, "a note")


@dataclass(frozen=True, slots=True)
class CollectedMoment:
    """A moment in a collection."""

    moment_id: str
    """Unique in its collection: 8 hexadecimal digits."""
    video_id: str
    video: str
    """Name of the file, also after the video was removed from the library."""
    span: TimeSpan
    handle_seconds: float = 0.0
    """Extra time at both ends when it is exported."""
    text: str = ""
    """What was said or seen, as the search told it."""
    notes: tuple[Note, ...] = ()
    """In order of time."""

    def __post_init__(self) -> None:
        if not 0 <= self.span.start_seconds < self.span.stop_seconds:
            raise UsageError(
                f"a moment must start at 0 or later and stop after its start, got {self.span.start_seconds:g} to"
                f" {self.span.stop_seconds:g} s"
            )
        if not 0 <= self.handle_seconds <= MAX_HANDLE_SECONDS:
            raise UsageError(f"handles are 0 to {MAX_HANDLE_SECONDS:g} seconds, got {self.handle_seconds:g}")
        if len(self.notes) > MAX_NOTES:
            raise UsageError(f"a moment has at most {MAX_NOTES} notes, got {len(self.notes)}")
        object.__setattr__(self, "notes", tuple(sorted(self.notes, key=lambda note: note.time_seconds)))
        object.__setattr__(self, "text", _encodable(self.text)[:MAX_TEXT_CHARACTERS])


@dataclass(frozen=True, slots=True)
class Collection:
    """Moments in the order in which they were arranged, under a name."""

    collection_id: str
    """12 hexadecimal digits."""
    name: str
    created: str
    """RFC 3339, UTC."""
    moments: tuple[CollectedMoment, ...] = ()

    def moment(self, moment_id: str) -> CollectedMoment:
        """Raises UsageError where there is none."""
        for moment in self.moments:
            if moment.moment_id == moment_id:
                return moment
        raise UsageError(f"collection {self.name!r} has no moment {moment_id!r}; it may have been removed")

    def with_moments(self, moments: tuple[CollectedMoment, ...]) -> "Collection":
        """The collection with other moments. Raises UsageError where they are too many."""
        if len(moments) > MAX_MOMENTS:
            raise UsageError(f"a collection holds at most {MAX_MOMENTS:,} moments, not {len(moments):,}; start another")
        return replace(self, moments=moments)


def check_name(raw: str) -> str:
    """A name as it is stored; see `composed`. Raises UsageError."""
    name = composed(raw)
    if not name or not name.isprintable():
        raise UsageError(f"{raw!r} is not a collection name; use a few words")
    if len(name) > MAX_NAME_CHARACTERS:
        raise UsageError(f"a name of {len(name)} characters is too long; at most {MAX_NAME_CHARACTERS} are allowed")
    return name


def composed(raw: str) -> str:
    """A name Unicode-composed and with single spaces, so that equal names are the same however they are typed."""
    return " ".join(unicodedata.normalize("NFC", raw).split())


def _encodable(text: str) -> str:
    """The text with `?` for halves of surrogate pairs, which a file may hold as escapes and nothing can send."""
    return text.encode("utf-8", "replace").decode()


def check_text(text: str, what: str) -> None:
    """Raises UsageError for a text that is empty or too long."""
    if not text.strip():
        raise UsageError(f"{what} must not be empty")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise UsageError(f"{what} of {len(text):,} characters is too long; at most {MAX_TEXT_CHARACTERS:,} are allowed")


def collection_to_json(collection: Collection) -> dict[str, Any]:
    """The JSON object that is stored and printed."""
    return {
        "collection_id": collection.collection_id,
        "name": collection.name,
        "created_at": collection.created,
        "moments": [moment_to_json(moment) for moment in collection.moments],
    }


def moment_to_json(moment: CollectedMoment) -> dict[str, Any]:
    """The JSON object of a moment; its times are exact."""
    return {
        "moment_id": moment.moment_id,
        "video_id": moment.video_id,
        "video": moment.video,
        "start_seconds": moment.span.start_seconds,
        "stop_seconds": moment.span.stop_seconds,
        "handle_seconds": moment.handle_seconds,
        "text": moment.text,
        "notes": [{"time_seconds": note.time_seconds, "text": note.text} for note in moment.notes],
    }


def collection_from_json(row: dict[str, Any]) -> Collection:
    """Raises ValueError, KeyError, TypeError or UsageError for anything that `collection_to_json` did not make."""
    moments = tuple(
        CollectedMoment(
            one["moment_id"],
            one["video_id"],
            one["video"],
            TimeSpan(float(one["start_seconds"]), float(one["stop_seconds"])),
            float(one["handle_seconds"]),
            one["text"],
            tuple(Note(float(note["time_seconds"]), note["text"]) for note in one["notes"]),
        )
        for one in row["moments"]
    )
    return Collection(row["collection_id"], row["name"], row["created_at"], moments)
