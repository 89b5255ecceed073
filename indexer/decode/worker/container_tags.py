"""Tags and chapters of an open container, as JSON for the parent. Runs in the decoder child.

Leaves out their interpretation (`indexer.decode.metadata`).
"""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from indexer.decode.metadata import MAX_CHAPTERS, RawChapter, metadata_from_tags, metadata_to_json
from indexer.decode.protocol import Message
from indexer.decode.worker.av_types import AudioStream, InputContainer, VideoStream

_NO_TIME = -(1 << 63)
"""FFmpeg's AV_NOPTS_VALUE."""
_OF_THE_TRACK = frozenset({"title", "comment", "description", "date"})
"""Stream tags that describe the track (`English, 5.1`) and not the video, except in Ogg."""


def container_metadata(
    container: InputContainer, stream: VideoStream | AudioStream, *, start_seconds: float
) -> Message:
    """Metadata of the container, as `metadata_to_json` returns it.

    Args:
        stream: the chosen stream; the container's tags take precedence over its tags.
        start_seconds: container time of 0 on the player's clock.
    """
    in_streams: dict[str, str] = {}
    if container.format.name == "ogg":
        for other in container.streams:
            in_streams |= other.metadata
    else:
        in_streams |= {name: value for name, value in stream.metadata.items() if name.lower() not in _OF_THE_TRACK}
    found = metadata_from_tags(
        in_streams | container.metadata,
        [_raw(chapter) for chapter in container.chapters()[:MAX_CHAPTERS]],
        start_seconds=start_seconds,
        duration_seconds=max(0.0, (container.duration or 0) / 1e6),
        now=datetime.now(UTC),
    )
    return metadata_to_json(found)


def _raw(chapter: Any) -> RawChapter:
    tick: Fraction = chapter["time_base"] or Fraction(0)
    stop = None if chapter["end"] == _NO_TIME else float(chapter["end"] * tick)
    titles = {name.lower(): text for name, text in chapter["metadata"].items()}
    return RawChapter(float(chapter["start"] * tick), stop, titles.get("title", ""))
