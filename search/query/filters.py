"""Filters: which videos, and which part of each, are searched. Pure: no library, no clock.

`created_span` and `video_fits_name` parse what people write; the values are checked by `Filters` itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from math import inf
from pathlib import PurePath

from indexer.errors import QueryError
from indexer.records import TimeSpan, Video
from indexer.store.tags import tag_key
from indexer.subtitles.languages import standard_language
from indexer.words.folding import fold_name

_PERIOD = re.compile(r"([0-9]{4})(?:-([0-9]{1,2}))?(?:-([0-9]{1,2}))?")
_LEAST_ID_DIGITS = 4
"""Digits of a video's id that name it, as in `Library.find_video`."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on a video and on a span of it. All that are given must hold; without any, everything passes.

    Every range is half-open: `from` is inside, `to` is not. Raises QueryError where one ends before it starts.
    """

    videos: tuple[str, ...] = ()
    """Names of which one must fit: an id, its first digits (4 or more), a full path, or a file's name with or without
    its ending, also after some of its folders, as `2023/trip.mp4`; `*` and `?` stand for any characters. Case and
    accents do not matter in names."""
    folders: tuple[str, ...] = ()
    """Folders of which one must hold the video at any depth: a full path, or one or more neighbouring names of it, as
    `2023` or `2023/paris`; `*` and `?` stand for characters of one name. Case and accents do not matter."""
    tags: tuple[str, ...] = ()
    """The person's tags, all of which the video must have. Case and accents do not matter."""
    created_from: datetime | None = None
    """Of `Video.created`; aware."""
    created_to: datetime | None = None
    duration_from_seconds: float | None = None
    duration_to_seconds: float | None = None
    time_from_seconds: float | None = None
    """Part of the video that counts, player's clock."""
    time_to_seconds: float | None = None
    languages: tuple[str, ...] = ()
    """BCP 47 tags of which one must be a language of its subtitles or speech; `pt` stands for `pt-BR` too."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("created", self.created_from, self.created_to),
            ("duration", self.duration_from_seconds, self.duration_to_seconds),
            ("time", self.time_from_seconds, self.time_to_seconds),
        ):
            if low is not None and high is not None and low >= high:  # pyright: ignore[reportOperatorIssue]
                raise QueryError(f"{name} from {low} to {high} is an empty range; give the smaller value first")

    def __bool__(self) -> bool:
        """Whether anything is filtered at all."""
        return self != Filters()

    def matches(self, video: Video) -> bool:
        """Whether this video is searched, by everything but the time within it."""
        return (
            (not self.videos or any(video_fits_name(video, name) for name in self.videos))
            and (not self.folders or any(is_in_folder(video, folder) for folder in self.folders))
            and {fold_name(tag_key(tag)) for tag in self.tags} <= {fold_name(tag_key(tag)) for tag in video.tags}
            and (not self.languages or any(is_in_language(video, one) for one in self.languages))
            and (self.created_from is None or video.created >= self.created_from)
            and (self.created_to is None or video.created < self.created_to)
            and (self.duration_from_seconds is None or video.duration_seconds >= self.duration_from_seconds)
            and (self.duration_to_seconds is None or video.duration_seconds < self.duration_to_seconds)
        )

    def limit_to_time_filter(self, span: TimeSpan) -> TimeSpan | None:
        """The part of the span that lies in the time that counts; None where none does."""
        low = -inf if self.time_from_seconds is None else self.time_from_seconds
        high = inf if self.time_to_seconds is None else self.time_to_seconds
        if not (span.start_seconds < high and (span.stop_seconds > low or span.start_seconds >= low)):
            return None
        return TimeSpan(max(span.start_seconds, low), min(span.stop_seconds, high))


def video_fits_name(video: Video, name: str) -> bool:
    """Whether a video goes by that name; see `Filters.videos`."""
    wanted = fold_name(name)
    if len(wanted) >= _LEAST_ID_DIGITS and video.video_id.startswith(wanted):
        return True
    for path in map(PurePath, video.paths):
        if any(_fits(fold_name(one), wanted) for one in (str(path), path.name, path.stem)):
            return True
        parts = PurePath(wanted).parts  # without a leading `.`
        if len(parts) > 1 and _same_names(PurePath(fold_name(str(path))).parts[-len(parts) :], parts):
            return True
    return False


def is_in_folder(video: Video, folder: str) -> bool:
    """Whether a video lies in that folder, at any depth, at one of its paths; see `Filters.folders`."""
    wanted = PurePath(fold_name(folder)).parts
    if not wanted:
        return True
    for path in video.paths:
        parts = PurePath(fold_name(path)).parent.parts
        starts = [0] if PurePath(folder).is_absolute() else range(len(parts) - len(wanted) + 1)
        if any(_same_names(parts[start : start + len(wanted)], wanted) for start in starts):
            return True
    return False


def is_in_language(video: Video, language: str) -> bool:
    """Whether something of a video is said or written in that language; see `Filters.languages`."""
    wanted = language.casefold()
    return any(tag == wanted or tag.startswith(f"{wanted}-") for tag in map(str.casefold, video.language_tags))


def parse_language(text: str) -> str:
    """`de`, `ger`, `German`, `pt-BR` -> a tag of BCP 47.

    Raises:
        QueryError: it is no language.
    """
    language = standard_language(text)
    if not language:
        raise QueryError(f"{text!r} is not a language; use its code or English name, such as de or German")
    return language


def _same_names(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    return len(parts) == len(wanted) and all(map(_fits, parts, wanted))


def _fits(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern.replace("[", "[[]"))


def created_span(text: str) -> tuple[datetime, datetime]:
    """`2023`, `2023-05` or `2023-05-09` -> [its first instant, the first instant after it), UTC.

    Raises:
        QueryError: it is not such a date.
    """
    match = _PERIOD.fullmatch(text.strip())
    year, month, day = (None if part is None else int(part) for part in match.groups()) if match else (0, None, None)
    try:
        start = datetime(year or 0, 1 if month is None else month, 1 if day is None else day, tzinfo=UTC)
        if day is not None:
            return start, start + timedelta(days=1)
        months = start.year * 12 + (12 if month is None else month)
        return start, datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise QueryError(
            f"{text!r} is not a date; use a year, month or day, such as 2023, 2023-05 or 2023-05-09"
        ) from None
