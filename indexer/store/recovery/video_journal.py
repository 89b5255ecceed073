"""The journal of a library's videos: what people typed and what was written of each, apart from the tables.

Tags, corrections and names of speakers cannot be made again, so they must survive the loss of the table `videos`. Each
change appends one line with its own checksum and waits until it is on the disk; the last line of a video counts. The
line also says how many rows were written, which tells a repaired library what is missing.
"""

import base64
import json
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from indexer.records import Video
from indexer.store.folder import JOURNAL_FILE
from indexer.store.rows import decode_video, encode_videos
from indexer.store.schema import Maker
from indexer.store.storage.protocol import Storage

_REWRITE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What the journal says of one video."""

    video: Video
    rows: Mapping[str, int] = field(default_factory=dict[str, int])
    """Number of rows written: of `segments`, `frames`, and of texts by source. Kinds that are absent are unknown."""
    thumbnails: int | None = None
    """Checksum of the video's thumbnails; None where it is unknown."""


@dataclass(frozen=True, slots=True)
class JournalContent:
    """A journal that was read."""

    entries: dict[str, JournalEntry]
    """By video id."""
    damaged_lines: int


class VideoJournal:
    """The journal of one library. Only the library's writer appends."""

    def __init__(self, storage: Storage, maker: Maker) -> None:
        self._storage = storage
        self._maker = maker

    @property
    def exists(self) -> bool:
        return self._storage.exists(JOURNAL_FILE)

    def append(self, entries: Iterable[JournalEntry], removed: Collection[str] = ()) -> None:
        """Write what changed, and wait until it is on the disk. Raises OSError."""
        lines = [_line({"removed": video_id}) for video_id in removed] + [self._line_of(entry) for entry in entries]
        self._storage.append(JOURNAL_FILE, b"".join(lines))

    def read(self) -> JournalContent:
        """The newest entry of every video that was not removed. Raises OSError."""
        entries: dict[str, JournalEntry] = {}
        damaged = 0
        for line in self._read().splitlines():
            if not line:
                continue
            try:
                self._apply(_content(line), entries)
            except (ValueError, KeyError, TypeError, AttributeError):
                damaged += 1
        return JournalContent(entries, damaged)

    def rewrite(self, entries: Iterable[JournalEntry]) -> None:
        """Put a journal of these entries alone in place of the old one, atomically. Raises OSError."""
        self._storage.replace(JOURNAL_FILE, b"".join(self._line_of(entry) for entry in entries))

    def remove(self) -> None:
        """Forget everything: the next writer begins a new journal from the tables. Raises OSError."""
        self._storage.delete(JOURNAL_FILE)

    def rewrite_if_long(self, videos: int) -> None:
        """Drop superseded lines when they are most of a long journal.

        Args:
            videos: number of videos in the library.
        """
        if self._storage.size(JOURNAL_FILE) > _REWRITE_BYTES and self._read().count(b"\n") > 2 * videos:
            self.rewrite(self.read().entries.values())

    def _read(self) -> bytes:
        return self._storage.read(JOURNAL_FILE) if self.exists else b""

    def _apply(self, content: dict[str, Any], entries: dict[str, JournalEntry]) -> None:
        if "removed" in content:
            entries.pop(content["removed"], None)
            return
        video = _video_from_json(content["video"])
        before = entries.get(video.video_id)
        rows = {**(before.rows if before else {}), **content.get("rows", {})}
        thumbnails = content.get("thumbnails", before.thumbnails if before else None)
        entries[video.video_id] = JournalEntry(video, rows, thumbnails)

    def _line_of(self, entry: JournalEntry) -> bytes:
        content: dict[str, Any] = {"video": _video_to_json(entry.video, self._maker)}
        if entry.rows:
            content["rows"] = dict(entry.rows)
        if entry.thumbnails is not None:
            content["thumbnails"] = entry.thumbnails
        return _line(content)


def journal_entries(videos: Sequence[Video], rows: Mapping[str, Mapping[str, int]]) -> list[JournalEntry]:
    """Entries of videos that are in a library already; `rows` are counts by video id and kind."""
    return [JournalEntry(video, rows.get(video.video_id, {})) for video in videos]


def _line(content: dict[str, Any]) -> bytes:
    text = json.dumps(content, separators=(",", ":"), sort_keys=True).encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _content(line: bytes) -> dict[str, Any]:
    """Raises ValueError where the line is not as it was written."""
    crc, _, text = line.partition(b" ")
    if int(crc, 16) != zlib.crc32(text):
        raise ValueError("another checksum")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _video_to_json(video: Video, maker: Maker) -> dict[str, Any]:
    row = encode_videos([video], maker).to_pylist()[0]
    for voice in row["voices"] or ():
        voice["vector"] = base64.b64encode(voice["vector"]).decode("ascii")
    return row


def _video_from_json(row: dict[str, Any]) -> Video:
    for voice in row["voices"] or ():
        voice["vector"] = base64.b64decode(voice["vector"])
    return decode_video(row)


def count_damaged_lines(storage: Storage) -> int:
    """Lines of a library's journal that are not as they were written, but for a last one that a crash cut off."""
    try:
        lines = storage.read(JOURNAL_FILE).split(b"\n")
    except OSError:
        return 0
    damaged = 0
    for line in filter(None, lines[:-1]):
        try:
            _content(line)
        except ValueError:
            damaged += 1
    return damaged
