"""One decoding job from opening to the last text track, inside the child: chooses the decoder and falls back.

Leaves out pipes and limits (`decode_worker`) and the decoders themselves (`pyav_reader`, `decord_reader`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol

import av.logging

from indexer.decode_open import OpenedMedia, VideoStream, open_container, open_media
from indexer.decode_protocol import DecodeRequest, Message
from indexer.decode_sampling import AskedTimes
from indexer.decode_sniff import is_protected_iso
from indexer.decode_tracks import TextTracks
from indexer.errors import EncryptedVideoError, NoPictureError, UnreadableVideoError, VideoError
from indexer.pyav_reader import PictureMaker, PyavReader, is_hdr
from indexer.records import Pixels

_ENCRYPTED = "the pictures are encrypted (DRM); index an unprotected copy"


class Outlet(Protocol):
    """Where pictures go; `decode_worker.Channel` in the child."""

    def send_picture(self, seconds: float, pixels: Pixels) -> None: ...

    def progress(self) -> None: ...


class DecodeJob:
    """Serves one request."""

    def __init__(self, request: DecodeRequest, outlet: Outlet) -> None:
        av.logging.restore_default_callback()
        av.logging.set_libav_level(av.logging.ERROR)
        self._request = request
        self._outlet = outlet

    def run(self) -> Iterator[Message]:
        """The probe (unless only text is asked), then, after the pictures, the closing message."""
        request = self._request
        try:
            media = open_media(request)
            tracks = TextTracks(media.container)
            reader = self._first_readable(media, tracks)
        except NoPictureError:
            if request.mode != "text":
                raise
            yield self._text_alone()
            return
        assert reader.first is not None
        if request.mode == "text":
            reader.skip_to_end()
        else:
            maker = PictureMaker(reader.first, request.max_side)
            yield self._probe(media, reader, maker, tracks, "pyav")
            if request.mode == "probe":
                return
            for seconds, frame in reader.sampled(self._asked(request.after_seconds)):
                self._outlet.send_picture(seconds, maker.make(frame))
        yield {
            "type": "done",
            "duration": reader.stop_seconds,
            "warnings": reader.damage.warnings(reader.stop_seconds, reader.packets_seen),
            "tracks": tracks.to_message(reader.start_seconds),
        }

    def _asked(self, after_seconds: float | None) -> AskedTimes:
        request = self._request
        return AskedTimes(times=request.times, frames_per_second=request.frames_per_second, after_seconds=after_seconds)

    def _text_alone(self) -> Message:
        """Text tracks of a file without pictures; the container's clock is the player's."""
        container = open_container(self._request.path)
        tracks = TextTracks(container)
        tracks.read_all(container)
        return {"type": "done", "duration": 0.0, "warnings": [], "tracks": tracks.to_message(0.0)}

    def _first_readable(self, media: OpenedMedia, tracks: TextTracks) -> PyavReader:
        """A reader of the first stream, in order of rank, that gives a picture."""
        packets, reason = 0, ""
        for number, stream in enumerate(media.streams):
            if stream.metadata.get("enc_key_id"):
                raise EncryptedVideoError(_ENCRYPTED)
            if stream.codec_context is None:
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

    def _probe(
        self,
        media: OpenedMedia,
        reader: PyavReader,
        maker: PictureMaker,
        tracks: TextTracks,
        decoder: Literal["decord", "pyav"],
    ) -> Message:
        stream, container = reader.stream, media.container
        assert reader.first is not None
        return {
            "type": "probe",
            "container": container.format.name,
            "codec": stream.codec_context.codec.canonical_name,
            "decoder": decoder,
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
        }
