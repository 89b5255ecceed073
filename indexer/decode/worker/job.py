"""One decode job inside the child: opens the file, chooses the decoder, and falls back to another.

Leaves out pipes (`main`), limits (`limits`), the decoders (`pyav_reader`, `pyav_seeking`, `decord_reader`) and what a
file without pictures is (`sound_file`).
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Protocol

import av.logging

from indexer.decode.frame_sampling import SampleTimes
from indexer.decode.protocol import DecodeRequest, Message
from indexer.decode.sniffing import is_protected_iso
from indexer.decode.worker.audio_reader import AudioTrackReader
from indexer.decode.worker.av_types import VideoStream
from indexer.decode.worker.container import OpenedMedia, open_container, open_media_container
from indexer.decode.worker.container_tags import container_metadata
from indexer.decode.worker.decord_reader import DecordFailedError, DecordSampler
from indexer.decode.worker.frame_conversion import FrameConverter, is_hdr, pixel_aspect_of
from indexer.decode.worker.pyav_reader import PyavReader
from indexer.decode.worker.pyav_seeking import SeekingFailedError, SeekingSampler
from indexer.decode.worker.sound_extent import SoundExtent
from indexer.decode.worker.sound_file import check_sound_is_open, cover_message, explain_silence, find_sound
from indexer.decode.worker.stream_selection import has_decoder
from indexer.decode.worker.text_tracks import TextTracks
from indexer.errors import DecodeLimitError, EncryptedVideoError, NoPictureError, UnreadableVideoError, VideoError
from indexer.records import Pixels, Samples16

_ENCRYPTED = "the video is encrypted (DRM); index an unprotected copy"


class DecodeSink(Protocol):
    """Receives frames and audio; `main.DecodeWorkerChannel` in the child."""

    def send_frame(self, seconds: float, pixels: Pixels) -> None: ...

    def send_audio(self, seconds: float, samples: Samples16) -> None: ...

    def progress(self) -> None: ...


class DecodeJob:
    """Executes one request."""

    def __init__(self, request: DecodeRequest, sink: DecodeSink) -> None:
        av.logging.restore_default_callback()
        av.logging.set_libav_level(av.logging.ERROR)
        self._request = request
        self._sink = sink
        self._sent: float | None = None
        """Time of the last frame that was sent, by this child or its predecessor."""

    def run(self) -> Iterator[Message]:
        """Yields the probe (in audio mode only of a sound file, in text mode none), sends frames or audio, then yields
        the final message."""
        try:
            media = open_media_container(self._request)
            tracks = TextTracks(media.container)
            reader = self._open_best_stream(media, tracks)
        except NoPictureError as error:
            yield from self._without_pictures(error)
            return
        if self._request.mode == "text":
            reader.skip_to_end()
            yield _done(reader.duration_seconds, (), tracks, reader.start_seconds)
            return
        if self._request.mode == "audio":
            yield self._send_track(reader.start_seconds)
            return
        yield from self._send_frames(media, reader, tracks)

    def _send_frames(self, media: OpenedMedia, reader: PyavReader, tracks: TextTracks) -> Iterator[Message]:
        request = self._request
        assert reader.first is not None
        converter = FrameConverter(reader.first, request.max_side, pixel_aspect_of(reader.stream))
        decord = self._decord(reader, converter)
        probe = _probe(media, reader, converter, tracks)
        yield {**probe, "decoder": "pyav" if decord is None else "decord"}
        if request.mode == "probe":
            return
        self._sent = request.after_seconds
        if decord is not None:
            try:
                for seconds, pixels in decord.sampled(self._remaining_times()):
                    self._send(seconds, pixels)
                yield _done(decord.duration_seconds, (), decord.tracks or tracks, reader.start_seconds)
                return
            except DecordFailedError as error:
                self._refuse_if_decord_is_required(str(error))
        try:
            sparse = SeekingSampler(request, reader, self._sink.progress)
            for seconds, frame in sparse.sampled(self._remaining_times()):
                self._send(seconds, converter.make(frame))
            yield _done(sparse.duration_seconds, (), sparse.tracks or tracks, reader.start_seconds)
        except SeekingFailedError:
            for seconds, frame in reader.sampled(self._remaining_times()):
                self._send(seconds, converter.make(frame))
            yield _done(reader.duration_seconds, reader.warnings(), tracks, reader.start_seconds)

    def _send_track(self, start_seconds: float) -> Message:
        """Send the audio of a video, with times relative to `start_seconds`. Returns the final message."""
        with open_container(self._request.path) as container:
            track = AudioTrackReader(container, start_seconds, self._sink.progress)
            for seconds, samples in track.pieces():
                self._sink.send_audio(seconds, samples)
            return _audio_done(track, [])

    def _without_pictures(self, error: NoPictureError) -> Iterator[Message]:
        """The messages for a file without moving pictures: its text tracks, or its probe and its sound.

        Raises:
            NoPictureError: `error`, where pictures are asked for or there is no sound either.
            VideoError: no sound can be decoded.
        """
        path, mode = self._request.path, self._request.mode
        with open_container(path) as container:
            sound = find_sound(container)
            if mode == "text":
                yield _done(0.0, (), TextTracks(container).read_all(container), sound.origin_seconds if sound else 0.0)
                return
            if sound is None or mode == "frames":
                raise error
            check_sound_is_open(path, sound)
            track = AudioTrackReader(container, sound.origin_seconds, self._sink.progress)
            pieces = track.pieces()
            first = next(pieces, None)
            if first is None:
                raise explain_silence(path, sound, track)
            if mode == "probe":
                yield sound.probe()
                return
            yield {**sound.probe(), "cover": cover_message(self._request)}
            self._send_sound(chain([first], pieces))
            yield _audio_done(track, sound.text_tracks(path))

    def _send_sound(self, pieces: Iterable[tuple[float, Samples16]]) -> None:
        """Send the sound of a file without pictures, whose length is that of its sound."""
        most = self._request.max_duration_hours
        for seconds, samples in pieces:
            if seconds > most * 3600:
                raise DecodeLimitError(f"the sound runs beyond {seconds / 3600:.2f} h; max_duration_hours = {most:g}")
            self._sink.send_audio(seconds, samples)

    def _send(self, seconds: float, pixels: Pixels) -> None:
        self._sink.send_frame(seconds, pixels)
        self._sent = seconds

    def _decord(self, reader: PyavReader, converter: FrameConverter) -> DecordSampler | None:
        """A decord sampler, where decord reads this file correctly."""
        if self._request.decoder == "pyav":
            return None
        try:
            return DecordSampler(self._request, reader, converter, self._sink.progress)
        except DecordFailedError as error:
            self._refuse_if_decord_is_required(str(error))
            return None

    def _refuse_if_decord_is_required(self, reason: str) -> None:
        if self._request.decoder == "decord":
            raise UnreadableVideoError(f"decord is not trusted with this file ({reason}); use pyav or auto")

    def _remaining_times(self) -> SampleTimes:
        """The sample times without a frame so far."""
        request = self._request
        return SampleTimes(times=request.times, frames_per_second=request.frames_per_second, after_seconds=self._sent)

    def _open_best_stream(self, media: OpenedMedia, tracks: TextTracks) -> PyavReader:
        """A reader of the best video stream that yields a frame."""
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
        raise self._no_frame_error(packets, reason)

    def _reader(self, media: OpenedMedia, stream: VideoStream, tracks: TextTracks) -> PyavReader:
        text_streams = tracks.streams if self._request.want_text else ()
        sound = SoundExtent(media.container)
        return PyavReader(media.container, stream, self._request, self._sink.progress, tracks.add, text_streams, sound)

    def _no_frame_error(self, packets: int, reason: str) -> VideoError:
        with Path(self._request.path).open("rb") as stream:
            if is_protected_iso(stream):
                return EncryptedVideoError(_ENCRYPTED)
        if packets == 0 and not reason:
            return NoPictureError("the video stream contains no frames (an initialization segment?)")
        detail = f": {reason}" if reason else ""
        return UnreadableVideoError(f"none of its {packets} video packets can be decoded{detail}")


def _done(stop_seconds: float, warnings: tuple[str, ...], tracks: TextTracks, start_seconds: float) -> Message:
    found = tracks.to_message(start_seconds)
    return {"type": "done", "duration": stop_seconds, "warnings": (*warnings, *tracks.warnings()), "tracks": found}


def _audio_done(track: AudioTrackReader, tracks: list[Message]) -> Message:
    return {
        "type": "done",
        "found": track.found,
        "duration": track.stop_seconds,
        "warnings": track.warnings(),
        "tracks": tracks,
    }


def _probe(media: OpenedMedia, reader: PyavReader, converter: FrameConverter, tracks: TextTracks) -> Message:
    stream, container = reader.stream, media.container
    assert reader.first is not None
    return {
        "type": "probe",
        "container": container.format.name,
        "codec": stream.codec_context.codec.canonical_name,
        "width": converter.shown_width,
        "height": converter.shown_height,
        "rotation_degrees": converter.orientation.rotation_degrees,
        "duration_seconds": max(0.0, (container.duration or 0) / 1e6),
        "frames_per_second": float(stream.average_rate or 0),
        "start_seconds": reader.start_seconds,
        "stream_index": stream.index,
        "is_hdr": is_hdr(reader.first),
        "subtitle_streams": tracks.indices,
        "audio_streams": len(container.streams.audio),
        "slot_bytes": converter.width * converter.height * 3,
        "metadata": container_metadata(container, stream, start_seconds=reader.start_seconds),
    }
