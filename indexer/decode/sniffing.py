"""Content sniffing where FFmpeg does not help: playlists, lone MP4 fragments, DRM, pictures that move.

Reads a bounded part of the file itself. Used before opening, since a playlist must never reach a demuxer, and after a
failure, to explain it. Leaves out parsing, which is FFmpeg's.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

HEAD_BYTES = 4096
_MAX_BOXES = 10_000
STILL_BRANDS = frozenset({"avif", "heic", "heix", "mif1", "crx"})
"""Major brands of still pictures in the MP4 family; `avis` and `hevc` are sequences of pictures."""

_PLAYLIST_STARTS: dict[bytes, str] = {
    b"#extm3u": "an HLS or M3U playlist",
    b"ffconcat": "an FFmpeg concat script",
    b"[playlist]": "a PLS playlist",
    b"<asx": "an ASX playlist",
    b"[reference]": "an ASF reference list",
    b"rtsptext": "an RTSP reference",
    b"rtsp://": "a stream address",
    b"http://": "a web address",
    b"https://": "a web address",
    b"v=0\r\n": "an SDP session description",
    b"v=0\n": "an SDP session description",
    b"<smil": "a SMIL playlist",
    b"<mpd": "a DASH manifest",
    b"<smoothstreamingmedia": "a Smooth Streaming manifest",
    b"<playlist": "an XSPF playlist",
    b"<compositionplaylist": "an IMF composition",
}
_XML_WORDS = (b"<mpd", b"<smil", b"<asx", b"<playlist", b"<smoothstreamingmedia", b"<compositionplaylist")
_PIFF_BOXES = {
    bytes.fromhex("a2394f525a9b4f14a2446c427c648df4"),  # sample encryption
    bytes.fromhex("8974dbce7be74c5184f97148f9882554"),  # track encryption
}
_CONTAINER_BOXES = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"mvex", b"edts"}


def playlist_kind(head: bytes) -> str:
    """The kind of playlist or reference file, empty for anything else.

    Args:
        head: the first `HEAD_BYTES` of the file.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, name in _PLAYLIST_STARTS.items():
        if text.startswith(start):
            return name
    if text.startswith((b"<?xml", b"<!--", b"<!doctype")):
        for word in _XML_WORDS:
            if word in text:
                return _PLAYLIST_STARTS[word]
    return ""


def is_animated_webp(head: bytes) -> bool:
    """A WebP whose extended header has the animation flag."""
    return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and len(head) > 20 and bool(head[20] & 0x02)


def is_animated_gif(stream: BinaryIO) -> bool:
    """A GIF of several images (GIF89a specification, appendix A)."""
    stream.seek(0)
    head = stream.read(13)
    if len(head) < 13 or not head.startswith(b"GIF8"):
        return False
    stream.seek(_color_table_bytes(head[10]), 1)
    images = 0
    while images < 2:
        kind = stream.read(1)
        if kind == b"\x2c":
            images += 1
            descriptor = stream.read(9)
            stream.seek(_color_table_bytes(descriptor[-1] if descriptor else 0) + 1, 1)
        elif kind == b"\x21":
            stream.seek(1, 1)
        else:
            return False
        while length := stream.read(1)[:1]:
            if not length[0]:
                break
            stream.seek(length[0], 1)
    return True


def _color_table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def is_still_iso(head: bytes) -> bool:
    """A still picture in the MP4 family: HEIF, AVIF, Canon's raw."""
    return head[4:8] == b"ftyp" and head[8:12].decode("ascii", "replace").strip() in STILL_BRANDS


def is_lone_fragment(head: bytes) -> bool:
    """A segment of a fragmented MP4 (DASH, HLS) without its initialization segment."""
    return head[4:8] in (b"styp", b"moof", b"sidx", b"emsg", b"prft")


def is_protected_iso(stream: BinaryIO) -> bool:
    """An MP4 with video or audio marked as encrypted (ISO/IEC 23001-7, or its predecessor PIFF)."""
    for kind, payload in _boxes(stream):
        if kind in (b"encv", b"sinf", b"senc", b"pssh"):
            return True
        if kind == b"uuid" and payload in _PIFF_BOXES:
            return True
    return False


def has_encrypted_track(stream: BinaryIO, sample_entry: bytes) -> bool:
    """An MP4 with a track of this sample entry: `encv` is an encrypted video track, `enca` an encrypted audio track.

    FFmpeg silently decodes such a track to garbage.
    """
    for kind, _ in _boxes(stream):
        if kind == sample_entry:
            return True
        if kind == b"moof":
            return False
    return False


def _boxes(stream: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Types of the boxes in the file, depth first, each with its first 16 payload bytes. Stops at a broken box."""
    size = stream.seek(0, 2)
    pending = [(0, size)]
    for _ in range(_MAX_BOXES):
        while pending and pending[-1][0] + 8 > pending[-1][1]:
            pending.pop()
        if not pending:
            return
        start, stop = pending.pop()
        stream.seek(start)
        header = stream.read(32)
        if len(header) < 8:
            return
        length, kind = struct.unpack_from(">I4s", header)
        offset = 8
        if length == 1 and len(header) >= 16:
            length, offset = struct.unpack_from(">Q", header, 8)[0], 16
        end = stop if length == 0 else min(stop, start + length)
        if end < start + offset:
            return
        pending.append((end, stop))
        yield kind, header[offset : offset + 16]
        if kind in _CONTAINER_BOXES:
            pending.append((start + offset, end))
        elif kind == b"stsd":
            pending.append((start + offset + 8, end))
