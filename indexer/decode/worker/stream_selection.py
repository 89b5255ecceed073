"""Which streams of an open container count: the video streams worth trying, and the audio track that is heard."""

import re
from typing import cast

from av.stream import Disposition, Stream

from indexer.decode.worker.av_types import AudioStream, InputContainer, VideoStream

_NOT_MOVING = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
_BRIEF_SHARE = 0.1
"""A track that lasts less than this share of the longest is a picture beside the video."""
_TAGGED = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")
"""A duration as Matroska's writers tag it."""
_NOT_MAIN_AUDIO = Disposition.comment | Disposition.visual_impaired | Disposition.karaoke | Disposition.clean_effects


def rank_video_streams(container: InputContainer) -> tuple[VideoStream, ...]:
    """Streams with moving pictures, the best first: as long as the others, then marked as default, then larger, then
    more frames, then earlier.

    Cover art, timed thumbnails and stills are left out; a cover that was encoded as a track of its own comes last. The
    default mark comes before size because players obey it.
    """
    moving = [stream for stream in container.streams.video if not stream.disposition & _NOT_MOVING]
    longest = max((_seconds(stream) or 0.0 for stream in moving), default=0.0)
    return tuple(
        sorted(
            moving,
            key=lambda stream: (
                (_seconds(stream) or longest) < _BRIEF_SHARE * longest,
                not stream.disposition & Disposition.default,
                -_area(stream),
                -stream.frames,
                stream.index,
            ),
        )
    )


def choose_audio_stream(container: InputContainer) -> AudioStream | None:
    """The track that players choose: one of the video's program, no commentary, then one that can be decoded, then one
    marked as default.

    None for a file without audio. The stream may lack a decoder (`has_decoder`) when no better one exists.
    """
    program = next((_program(container, stream) for stream in rank_video_streams(container)), None)
    return min(
        container.streams.audio,
        key=lambda stream: (
            program is not None and _program(container, stream) != program,
            bool(stream.disposition & _NOT_MAIN_AUDIO),
            not has_decoder(stream),
            not stream.disposition & Disposition.default,
            stream.index,
        ),
        default=None,
    )


def choose_decodable_audio(container: InputContainer) -> AudioStream | None:
    """The track that players choose, where it can be decoded: what is transcribed, played, cut and exported."""
    stream = choose_audio_stream(container)
    return stream if stream is not None and has_decoder(stream) else None


def _program(container: InputContainer, stream: Stream) -> int | None:
    """What tells the programs of a broadcast apart: the video that FFmpeg finds best in the one of a stream."""
    best = container.streams.best("video", related=stream)
    return None if best is None else best.index


def has_decoder(stream: Stream) -> bool:
    """Whether FFmpeg can decode the stream. PyAV's stubs hide that `codec_context` may be None."""
    return bool(cast(object, stream.codec_context))


def _seconds(stream: VideoStream) -> float | None:
    """How long a track is as the container says; None where it does not. Tags come first: without an own duration,
    libavformat gives a stream that of the file."""
    if tagged := _TAGGED.fullmatch(stream.metadata.get("DURATION", "")):
        return int(tagged[1]) * 3600 + int(tagged[2]) * 60 + float(tagged[3])
    return float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None


def _area(stream: VideoStream) -> int:
    return stream.codec_context.width * stream.codec_context.height if has_decoder(stream) else 0
