"""Sound files: an open container without moving pictures, its place on the player's clock, its probe and its cover.

Runs in the decoder child. Leaves out decoding the sound (`audio_reader`).
"""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

import av.error
from av.stream import Disposition

from indexer.decode.frame_transforms import FRAME_MAX_SIDE
from indexer.decode.protocol import DecodeRequest, Message
from indexer.decode.sniffing import has_encrypted_track, is_protected_iso
from indexer.decode.worker.audio_reader import AudioTrackReader
from indexer.decode.worker.av_types import AudioStream, InputContainer
from indexer.decode.worker.container import check_pixel_count, open_container
from indexer.decode.worker.container_tags import container_metadata
from indexer.decode.worker.frame_conversion import FrameConverter, pixel_aspect_of
from indexer.decode.worker.stream_selection import choose_audio_stream, has_decoder
from indexer.decode.worker.text_tracks import TextTracks
from indexer.errors import DecodeLimitError, EncryptedVideoError, UnreadableVideoError, VideoError
from indexer.records import Pixels

LATEST_START_SECONDS = 60.0
"""Sound that starts later carries a time of day, as recordings of broadcasts do, and not a silence before it."""
_WITHOUT_ZERO = frozenset({"mpegts", "mpeg"})
"""Formats of broadcasts, whose clock may show any time when the recording starts."""
_ENCRYPTED = "the sound is encrypted (DRM); index an unprotected copy"


@dataclass(frozen=True, slots=True)
class SoundFile:
    """An open container with sound and without moving pictures."""

    container: InputContainer
    stream: AudioStream
    tracks: TextTracks

    @property
    def origin_seconds(self) -> float:
        """Container time of 0 on the player's clock.

        Browsers play the sound at its container time, with silence before it: this is 0. Where a container's clock has
        no meaningful zero, it is the time of the first sound.
        """
        start = float((self.stream.start_time or 0) * (self.stream.time_base or 0))
        return start if self.container.format.name in _WITHOUT_ZERO or start > LATEST_START_SECONDS else 0.0

    def probe(self) -> Message:
        """The fields of `VideoProbe`, with the metadata."""
        return {
            "type": "probe",
            "container": self.container.format.name,
            "codec": self.stream.codec_context.codec.canonical_name,
            "decoder": "pyav",
            "width": 0,
            "height": 0,
            "rotation_degrees": 0,
            "duration_seconds": max(0.0, (self.container.duration or 0) / 1e6),
            "frames_per_second": 0.0,
            "start_seconds": self.origin_seconds,
            "stream_index": self.stream.index,
            "is_hdr": False,
            "subtitle_streams": self.tracks.indices,
            "audio_streams": len(self.container.streams.audio),
            "slot_bytes": 0,
            "metadata": container_metadata(self.container, self.stream, start_seconds=self.origin_seconds),
        }

    def text_tracks(self, path: str) -> list[Message]:
        """The embedded text tracks, read in a pass of their own."""
        if not self.tracks.streams:
            return []
        with open_container(path) as container:
            return TextTracks(container).read_all(container).to_message(self.origin_seconds)


def find_sound(container: InputContainer) -> SoundFile | None:
    """The sound of a container without moving pictures; None where it has none."""
    stream = choose_audio_stream(container)
    return None if stream is None else SoundFile(container, stream, TextTracks(container))


def explain_silence(path: str, sound: SoundFile, track: AudioTrackReader) -> VideoError:
    """The typed error for a sound file of which nothing could be decoded.

    Args:
        track: read to its end.
    """
    with Path(path).open("rb") as stream:
        if is_protected_iso(stream):
            return EncryptedVideoError(_ENCRYPTED)
    if not has_decoder(sound.stream):
        return UnreadableVideoError("there are no pictures, and FFmpeg has no decoder for the sound's codec")
    if not track.packets:
        return UnreadableVideoError("there are no pictures, and the sound track is empty (an initialization segment?)")
    reason = f": {track.reason}" if track.reason else ""
    return UnreadableVideoError(f"none of the {track.packets} packets of its sound can be decoded{reason}")


def check_sound_is_open(path: str, sound: SoundFile) -> None:
    """Raises EncryptedVideoError for a protected track, which FFmpeg would decode to noise."""
    if sound.container.format.name.startswith("mov"):
        with Path(path).open("rb") as stream:
            if has_encrypted_track(stream, b"enca"):
                raise EncryptedVideoError(_ENCRYPTED)


def cover_message(request: DecodeRequest) -> Message | None:
    """The cover of a sound file, `Pixels` as base64 with their size; None where it has none that can be decoded."""
    with open_container(request.path) as container:
        pixels = _cover(container, request)
    if pixels is None:
        return None
    return {"height": pixels.shape[0], "width": pixels.shape[1], "pixels": b64encode(pixels.tobytes()).decode("ascii")}


def _cover(container: InputContainer, request: DecodeRequest) -> Pixels | None:
    for stream in container.streams.video:
        if not (stream.disposition & Disposition.attached_pic and has_decoder(stream)):
            continue
        try:
            check_pixel_count(stream.codec_context.width, stream.codec_context.height, request)
            packet = next(packet for packet in container.demux(stream) if packet.size)
            frame = next(iter([*stream.decode(packet), *stream.decode(None)]))
            return FrameConverter(frame, FRAME_MAX_SIDE, pixel_aspect_of(stream)).make(frame)
        except (av.error.FFmpegError, OSError, ValueError, StopIteration, DecodeLimitError):
            continue  # a broken cover is none
    return None
