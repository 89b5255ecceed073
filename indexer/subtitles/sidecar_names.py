"""Sidecar names: a video in, the subtitle files that belong to it out, with the language that each name says.

Names as players, downloaders, rippers and people give them: `film.srt`, `film.en.forced.srt`, `film (English).srt`,
`film [id].en-orig.vtt`, `film_track3_[eng].srt`, `Subs/film.srt`, `Subs/film/2_English.srt`. Names are compared without
case, composed or decomposed.
"""

import os
import re
import stat
import unicodedata
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from indexer.subtitles.encoding import decode_file
from indexer.subtitles.folders import Folder, list_folder
from indexer.subtitles.formats.parse import parse_subtitles
from indexer.subtitles.formats.ttml import is_ttml
from indexer.subtitles.languages import FLAGS, language_of_tag, language_of_tags

SIDECAR_SUFFIXES = frozenset(
    ".srt .vtt .ass .ssa .ttml .dfxp .itt .smi .sami .sub .sbv .lrc .scc .mpl .mpl2 .srv1 .srv2 .srv3 .json3".split()
)
"""Of files that are read. `.sub` is MicroDVD or SubViewer where it is text."""
OTHER_TEXT_SUFFIXES = frozenset({".txt", ".xml"})
"""Of files that are read where their first lines have the times of a subtitle format; most others are no subtitles."""
UNREAD_SUFFIXES = {
    ".idx": "it contains bitmap subtitles (VobSub), not text",
    ".sup": "it contains bitmap subtitles (PGS), not text",
    **dict.fromkeys(
        ".stl .pac .890 .cap .usf .jss .ssf .psb .aqt .dks .vsf .ttxt .rt .xas .cin .asc .mcc".split(),
        "its format is not supported",
    ),
}
"""Of subtitle files that are not read, with the reason."""
SUBTITLE_FOLDERS = frozenset({"subs", "sub", "subtitles", "subtitle"})
"""Words in the name of a folder of subtitles."""
_VIDEO_SUFFIXES = frozenset(".mp4 .mkv .avi .mov .webm .m4v .ts .m2ts .wmv .mpg .mpeg .flv .ogv .vob .3gp".split())

_SEPARATORS = re.compile(r"[\s._\-()\[\]{},;+&~#]+")
_STARTS_TAGS = tuple(" ._-([{,+~#")
_SHORT_TAG = re.compile(r"[A-Za-z]{2,12}([-_][A-Za-z0-9]{2,8})*")
_TRACK = re.compile(r"(?:track|sub|cd|part|v|stream|tt)?\d{1,4}(?:ms)?")
_DOWNLOADED = re.compile(r"[a-z]{2,3}(?:-[\w-]{1,40})?", re.IGNORECASE)
_MOST_TAGS = 3
_MOST_NESTED = 3
"""Folders below that of the video: `Rus Sub/[Group]/Forced`."""
_HEAD_BYTES = 16 << 10
_LEAST_CUES = 2
_MOST_LINES_A_CUE = 6
"""SubRip has a number, the times, and seldom more than three lines."""
_UNFINISHED = "\0"
"""In place of what follows the video's name: the name of the file is only its beginning."""


@dataclass(frozen=True, slots=True)
class UnreadSidecar:
    """A file that seems to hold subtitles of a video, and is not read."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class SidecarFiles:
    """The subtitle files of one video, each sorted by path."""

    read: tuple[Path, ...] = ()
    unread: tuple[UnreadSidecar, ...] = ()


def find_sidecars(video: Path) -> SidecarFiles:
    """The subtitle files that belong to `video`, beside it and in a folder `Subs`; a folder that cannot be listed has
    none.

    What stands between the video's name and the suffix must look like languages, flags and numbers, and the file must
    not belong to another one: `film.part.srt` belongs to `film.part.mp4` where that exists.
    """
    folder = list_folder(video.parent)
    subtitle_folders = tuple(_folders_of_subtitles(folder))
    read: list[Path] = []
    unread: list[UnreadSidecar] = []
    for file, rest in sorted(_claims(folder, subtitle_folders).get(video.name, ())):
        reason = UNREAD_SUFFIXES.get(file.suffix.lower(), "")
        if rest == _UNFINISHED:
            unread.append(UnreadSidecar(file, "its name is only the beginning of the video's"))
        elif not _are_tags(rest):
            reason = f"{rest.strip()!r} after the video's name is not a language, flag or number"
            unread += [UnreadSidecar(file, reason)] if file.suffix.lower() in SIDECAR_SUFFIXES else []
        elif reason:
            unread.append(UnreadSidecar(file, reason))
        else:
            read.append(file)
    pictures = {item.path.stem for item in unread if item.path.suffix.lower() == ".idx"}
    read = [file for file in read if not (file.suffix.lower() == ".sub" and file.stem in pictures)]
    return SidecarFiles(tuple(read), tuple(unread))


def sidecar_files(video: Path) -> list[Path]:
    """The subtitle files of a video that are read."""
    return list(find_sidecars(video).read)


def sidecars_of(paths: Sequence[Path]) -> SidecarFiles:
    """Those of the first of a video's copies that has any to read, else of the first with any at all."""
    found = [find_sidecars(path) for path in paths]
    return next((one for one in found if one.read), next((one for one in found if one.unread), SidecarFiles()))


def language_of_name(file: Path, videos: Iterable[Path] = ()) -> str:
    """The language that a subtitle file's name says after the name of its video, as `pt-BR`; empty where it says none.

    Args:
        videos: whose name the file's begins with; without any, those beside it. Where the file begins with no video's
            name, only what stands at its end and can be nothing else counts: a title may look like a code.
    """
    beside = [item for item in list_folder(file.parent).files if not _may_be_sidecar(item)]
    names = {_key(name) for video in (list(videos) or beside) for name in (video.name, video.stem)}
    prefix, rest = _owner(file.stem, names)
    if prefix:
        return language_of_tags(_tags(rest)) or _language_of_folders(file)
    tags = _tags(file.stem)
    is_numbered = bool(_subtitle_folder_above(file)) or bool(tags and _TRACK.fullmatch(tags[0]))
    at_end = list(takewhile(_is_tag, reversed(tags if is_numbered else tags[1:])))
    return language_of_tags(at_end[::-1]) or _language_of_folders(file)


def _language_of_folders(file: Path) -> str:
    """What the folders of subtitles say in which the file lies, as `Eng Sub`."""
    return language_of_tags([tag for folder in _subtitle_folder_above(file) for tag in _tags(folder.name)])


def _subtitle_folder_above(file: Path) -> list[Path]:
    """The folder of subtitles in which a file lies and those between the two, from above; empty where there is none."""
    near = list(file.parents)[:_MOST_NESTED]
    depth = next((depth for depth, folder in enumerate(near) if _is_subtitle_folder(folder.name)), -1)
    return near[depth::-1] if depth >= 0 else []


def _is_subtitle_folder(name: str) -> bool:
    """Whether a folder's name says that it holds subtitles: `Subs`, `Eng Sub`, `Subtitles (forced)`."""
    tags = [tag.casefold() for tag in _tags(name)]
    return not SUBTITLE_FOLDERS.isdisjoint(tags) and all(map(_is_tag, tags))


def _folders_of_subtitles(folder: Folder) -> Iterator[Folder]:
    """The folders of subtitles in a folder, and those in them."""
    found = [list_folder(item) for item in folder.folders if _is_subtitle_folder(item.name)]
    for _ in range(_MOST_NESTED):
        yield from found
        found = [list_folder(item) for one in found for item in one.folders]


_ALL_SUFFIXES = SIDECAR_SUFFIXES | UNREAD_SUFFIXES.keys()


@lru_cache(maxsize=64)
def _claims(folder: Folder, subtitle_folders: tuple[Folder, ...]) -> dict[str, list[tuple[Path, str]]]:
    """File name of a video -> its subtitle files, each with what follows the video's name in its own."""
    others = [file.name for file in folder.files if not _may_be_sidecar(file)]
    owners: dict[str, list[str]] = {}
    for name in others:
        for known in dict.fromkeys((name, os.path.splitext(name)[0])):  # noqa: PTH122 - tens of thousands of them
            owners.setdefault(_key(known), []).append(name)
    videos = [name for name in others if Path(name).suffix.lower() in _VIDEO_SUFFIXES]
    keys = sorted((_key(os.path.splitext(name)[0]), name) for name in others)  # noqa: PTH122
    claims: dict[str, list[tuple[Path, str]]] = {}
    for place in (folder, *subtitle_folders):
        own = owners.get(_key(place.path.name), []) if place is not folder else []  # `Subs/film/2_English.srt`
        for file in place.files:
            if not _may_be_sidecar(file):
                continue
            prefix, rest = _owner(file.stem, owners)
            names = owners.get(_key(prefix), [])
            found = [(name, rest) for name in [name for name in names if name.startswith(prefix)] or names]
            if not prefix and place is not folder and (own or len(videos) == 1):
                found = [(name, "") for name in own or videos]  # `Subs/2_English.srt`
            for name, after in found or _versions(file.stem, keys):
                claims.setdefault(name, []).append((file, after))
    return claims


def _may_be_sidecar(file: Path) -> bool:
    suffix = file.suffix.lower()
    return suffix in _ALL_SUFFIXES or (suffix in OTHER_TEXT_SUFFIXES and _begins_as_subtitles(file))


def _begins_as_subtitles(file: Path) -> bool:
    """Whether the beginning of a file holds cues and, beside them, hardly anything else."""
    try:
        found = file.stat()
        return stat.S_ISREG(found.st_mode) and _holds_cues(file, found.st_mtime_ns, found.st_size)
    except OSError:
        return False


@lru_cache(maxsize=4096)
def _holds_cues(file: Path, changed_ns: int, size: int) -> bool:
    """Reads the file once for each of its versions, which the last two arguments tell apart. Raises OSError."""
    with file.open("rb") as stream:
        text = decode_file(stream.read(_HEAD_BYTES)).text.replace("\r", "")
    cues = parse_subtitles(text).cues
    lines = sum(bool(line.strip()) for line in text.split("\n"))
    return len(cues) >= _LEAST_CUES and (is_ttml(text) or lines <= _MOST_LINES_A_CUE * len(cues))


def _versions(stem: str, keys: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The videos of which a stem without its tags is only the beginning: `film.en.srt` belongs to `film - 1080p.mkv`
    (Jellyfin's versions), and may belong to `film.1080p.mkv`.

    Args:
        keys: of the stems of all videos, each with the file's name, sorted.
    """
    parts = unicodedata.normalize("NFC", stem).split(".")
    while len(parts) > 1 and _is_tag(parts[-1]):
        parts.pop()
    base = _key(".".join(parts))
    for key, name in keys[bisect_left(keys, (base, "")) :]:
        if not key.startswith(base):
            return
        if key.startswith(f"{base} - "):
            yield name, ""
        elif key[len(base) :].startswith(_STARTS_TAGS):
            yield name, _UNFINISHED


def _owner(stem: str, owners: Container[str]) -> tuple[str, str]:
    """The longest known name with which a stem begins, as it is written there, and the rest; both empty without any."""
    plain = unicodedata.normalize("NFC", stem)
    for end in range(len(plain), 0, -1):
        if (end == len(plain) or plain[end] in _STARTS_TAGS) and _key(plain[:end]) in owners:
            return plain[:end], plain[end:]
    return "", ""


def _are_tags(rest: str) -> bool:
    """Whether what follows a video's name says nothing but which track this is."""
    if not rest:
        return True
    parts = [part for part in _SEPARATORS.split(rest) if part]
    if all(_is_tag(part) for part in parts):
        return True
    if not rest.startswith("."):
        return False
    dotted = rest[1:].split(".")
    if len(dotted) <= _MOST_TAGS and all(_SHORT_TAG.fullmatch(part) for part in dotted):
        return True
    last = dotted[-1]
    says_language = bool(language_of_tag(last)) or any(language_of_tag(part) for part in dotted[1:])
    return says_language and (len(dotted) > 1 or _DOWNLOADED.fullmatch(last) is not None)  # a title before it


def _is_tag(part: str) -> bool:
    plain = part.casefold()
    return plain in FLAGS or _TRACK.fullmatch(plain) is not None or bool(language_of_tag(part))


_BETWEEN_TAGS = re.compile(r"[\s.()\[\]{},;+&~#]+|(?<![A-Za-z])_|_(?![A-Za-z]{2}(?![A-Za-z]))")
"""Not the line in `pt_BR`."""


def _tags(rest: str) -> list[str]:
    """The parts of what follows a video's name, `pt-BR` in one piece."""
    return [tag for part in _BETWEEN_TAGS.split(rest) if (tag := part.strip("-"))]


def _key(name: str) -> str:
    """A name as names are compared."""
    composed = unicodedata.normalize("NFC", name)
    return unicodedata.normalize("NFC", composed.casefold())
