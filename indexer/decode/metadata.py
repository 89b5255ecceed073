"""Container tags to `VideoMetadata`: tag names, dates, locations and chapters, and conversion to JSON and back. Pure.

Tags are untrusted: texts are sanitized and truncated, implausible dates and locations dropped. Leaves out opening the
container (`worker.container_tags`, in the decoder child).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from indexer.records import Chapter, Place, TimeSpan, VideoMetadata

MAX_LINE_CHARACTERS = 200
"""Of a title, a name or a camera."""
MAX_TEXT_CHARACTERS = 2000
"""Of a comment or description."""
MAX_CHAPTERS = 1000
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before any digital video. Unset clocks give 1904 (QuickTime's epoch) or 1970."""
_CLOCKS_AHEAD = timedelta(days=1)
"""Local time stored as UTC can be up to 14 hours ahead."""
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = {"\u200c", "\u200d"}
"""Needed by Persian, Indic scripts and emoji."""
_CREATED = ("com.apple.quicktime.creationdate", "creation_time", "date_recorded", "date")
"""The first plausible one counts. Apple's is the time of recording with its zone; `creation_time` may be that of an
export."""
_LOCATION = ("com.apple.quicktime.location.iso6709", "location", "recording_location")
_EXIF_DATE = re.compile(r"([0-9]{4}):([0-9]{2}):([0-9]{2})\b")
_WITH_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
_ISO_6709 = re.compile(
    r"([+-])([0-9]{1,2}|[0-9]{4}|[0-9]{6})(\.[0-9]*)?([+-])([0-9]{1,3}|[0-9]{5}|[0-9]{7})(\.[0-9]*)?"
    r"(?:[+-][0-9]+(?:\.[0-9]*)?)?(?:CRS[^/]*)?(?:/|$)"
)


@dataclass(frozen=True, slots=True)
class RawChapter:
    """A chapter as stored in the container, in container seconds."""

    start_seconds: float
    stop_seconds: float | None
    """None where the container does not say so."""
    title: str


def metadata_from_tags(
    tags: Mapping[str, str],
    chapters: Sequence[RawChapter],
    *,
    start_seconds: float,
    duration_seconds: float,
    now: datetime,
) -> VideoMetadata:
    """Metadata from container tags.

    Args:
        tags: of the container, merged over those of the video stream; names are case-insensitive.
        start_seconds: container time of 0 on the player's clock.
        duration_seconds: as declared, on the player's clock; 0 when unknown.
        now: later dates are implausible.
    """
    named = {name.lower(): value for name, value in tags.items()}

    def text(*names: str, limit: int = MAX_LINE_CHARACTERS) -> str:
        return next((found for name in names if (found := plain_tag_text(named.get(name, ""), limit=limit))), "")

    dates = (parse_tag_date(named.get(name, ""), now=now) for name in _CREATED)
    places = [named.get(name, "") for name in _LOCATION]
    created = next((date for date in dates if date), None)
    return VideoMetadata(
        title=text("title"),
        created=created.strftime("%Y-%m-%dT%H:%M:%SZ") if created else "",
        camera_make=text("com.apple.quicktime.make", "make", "com.android.manufacturer"),
        camera_model=text("com.apple.quicktime.model", "model", "com.android.model"),
        place=next((place for raw in places if (place := parse_iso_6709(raw))), None),
        place_name=text("com.apple.quicktime.location.name") or _place_name(places),
        artist=text("artist", "com.apple.quicktime.artist", "author", "com.apple.quicktime.author"),
        comment=text("comment", "com.apple.quicktime.comment", limit=MAX_TEXT_CHARACTERS),
        description=text(
            "description", "com.apple.quicktime.description", "synopsis", "summary", limit=MAX_TEXT_CHARACTERS
        ),
        chapters=chapters_on_player_clock(chapters, start_seconds=start_seconds, duration_seconds=duration_seconds),
    )


def plain_tag_text(raw: str, *, limit: int) -> str:
    """NFC text on one line without control characters, bidirectional overrides and lone surrogates, cut to `limit`."""
    head = unicodedata.normalize("NFC", raw[: 4 * limit])
    spaced = (" " if sign.isspace() else sign for sign in head)
    visible = (sign for sign in spaced if sign in _JOINERS or unicodedata.category(sign) not in _HIDDEN)
    return " ".join("".join(visible).split())[:limit].rstrip()


def parse_tag_date(raw: str, *, now: datetime) -> datetime | None:
    """A time in UTC, from ISO 8601, EXIF's `2010:05:03 12:33:11` or RFC 2822; without a zone, UTC is assumed.

    None for text that is not a date, lacks the day, or is implausible: before `EARLIEST` or after `now`.
    """
    text = _EXIF_DATE.sub(r"\1-\2-\3", raw[:100].strip(), count=1)
    try:
        found = datetime.fromisoformat(text) if _WITH_DAY.match(text) else parsedate_to_datetime(text)
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None
    return found if EARLIEST <= found <= now + _CLOCKS_AHEAD else None


def parse_iso_6709(raw: str) -> Place | None:
    """The location in ISO 6709 text such as `+40.6892-074.0445+010.000/`: degrees, with optional minutes and seconds.

    None for other text, for coordinates out of range, and for exactly 0, 0, which devices without a fix write.
    """
    match = _ISO_6709.match(raw[:100].strip())
    if not match:
        return None
    latitude = _degrees(match[1], match[2], match[3], whole=2)
    longitude = _degrees(match[4], match[5], match[6], whole=3)
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Place(latitude, longitude) if latitude or longitude else None


def _degrees(sign: str, digits: str, fraction: str | None, *, whole: int) -> float | None:
    """Decimal degrees: `+`, `403015`, `.5` -> 40.504306. None where minutes or seconds are 60 or more.

    Args:
        fraction: belongs to the last part, be it degrees, minutes or seconds.
        whole: number of digits of the degrees where minutes follow.
    """
    parts = [digits] if len(digits) <= whole else [digits[:whole], *re.findall("..", digits[whole:])]
    values = [float(part) for part in parts]
    values[-1] += float(f"0{fraction}") if fraction else 0.0
    if any(value >= 60 for value in values[1:]):
        return None
    degrees = sum(value / 60**power for power, value in enumerate(values))
    return round(-degrees if sign == "-" else degrees, 6) + 0.0


def _place_name(locations: Iterable[str]) -> str:
    """The name in a location tag: all of it without coordinates, or the text after them, as in 3GPP files."""
    for raw in locations:
        match = _ISO_6709.match(raw[:100].strip())
        name = plain_tag_text(raw.strip()[match.end() :] if match else raw, limit=MAX_LINE_CHARACTERS)
        if any(sign.isalpha() for sign in name):
            return name
    return ""


def chapters_on_player_clock(
    chapters: Sequence[RawChapter], *, start_seconds: float, duration_seconds: float
) -> tuple[Chapter, ...]:
    """Chapters on the player's clock, sorted by start.

    A chapter without a valid end lasts until the next one starts, the last one until the end of the video.
    """
    ordered = sorted(chapters, key=lambda chapter: chapter.start_seconds)[:MAX_CHAPTERS]
    converted: list[Chapter] = []
    for index, chapter in enumerate(ordered):
        start = max(0.0, chapter.start_seconds - start_seconds)
        stop = None if chapter.stop_seconds is None else chapter.stop_seconds - start_seconds
        if stop is None or stop <= start:
            later = (one.start_seconds - start_seconds for one in ordered[index + 1 :])
            stop = next((one for one in later if one > start), max(start, duration_seconds))
        if stop > start:
            converted.append(Chapter(TimeSpan(start, stop), plain_tag_text(chapter.title, limit=MAX_LINE_CHARACTERS)))
    return tuple(converted)


def clip_metadata(metadata: VideoMetadata, duration_seconds: float) -> VideoMetadata:
    """The metadata with chapters clipped to the measured duration of the video."""
    inside = (chapter for chapter in metadata.chapters if chapter.span.start_seconds < duration_seconds)
    chapters = (
        replace(one, span=TimeSpan(one.span.start_seconds, min(one.span.stop_seconds, duration_seconds)))
        for one in inside
    )
    return replace(metadata, chapters=tuple(chapters))


def metadata_to_json(metadata: VideoMetadata) -> dict[str, Any]:
    """Values for JSON, without empty fields. A chapter is [start, stop, title]."""
    filled = {name: value for name, value in asdict(metadata).items() if value}
    if metadata.chapters:
        filled["chapters"] = [[one.span.start_seconds, one.span.stop_seconds, one.title] for one in metadata.chapters]
    return filled


def metadata_from_json(values: Mapping[str, Any]) -> VideoMetadata:
    """Inverse of `metadata_to_json`."""
    place: dict[str, float] | None = values.get("place")
    chapters: Sequence[tuple[float, float, str]] = values.get("chapters", ())
    texts: dict[str, Any] = {name: value for name, value in values.items() if isinstance(value, str)}
    return VideoMetadata(
        **texts,
        place=Place(**place) if place else None,
        chapters=tuple(Chapter(TimeSpan(start, stop), title) for start, stop, title in chapters),
    )
