"""Embedded text tracks: packets of subtitle streams to cues that still contain markup.

Leaves out stripping the markup and guessing encodings (`indexer.subtitles`). Bitmap subtitles (PGS, VobSub, DVB) and
teletext are told, not read; closed captions inside the video are ignored.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

import av.error
from av.stream import Stream

from indexer.decode.protocol import Message
from indexer.decode.worker.av_types import InputContainer, Packet
from indexer.decode.worker.stream_selection import has_decoder

TEXT_CODECS = {
    "subrip": "subrip",
    "srt": "subrip",
    "text": "text",
    "mov_text": "mov_text",
    "ass": "ass",
    "ssa": "ass",
    "webvtt": "webvtt",
}
"""FFmpeg's names of codecs and decoders -> `TextTrack.codec`."""
MAX_CUES = 200_000
MAX_CUE_BYTES = 64 << 10
MAX_DOCUMENT_BYTES = 4 << 20
"""Of one sample of TTML, which may hold all cues of a track."""


@dataclass(slots=True)
class TextCollector:
    """Collects the cues of one track."""

    stream_index: int
    codec: str
    language: str
    tick: float
    """Seconds per unit of the packets' times."""
    cues: list[tuple[float, float | None, str]] = field(default_factory=list[tuple[float, float | None, str]])
    """(start, stop or None, text) in container seconds."""

    def add(self, pts: int | None, duration: int | None, data: bytes) -> None:
        """Add the cues of a packet. A packet without a timestamp is dropped."""
        if pts is None or len(self.cues) >= MAX_CUES:
            return
        start = pts * self.tick
        stop = start + duration * self.tick if duration else None
        if is_xml_cue(data):
            self.codec = "ttml"
            self.cues.append((start, stop, _decode(data[:MAX_DOCUMENT_BYTES])))
            return
        for text in cue_texts(self.codec, data[:MAX_CUE_BYTES]):
            self.cues.append((start, stop, text))

    def to_message(self, start_seconds: float) -> Message:
        """The track with its cues on the player's clock, as JSON.

        A cue without a duration lasts until the next one starts; an empty cue only ends its predecessor.
        """
        ordered = sorted(self.cues, key=lambda cue: cue[0])
        cues: list[tuple[float, float, str]] = []
        for index, (start, stop, text) in enumerate(ordered):
            if stop is None:
                stop = next((cue[0] for cue in ordered[index + 1 :] if cue[0] > start), start)
            if text.strip():
                cues.append((start - start_seconds, stop - start_seconds, text))
        return {"stream_index": self.stream_index, "codec": self.codec, "language": self.language, "cues": cues}


def cue_texts(codec: str, data: bytes) -> list[str]:
    """The texts in one packet, with markup; an empty one where the packet clears the screen."""
    if codec == "mov_text":
        return [_mov_text(data)]
    if codec == "webvtt":
        return _webvtt(data)
    text = _decode(data)
    if codec == "ass":
        return [_ass_text(text)]
    return [text]


def _decode(data: bytes) -> str:
    """Text in UTF-8 or UTF-16 with a BOM. Bytes that are neither become lone surrogates, so that the encoding of the
    whole track can be judged later. Trailing NULs are dropped."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").rstrip("\0")
    return data.rstrip(b"\0").removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def _mov_text(data: bytes) -> str:
    """3GPP timed text: a 16-bit length, then the text, then style boxes, which are ignored."""
    if len(data) < 2:
        return ""
    (length,) = struct.unpack_from(">H", data)
    return _decode(data[2 : 2 + length])


def _ass_text(text: str) -> str:
    """The text field of a dialogue event: after 8 commas in Matroska, after 9 in a full `Dialogue:` line."""
    commas = 9 if text.startswith("Dialogue:") else 8
    parts = text.split(",", commas)
    return parts[commas] if len(parts) > commas else text


def _webvtt(data: bytes) -> list[str]:
    """Plain cue text (Matroska), or boxes of ISO/IEC 14496-30: `vttc` contains a `payl`; `vtte` is empty."""
    if len(data) >= 8 and data[4:8] in (b"vttc", b"vtte", b"vttx"):
        return [
            next((_decode(inner) for kind, inner in _boxes(payload) if kind == b"payl"), "")
            for kind, payload in _boxes(data)
            if kind in (b"vttc", b"vtte")
        ]
    return [_decode(data)]


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = 0
    while offset + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, offset)
        if length < 8:
            return
        yield kind, data[offset + 8 : offset + length]
        offset += length


def is_xml_cue(data: bytes) -> bool:
    """Whether the data is TTML, a document with times of its own."""
    return data[:64].lstrip().startswith((b"<?xml", b"<tt"))


_UNDECODED = "webvtt"
"""PyAV's FFmpeg has no WebVTT decoder, so such a stream has no codec. Of the text formats in Matroska and MP4, only
TTML (recognized as XML) is the same."""


class TextTracks:
    """Collects the cues of all text tracks."""

    def __init__(self, container: InputContainer) -> None:
        found = {stream: _codec_of(stream, container) for stream in container.streams if stream.type == "subtitle"}
        self.streams: tuple[Stream, ...] = tuple(stream for stream, codec in found.items() if codec)
        self._unread = [
            f"subtitle track {stream.index} ({stream.codec_context.name if has_decoder(stream) else 'teletext'})"
            " was not read, because it is not plain text; convert it to SRT"
            for stream, codec in found.items()
            if not codec
        ]
        self._collectors = {
            stream.index: TextCollector(
                stream.index, found[stream], stream.language or "", float(stream.time_base or 0)
            )
            for stream in self.streams
        }

    @property
    def indices(self) -> tuple[int, ...]:
        return tuple(self._collectors)

    def warnings(self) -> tuple[str, ...]:
        """The tracks that are not read, for people."""
        return tuple(self._unread)

    def add(self, packet: Packet) -> None:
        """Add a packet of one of `streams`; others are ignored."""
        collector = self._collectors.get(packet.stream_index)
        if collector is not None and packet.size:
            collector.add(packet.pts, packet.duration, bytes(packet))

    def read_all(self, container: InputContainer) -> Self:
        """Read the whole container for its text tracks only; cues before damage are kept. Returns itself."""
        if self.streams:
            with suppress(av.error.FFmpegError, OSError):
                for packet in container.demux(*self.streams):
                    self.add(packet)
        return self

    def to_message(self, start_seconds: float) -> list[Message]:
        """The tracks that have cues, with times relative to `start_seconds`."""
        tracks = [collector.to_message(start_seconds) for collector in self._collectors.values()]
        return [track for track in tracks if track["cues"]]


def _codec_of(stream: Stream, container: InputContainer) -> str:
    """`TextTrack.codec` of a stream, empty for bitmap subtitles and teletext."""
    if has_decoder(stream):
        return TEXT_CODECS.get(stream.codec_context.name, "")
    return "" if container.format.name == "mpegts" else _UNDECODED
