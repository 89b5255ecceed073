"""What a span of a video shows and says, for a model that looks: a text, and stills as JPEG. Blocks."""

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from api.formatting import time_code
from indexer.config import Settings
from indexer.decode.video import open_video
from indexer.records import Pixels, TimeSpan, Video
from indexer.store.library import Library
from search.chapters.chapters import lines_in, lines_of

MOST_STILLS = 8
MOST_LINES = 60
"""Of text beside the stills."""
_SIDE, _QUALITY = 768, 80


@dataclass(frozen=True, slots=True)
class Look:
    """A span of a video, to be looked at."""

    text: str
    """Which video and span, the times of the stills, and what is said, written and described there."""
    stills: list[bytes]
    """JPEG, in order of time; none of a recording without pictures."""


def look_at(library: Library, video: Video, span: TimeSpan, *, stills: int, settings: Settings) -> Look:
    """Looks at a span.

    Args:
        stills: how many, evenly spaced; at most `MOST_STILLS`.

    Raises:
        VideoError: the file is gone or cannot be decoded.
    """
    shown: list[tuple[float, bytes]] = []
    if video.kind == "video" and stills:
        step = (span.stop_seconds - span.start_seconds) / stills
        times = [span.start_seconds + step * (number + 0.5) for number in range(min(stills, MOST_STILLS))]
        with open_video(Path(video.path), settings=settings, times=times, max_side=_SIDE) as reader:
            shown = [(frame.time_seconds, _jpeg(frame.pixels)) for frame in reader.frames()]
    name = Path(video.path).name
    lines = [f"{name} from {time_code(span.start_seconds)} to {time_code(span.stop_seconds)} (id {video.video_id})"]
    if shown:
        lines.append("Stills at " + ", ".join(f"{seconds:.1f} s" for seconds, _ in shown))
    found = lines_in(lines_of(library, video), span)
    lines += [f"{time_code(line.span.start_seconds)} [{line.source}] {line.text}" for line in found[:MOST_LINES]]
    if len(found) > MOST_LINES:
        lines.append(f"and {len(found) - MOST_LINES} more lines; look at a shorter span")
    if not found:
        lines.append("No text there.")
    return Look("\n".join(lines), [still for _, still in shown])


def _jpeg(pixels: Pixels) -> bytes:
    """(height, width, 3) RGB -> JPEG."""
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", quality=_QUALITY)
    return target.getvalue()
