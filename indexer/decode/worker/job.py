"""One decoding job from opening to the last text track, inside the child: chooses the decoder and falls back.

Leaves out pipes and limits (`decode_worker`) and the decoders themselves (`pyav_reader`, `decord_reader`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import av.logging

from indexer.decode.frame_sampling import SampleTimes
from indexer.decode.protocol import DecodeRequest, Message
from indexer.decode.sniffing import is_protected_iso
from indexer.decode.worker.audio_reader import AudioTrackReader
from indexer.decode.worker.av_types import VideoStream
from indexer.decode.worker.container import OpenedMedia, open_container, open_media
from indexer.decode.worker.container_tags import container_metadata
from indexer.decode.worker.decord_reader import DecordFailedError, DecordSampler
from indexer.decode.worker.frame_conversion import FrameConverter, is_hdr
from indexer.decode.worker.pyav_reader import PyavReader
from indexer.decode.worker.pyav_seeking import SeekingFailedError, SeekingSampler
from indexer.decode.worker.stream_selection import has_decoder
from indexer.decode.worker.text_tracks import TextTracks
from indexer.errors import EncryptedVideoError, NoPictureError, UnreadableVideoError, VideoError
from indexer.records import Pixels, Samples16

_ENCRYPTED = "the pictures are encrypted (DRM); index an unprotected copy"


class DecodeSink(Protocol):
    """Where pictures go; `decode_worker.Channel` in the child."""

    def send_frame(self, seconds: float, pixels: Pixels) -> None: ...

    def send_audio(self, seconds: float, samples: Samples16) -> None: ...

    def progress(self) -> None: ...


class DecodeJob:
    """Serves one request."""

    def __init__(self, request: DecodeRequest, outlet: DecodeSink) -> None:
        av.logging.restore_default_callback()
        av.logging.set_libav_level(av.logging.ERROR)
        self._request = request
        self._outlet = outlet
        self._sent: float | None = None
        """Time of the last picture that was sent, by this child or the one before it."""

    def run(self) -> Iterator[Message]:
        """The probe (unless only text is asked), then, after the pictures, the closing message."""
        try:
            media = open_media(self._request)
            tracks = TextTracks(media.container)
            reader = self._first_readable(media, tracks)
        except NoPictureError:
            if self._request.mode != "text":
                raise
            yield self._text_alone()
            return
        if self._request.mode == "text":
            reader.skip_to_end()
            yield _done(reader.stop_seconds, (), tracks, reader.start_seconds)
            return
        if self._request.mode == "sound":
            yield self._sound(reader.start_seconds)
            return
        yield from self._send_frames(media, reader, tracks)

    def _send_frames(self, media: OpenedMedia, reader: PyavReader, tracks: TextTracks) -> Iterator[Message]:
        request = self._request
        assert reader.first is not None
        maker = FrameConverter(reader.first, request.max_side)
        decord = self._decord(reader, maker)
        probe = _probe(media, reader, maker, tracks)
        yield {**probe, "decoder": "pyav" if decord is None else "decord"}
        if request.mode == "probe":
            return
        self._sent = request.after_seconds
        if decord is not None:
            try:
                for seconds, pixels in decord.sampled(self._asked()):
                    self._send(seconds, pixels)
                yield _done(decord.stop_seconds, (), decord.tracks or tracks, reader.start_seconds)
                return
            except DecordFailedError as error:
                self._must_not_insist(str(error))
        try:
            sparse = SeekingSampler(request, reader, self._outlet.progress)
            for seconds, frame in sparse.sampled(self._asked()):
                self._send(seconds, maker.make(frame))
            yield _done(sparse.stop_seconds, (), sparse.tracks or tracks, reader.start_seconds)
        except SeekingFailedError:
            for seconds, frame in reader.sampled(self._asked()):
                self._send(seconds, maker.make(frame))
            yield _done(reader.stop_seconds, reader.warnings(), tracks, reader.start_seconds)

    def _sound(self, start_seconds: float) -> Message:
        """Sends the sound on the clock on which `start_seconds` is 0; the message that ends it."""
        with open_container(self._request.path) as container:
            track = AudioTrackReader(container, start_seconds, self._outlet.progress)
            for seconds, samples in track.pieces():
                self._outlet.send_audio(seconds, samples)
            return {"type": "done", "found": track.found, "warnings": track.warnings()}

    def _send(self, seconds: float, pixels: Pixels) -> None:
        self._outlet.send_frame(seconds, pixels)
        self._sent = seconds

    def _decord(self, reader: PyavReader, maker: FrameConverter) -> DecordSampler | None:
        """decord, opened, where it reads this file truly."""
        if self._request.decoder == "pyav":
            return None
        try:
            return DecordSampler(self._request, reader, maker, self._outlet.progress)
        except DecordFailedError as error:
            self._must_not_insist(str(error))
            return None

    def _must_not_insist(self, reason: str) -> None:
        if self._request.decoder == "decord":
            raise UnreadableVideoError(f"decord is not trusted with this file ({reason}); ask for pyav or auto")

    def _asked(self) -> SampleTimes:
        """What is asked and not yet answered."""
        request = self._request
        return SampleTimes(times=request.times, frames_per_second=request.frames_per_second, after_seconds=self._sent)

    def _text_alone(self) -> Message:
        """Text tracks of a file without pictures; the container's clock is the player's."""
        container = open_container(self._request.path)
        tracks = TextTracks(container)
        tracks.read_all(container)
        return _done(0.0, (), tracks, 0.0)

    def _first_readable(self, media: OpenedMedia, tracks: TextTracks) -> PyavReader:
        """A reader of the first stream, in order of rank, that gives a picture."""
        packets, reason = 0, ""
        for number, stream in enumerate(media.streams):
            if stream.metadata.get("enc_key_id"):
                raise EncryptedVideoError(_ENCRYPTED)
            if not has_decoder(stream):
                reason = "FFmpeg has no decoder for its video codec"
                continue
            if number:
                media.container.seek(0)
            reader = self._reader(media, stream, tracks)
            if reader.open():
                return reader
            packets += reader.packets_seen
            reason = reader.damage.reason or reason
        raise self._no_picture(packets, reason)

    def _reader(self, media: OpenedMedia, stream: VideoStream, tracks: TextTracks) -> PyavReader:
        wanted = tracks.streams if self._request.want_text else ()
        return PyavReader(media.container, stream, self._request, self._outlet.progress, tracks.add, wanted)

    def _no_picture(self, packets: int, reason: str) -> VideoError:
        with Path(self._request.path).open("rb") as stream:
            if is_protected_iso(stream):
                return EncryptedVideoError(_ENCRYPTED)
        if packets == 0 and not reason:
            return NoPictureError("a video stream is declared but holds no pictures (an initialisation segment?)")
        detail = f": {reason}" if reason else ""
        return UnreadableVideoError(f"none of its {packets} video packets can be decoded{detail}")


def _done(stop_seconds: float, warnings: tuple[str, ...], tracks: TextTracks, start_seconds: float) -> Message:
    found = tracks.to_message(start_seconds)
    return {"type": "done", "duration": stop_seconds, "warnings": warnings, "tracks": found}


def _probe(media: OpenedMedia, reader: PyavReader, maker: FrameConverter, tracks: TextTracks) -> Message:
    stream, container = reader.stream, media.container
    assert reader.first is not None
    return {
        "type": "probe",
        "container": container.format.name,
        "codec": stream.codec_context.codec.canonical_name,
        "width": maker.shown_width,
        "height": maker.shown_height,
        "rotation_degrees": maker.orientation.rotation_degrees,
        "duration_seconds": max(0.0, (container.duration or 0) / 1e6),
        "frames_per_second": float(stream.average_rate or 0),
        "start_seconds": reader.start_seconds,
        "stream_index": stream.index,
        "is_hdr": is_hdr(reader.first),
        "subtitle_streams": tracks.indices,
        "audio_streams": len(container.streams.audio),
        "slot_bytes": maker.width * maker.height * 3,
        "metadata": container_metadata(container, stream, start_seconds=reader.start_seconds),
    }
