"""Sidecars: subtitle files (SRT, VTT, ASS, SSA) beside a video, found by their names and parsed by pysubs2.

Their times count from the first frame, as in a player. Embedded tracks come from `indexer.decode.video`.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

import pysubs2

from indexer.errors import VideoError
from indexer.records import Segment, TimedText, TimeSpan
from indexer.subtitles.cues import clean_cues
from indexer.subtitles.encoding import decode_subtitles
from indexer.subtitles.folder_listings import FolderListings

SIDECAR_CODECS = {".srt": "subrip", ".vtt": "webvtt", ".ass": "ass", ".ssa": "ass"}
"""Suffixes of sidecars, with FFmpeg's names of their codecs."""
MAX_FILE_BYTES = 16 << 20
"""A day of speech is about 2 MB of text; heavily typeset ASS files reach some 10 MB."""
MAX_CUES = 200_000

_TAG = re.compile(r"[A-Za-z]{2,12}([-_][A-Za-z0-9]{2,8})*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_NOT_LANGUAGES = {"cc", "sdh"}
_MAX_TAGS = 3
_INLINE_TIME = re.compile(r"<(\d{1,4}:)?\d{1,2}:\d{2}[.,]\d{1,3}>")
"""Karaoke times inside a VTT cue; pysubs2 takes a line with two of them for the start of a cue."""


class SubtitleError(VideoError):
    """A subtitle file that cannot be read; the video itself is indexed without it."""

    kind = "subtitles"


def sidecar_files(video: Path, folders: FolderListings | None = None) -> list[Path]:
    """Subtitle files that belong to `video`: `NAME.srt`, `NAME.en.srt`, `NAME.mp4.srt`, ..., sorted.

    The part between the name and the suffix must look like a language or a flag (`en`, `pt-BR`, `forced`), and must not
    belong to the name of another file: `film.part.srt` belongs to `film.part.mp4` where that exists. A folder that
    cannot be listed has no sidecars.

    Args:
        folders: listings that are shared by many videos; None lists the folder anew.
    """
    listing = (folders or folder_listings()).of(video.parent)
    return [
        item for item in listing.subtitles_that_begin_with(video.stem) if _belongs(item, video, listing.other_stems)
    ]


def folder_listings() -> FolderListings:
    """Listings for `sidecar_files`, of no folder yet."""
    return FolderListings(SIDECAR_CODECS)


def _belongs(file: Path, video: Path, other_stems: set[str]) -> bool:
    if file.suffix.lower() not in SIDECAR_CODECS:
        return False
    if file.stem in (video.stem, video.name):
        return True
    tags = _tags(file, video)
    return bool(tags) and all(_TAG.fullmatch(tag) for tag in tags) and file.stem not in other_stems


def _tags(file: Path, video: Path) -> list[str]:
    for base in (video.name, video.stem):
        if file.stem.startswith(f"{base}."):
            return file.stem[len(base) + 1 :].split(".")[: _MAX_TAGS + 1]
    return []


def read_sidecar(file: Path) -> list[TimedText]:
    """The cleaned cues of a subtitle file, in order of their start, with the language from its name.

    Raises:
        SubtitleError: the file cannot be read, is too large, or holds no cue; names the file and the way out.
    """
    text = decode_subtitles(_read_bytes(file)).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    # pysubs2 is slow on runs of blank lines.
    text = re.sub(r"\n[^\S\n]*(?:\n[^\S\n]*){2,}", "\n\n", _INLINE_TIME.sub("", text))
    codec = _detect_codec(text, file)
    try:
        parsed = pysubs2.SSAFile.from_string(
            text, format_={"subrip": "srt", "webvtt": "vtt"}.get(codec, codec), keep_html_tags=True
        )
    except Exception as error:  # the parser lets ValueError, KeyError and others through on damaged files
        raise _broken(file, f"it cannot be parsed: {error}") from error
    if not parsed.events:
        raise _broken(file, "no cue was found in it")
    if len(parsed.events) > MAX_CUES:
        raise _broken(file, f"it holds {len(parsed.events)} cues, more than {MAX_CUES}")
    language = _language(file)
    cues = [
        TimedText(TimeSpan(event.start / 1000, event.end / 1000), _cue_text(event.text, codec), language)
        for event in parsed.events
        if not event.is_comment and event.start < event.end  # a player never shows a cue that ends before it starts
    ]
    return clean_cues(cues, codec)


def _read_bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise SubtitleError(
            f"subtitle file {file} cannot be read: {error.strerror or error}; mend its permissions or remove it"
        ) from error
    if len(raw) > MAX_FILE_BYTES:
        raise _broken(file, f"it is larger than {MAX_FILE_BYTES >> 20} MiB")
    return raw


def _broken(file: Path, reason: str) -> SubtitleError:
    return SubtitleError(
        f"subtitle file {file} cannot be used: {reason}; replace it by a valid SRT, VTT or ASS file, or remove it"
    )


def _detect_codec(text: str, file: Path) -> str:
    """The codec by content, since suffixes may be wrong; by the suffix where the content does not decide."""
    head = text[:4096]
    if head.lstrip().startswith("WEBVTT"):
        return "webvtt"
    if re.search(r"^\[(Script Info|V4\+? Styles|Events)\]", head, re.MULTILINE | re.IGNORECASE):
        return "ssa" if re.search(r"^\[V4 Styles\]", text, re.MULTILINE | re.IGNORECASE) else "ass"
    first_time = re.search(r"([.,])\d{1,3}[^\S\n]*-->", head)
    has_points = first_time is not None and first_time.group(1) == "."
    return "webvtt" if has_points and file.suffix.lower() == ".vtt" else "subrip"


def _cue_text(text: str, codec: str) -> str:
    """Text of one event. A VTT cue ends at the first blank line: a comment or the next cue's name may follow it."""
    return text.split(r"\N\N", 1)[0] if codec == "webvtt" else text


def _language(file: Path) -> str:
    """The first part of the name that looks like a language tag: `en` of `film.en.forced.srt`, else empty."""
    for part in file.stem.split(".")[1:]:
        if _LANGUAGE.fullmatch(part) and part.lower() not in _NOT_LANGUAGES:
            return part.replace("_", "-")
    return ""


def segment_of_subtitle(span: TimeSpan, segments: Sequence[Segment]) -> int:
    """Index of the segment that `span` overlaps most; the first of equals, or the nearest where none overlaps.

    Args:
        segments: in order of time, without overlap.

    Raises:
        ValueError: there are no segments.
    """
    if not segments:
        raise ValueError("a text cannot be assigned to a segment of a video without segments")
    first = bisect_right(segments, span.start_seconds, key=lambda segment: segment.span.start_seconds) - 1
    best = max(first, 0)
    for place in range(best + 1, len(segments)):
        candidate = segments[place].span
        if candidate.start_seconds >= span.stop_seconds:
            break
        if candidate.intersection_seconds(span) > segments[best].span.intersection_seconds(span):
            best = place
    return best


def sidecars_of(paths: Sequence[Path], folders: FolderListings | None = None) -> list[Path]:
    """Sidecars of the first of a video's copies that has any, as `sidecar_files`."""
    return next((files for path in paths if (files := sidecar_files(path, folders))), [])
