"""YouTube's `json3`, as yt-dlp saves it."""

import json
from typing import Any

from indexer.subtitles.formats.cues import FileCue


def is_json3(text: str) -> bool:
    """Whether a text is JSON with the events of this format."""
    return text.lstrip("\ufeff \n").startswith("{") and '"events"' in text


def parse_json3(text: str) -> list[FileCue]:
    """The events with words; none where the file is damaged."""
    try:
        events: Any = json.loads(text)["events"]
        return [cue for event in events if (cue := _cue_of(event)) is not None]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []


def _cue_of(event: dict[str, Any]) -> FileCue | None:
    words = "".join(str(segment.get("utf8", "")) for segment in event.get("segs", ()))
    start, lasting = event.get("tStartMs"), event.get("dDurationMs")
    if not words.strip() or not isinstance(start, int | float):
        return None
    stop = (start + lasting) / 1000 if isinstance(lasting, int | float) else None
    return FileCue(start / 1000, stop, words)
