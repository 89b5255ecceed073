"""Files and folders -> the files that may be videos or sound, judged by names and first bytes. Decodes nothing."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import UsageError

MEDIA_SUFFIXES = frozenset(
    ".3g2 .3ga .3gp .aac .ac3 .aif .aifc .aiff .amr .amv .ape .asf .au .avi .awb .caf .divx .dts .dv .eac3 .f4v .flac "
    ".flv .gif .h264 .h265 .hevc .ivf .m1v .m2t .m2ts .m2v .m4a .m4b .m4s .m4v .mjpeg .mjpg .mk3d .mka .mkv .mov .mp2 "
    ".mp3 .mp4 .mpc .mpe .mpeg .mpg .mpv .mts .mxf .nsv .nut .obu .oga .ogg .ogm .ogv .opus .qt .ra .rm .rmvb .spx .ts "
    ".tta .vob .w64 .wav .weba .webm .webp .wma .wmv .wv .y4m".split()
)
"""Suffixes that always count as possible videos or sound; the two share several of them."""
IGNORED_SUFFIXES = frozenset(
    ".srt .vtt .ass .ssa .sub .idx .txt .md .pdf .json .jsonl .xml .html .nfo .csv .log .py .js .css .zip "
    ".gz .7z .rar .jpg .jpeg .png .bmp .tif .tiff .heic .svg .psd .doc .docx .ppt .pptx .xls .xlsx .ini "
    ".db .part .crdownload".split()
)
"""Suffixes that are never videos or sound: in a folder they are ignored silently."""
_MAGIC = (
    *(b"\x1aE\xdf\xa3", b"OggS", b"FLV", b"RIFF", b"\x00\x00\x01\xba", b"\x30\x26\xb2\x75", b"GIF8"),
    *(b"fLaC", b"ID3", b"#!AMR", b"wvPk", b"MAC ", b"caff", b"RF64"),
)


@dataclass(frozen=True, slots=True, order=True)
class FoundFile:
    """A file that may be a video or sound."""

    path: Path
    """Absolute; a symbolic link keeps its own name."""
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A file whose status or bytes cannot be read."""

    path: Path
    reason: str


def scan_for_videos(paths: Sequence[Path], *, exclude: Path | None = None) -> list[FoundFile | UnreadableFile]:
    """Lists the files under these paths, sorted, each real file once; follows nested folders and symbolic links.

    A file that the caller names is always listed. In a folder, hidden files and `IGNORED_SUFFIXES` are left out.

    Args:
        paths: files or folders.
        exclude: a folder that is not entered (the library itself).

    Raises:
        UsageError: a path does not exist.
    """
    found: dict[Path, FoundFile | UnreadableFile] = {}
    seen_folders: set[tuple[int, int]] = set()
    for path in paths:
        absolute = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - resolve() would rename links
        if not absolute.exists():
            raise UsageError(f"{path} does not exist; give a file or a folder of videos or recordings")
        candidates = _walk(absolute, seen_folders, exclude) if absolute.is_dir() else [absolute]
        for file in candidates:
            found.setdefault(file, _examine(file))
    return _drop_duplicates(sorted(found.values(), key=lambda item: item.path))


def _walk(folder: Path, seen: set[tuple[int, int]], exclude: Path | None) -> Iterator[Path]:
    try:
        status = folder.stat()
        entries = sorted(folder.iterdir())
    except OSError:
        return
    identity = (status.st_dev, status.st_ino)
    if identity in seen or (exclude is not None and folder.resolve() == exclude.resolve()):
        return
    seen.add(identity)
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(entry, seen, exclude)
        elif _may_be_video(entry):
            yield entry


def _may_be_video(file: Path) -> bool:
    suffix = file.suffix.lower()
    if suffix in MEDIA_SUFFIXES:
        return True
    if suffix in IGNORED_SUFFIXES or not file.is_file():
        return False
    try:
        with file.open("rb") as stream:
            head = stream.read(377)
    except OSError:
        return False
    is_transport_stream = len(head) > 188 and head[0] == head[188] == 0x47
    is_aiff = head.startswith(b"FORM") and head[8:11] == b"AIF"
    return head[4:8] == b"ftyp" or head.startswith(_MAGIC) or is_transport_stream or is_aiff or _is_mpeg_audio(head)


def _is_mpeg_audio(head: bytes) -> bool:
    """Whether a frame of MP3 (ISO/IEC 11172-3, 2.4.1.3) or ADTS (ISO/IEC 13818-7, 6.2) comes first."""
    if len(head) < 4 or head[0] != 0xFF:
        return False
    is_mp3 = head[1] & 0xE6 == 0xE2 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3
    return is_mp3 or head[1] & 0xF6 == 0xF0


def _examine(file: Path) -> FoundFile | UnreadableFile:
    try:
        str(file).encode()
    except UnicodeEncodeError:
        return UnreadableFile(file, "its name is not valid Unicode, so it cannot be stored; rename the file")
    try:
        status = file.stat()
    except OSError as error:
        return UnreadableFile(file, f"it cannot be read ({error.strerror}); check the link or the permissions")
    if not os.access(file, os.R_OK):
        return UnreadableFile(file, "it may not be read; check its permissions")
    return FoundFile(file, status.st_size, status.st_mtime_ns)


def _drop_duplicates(files: Iterable[FoundFile | UnreadableFile]) -> list[FoundFile | UnreadableFile]:
    """Keeps the first path of each real file: a link and its target, or two links to one file, are one file."""
    result: list[FoundFile | UnreadableFile] = []
    seen: set[Path] = set()
    for file in files:
        real = file.path.resolve()
        if real not in seen:
            seen.add(real)
            result.append(file)
    return result
