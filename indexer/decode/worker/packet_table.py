"""Timestamps of all packets of a video stream, read without decoding, and whether decord can read the stream.

decord assumes that the n-th decoded frame has the n-th timestamp of its packet index. That holds only for regular
files; `decord_objection` and `PacketTable.flaw` name what breaks it. Leaves out decoding.
"""

from collections.abc import Callable
from dataclasses import dataclass

import av.error
import numpy as np
from numpy.typing import NDArray

from indexer.decode.frame_transforms import Orientation
from indexer.decode.worker.av_types import InputContainer, Packet, VideoFrame, VideoStream
from indexer.decode.worker.sound_extent import SoundExtent
from indexer.decode.worker.text_tracks import TextTracks

DECORD_CONTAINERS = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
"""Containers that store a presentation time for each frame. In AVI and MPEG-TS, libavformat infers some, and decord's
FFmpeg 4.1 infers them differently from current versions."""
DECORD_CODECS = ("h264", "hevc", "vp9")
"""Codecs with one shown frame in each packet. VP8 has packets without one, MPEG-4 part 2 may pack two frames into one;
either would shift decord's numbering. AV1 and VVC are newer than its FFmpeg."""
DECORD_FORMATS = ("yuv420p", "yuvj420p")
"""8-bit 4:2:0, for which decord's colour conversion was measured; see `tests/test_decode_contract.py`."""

DECORD_BUFFER_BYTES = 256 << 20
"""decord reads only videos whose frames all fit into this; see `decord_buffer_bytes`."""


@dataclass(frozen=True, slots=True)
class PacketTable:
    """All packets of the stream, in decoding order."""

    pts: NDArray[np.int64]
    """(packets,) in units of the stream's time base."""
    stop_pts: int
    """Latest time at which a packet stops being shown."""
    is_key: NDArray[np.bool_]
    flaw: str
    """Why the packets may not be one presented frame each; empty when they are."""

    @property
    def closed_keys(self) -> NDArray[np.int64]:
        """Indices of the key packets such that all later packets in the file are also shown later (closed GOP)."""
        if not len(self.pts):
            return np.zeros(0, dtype=np.int64)
        earliest_after = np.minimum.accumulate(self.pts[::-1])[::-1]
        latest_before = np.maximum.accumulate(np.concatenate(([np.iinfo(np.int64).min], self.pts[:-1])))
        return np.flatnonzero(self.is_key & (earliest_after >= self.pts) & (latest_before < self.pts))


def scan_packets(
    container: InputContainer,
    stream: VideoStream,
    tracks: TextTracks | None,
    on_progress: Callable[[], None],
    sound: SoundExtent | None = None,
) -> PacketTable:
    """Read all packets of the stream, and those of the text tracks and the sound when given."""
    times: list[int] = []
    keys: list[bool] = []
    stop, flaw, codec = 0, "", stream.codec_context.codec.canonical_name
    streams = (stream, *(tracks.streams if tracks is not None else ()), *(sound.streams if sound is not None else ()))
    try:
        for packet in container.demux(*streams):
            if packet.size == 0 or (sound is not None and sound.add(packet)):
                continue
            if packet.stream_index != stream.index:
                assert tracks is not None
                tracks.add(packet)
                continue
            on_progress()
            flaw = flaw or _packet_flaw(packet, codec)
            if packet.pts is None:
                break
            times.append(packet.pts)
            keys.append(packet.is_keyframe)
            stop = max(stop, packet.pts + (packet.duration or 0))
    except (av.error.FFmpegError, OSError) as error:
        flaw = flaw or f"reading stops with {error}"
    pts = np.array(times, dtype=np.int64)
    return PacketTable(pts, stop, np.array(keys, dtype=np.bool_), flaw or _table_flaw(pts, keys, stream))


def frame_starts(order: NDArray[np.int64], tick: float, lead_seconds: float) -> NDArray[np.float64]:
    """(frames,) times on the player's clock from which on the frames are shown: the first from 0 on.

    Args:
        order: (frames,) presentation times in units of the time base, rising.
        tick: the time base in seconds.
        lead_seconds: as in `PyavReader`.
    """
    starts = ((order - order[0]) * tick + lead_seconds).astype(np.float64)
    starts[0] = 0.0
    return starts


def decord_buffer_bytes(frames: int, width: int, height: int) -> int:
    """Worst-case memory of decord: all frames of the video as RGB.

    When its decoder thread lags, decord queues packets without a bound, up to the end of the file, and buffers all the
    decoded frames. Measured on two busy cores: 1,450 MB for 40 minutes of 320 x 240 at 10 frames a second, where PyAV
    took 175 MB and a third of the CPU time.
    """
    return frames * width * height * 3


def decord_objection(
    container: InputContainer, stream: VideoStream, first: VideoFrame, orientation: Orientation
) -> str:
    """Why decord must not read this file, judged from its header and first frame; empty when it may."""
    codec = stream.codec_context.codec.canonical_name
    if container.format.name not in DECORD_CONTAINERS:
        return f"container {container.format.name}"
    if codec not in DECORD_CODECS:
        return f"codec {codec}"
    if first.format.name not in DECORD_FORMATS:
        return f"pixel format {first.format.name}"
    if first.interlaced_frame:
        return "interlaced frames, whose colours old and new FFmpeg convert differently"
    if len(container.streams.video) > 1:
        return "several video streams"
    if orientation.mirrored:
        return "mirrored frames"
    if container.format.name.startswith("mov") and not stream.frames:
        return "a fragmented file"
    if decord_buffer_bytes(stream.frames, first.width, first.height) > DECORD_BUFFER_BYTES:
        return "so many frames that decord might use too much memory"
    return ""


def is_hidden_vp9(data: bytes) -> bool:
    """Whether a VP9 packet is one frame with `show_frame` = 0: VP9 bitstream specification, 6.2 and annex B."""
    head, tail = data[0], data[-1]
    is_superframe = tail & 0xE0 == 0xC0
    shows_existing, shows = (head & 0x08, head & 0x02) if head & 0x30 != 0x30 else (head & 0x04, head & 0x01)
    return not (is_superframe or shows_existing or shows)


def _packet_flaw(packet: Packet, codec: str) -> str:
    if packet.pts is None:
        return "a packet without a presentation time"
    if packet.is_corrupt:
        return "a corrupt packet"
    if packet.is_discard:
        return "an edit list that hides frames"
    if packet.has_sidedata("new_extradata"):
        return "the frame format changes"
    if codec == "vp9" and is_hidden_vp9(bytes(packet)):
        return "packets without a shown frame"
    return ""


def _table_flaw(pts: NDArray[np.int64], keys: list[bool], stream: VideoStream) -> str:
    if not len(pts):
        return "no packets"
    if not keys[0]:
        return "it does not begin with a key frame"
    if len(np.unique(pts)) != len(pts):
        return "two frames with the same time"
    if stream.frames and stream.frames != len(pts):
        return f"{len(pts)} of {stream.frames} declared frames"
    return ""
