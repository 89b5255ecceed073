"""Probing of the properties that decide how a browser can play a file. Runs in the media worker."""

import os
from dataclasses import asdict

from api.media.playback_method import MediaFormat
from api.media.sound.source import SoundSource
from api.media.source_reader import SourceReader
from api.media.worker_protocol import MediaRequest
from indexer.decode.worker.av_types import AudioStream, InputContainer


def probe_format(request: MediaRequest) -> dict[str, object]:
    """The fields of `MediaFormat`, from the headers of the source.

    Raises:
        VideoError: the matching subclass.
    """
    source = SourceReader(request)
    try:
        context, audio = source.video.codec_context, source.audio
        first_video = source.container.streams.video[0].index == source.video.index
        media_format = MediaFormat(
            container=source.container.format.name,
            codec=context.codec.canonical_name,
            pixel_format=context.pix_fmt or "",
            sound=audio.codec_context.codec.canonical_name if audio is not None else "",
            is_first_video=first_video,
            is_first_sound=audio is None or _is_first(audio, source.container),
            start_seconds=request.origin_seconds,
            doc_type="webm" if _is_webm(request) else "",
        )
    finally:
        source.close()
    return asdict(media_format)


def probe_sound_format(request: MediaRequest) -> dict[str, object]:
    """The same of a file with sound alone, whose packets are read for gaps.

    Raises:
        VideoError: the matching subclass.
    """
    source = SoundSource(request)
    try:
        media_format = MediaFormat(
            container=source.container.format.name,
            codec="",
            pixel_format="",
            sound=source.stream.codec_context.codec.canonical_name,
            is_first_sound=_is_first(source.stream, source.container),
            start_seconds=request.origin_seconds,
            doc_type="webm" if _is_webm(request) else "",
            has_gaps=source.has_gaps(),
        )
    finally:
        source.close()
    return asdict(media_format)


def _is_first(stream: AudioStream, container: InputContainer) -> bool:
    return container.streams.audio[0].index == stream.index


def _is_webm(request: MediaRequest) -> bool:
    """Whether Matroska's DocType, in the first bytes (RFC 8794, 11.3.1), is `webm`."""
    head = os.pread(request.source_fd, 64, 0)
    return head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head
