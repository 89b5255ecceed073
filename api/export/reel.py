"""One MP4 of all takes: each is cut, then all are joined in one size and one rate, a chapter each. Blocks."""

import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from api.export.clips import cut_subclip
from api.export.output_files import write_whole
from api.export.source_probe import MediaWorker
from api.export.subclips import Subclip, common_rate, title_of
from api.media.worker_protocol import Part

MAX_SIDE = 1920
_CUTTING_SHARE = 0.6
"""Share of the work that goes into cutting."""


def write_reel(
    child: MediaWorker,
    subclips: Sequence[Subclip],
    path: Path,
    *,
    rate: Fraction | None = None,
    force: bool = False,
    on_progress: Callable[[float], None] = lambda _: None,
) -> None:
    """Write the reel, whole or not at all.

    Args:
        rate: None: that of most of the takes.

    Raises:
        VideoError: a file is gone or cannot be read.
        ExportError, OSError: it cannot be written there.
        CancelledError: told to stop.
    """
    frames_per_second = rate or common_rate(subclips).per_second

    def make(draft: Path) -> None:
        with tempfile.TemporaryDirectory(prefix=".reelseek-", dir=draft.parent) as folder:
            parts: list[Part] = []
            for number, subclip in enumerate(subclips):
                clip = Path(folder) / f"{number}.mp4"
                cut_subclip(child, subclip, clip, max_side=MAX_SIDE)
                count = max(1, round(subclip.duration_seconds * frames_per_second))
                parts.append(Part(str(clip), count, f"{subclip.source.name}: {title_of(subclip.moment)}"))
                on_progress(_CUTTING_SHARE * (number + 1) / len(subclips))
            child.ask(
                subclips[0].source.video,
                "reel",
                output=draft,
                parts=tuple(parts),
                size=size_of(subclips),
                rate=(frames_per_second.numerator, frames_per_second.denominator),
                on_progress=lambda share: on_progress(_CUTTING_SHARE + (1 - _CUTTING_SHARE) * share),
            )

    write_whole(path, make, force=force)


def size_of(subclips: Sequence[Subclip]) -> tuple[int, int]:
    """(width, height) of the source that is shown longest, `MAX_SIDE` at most, both even."""
    seconds: dict[tuple[int, int], Fraction] = {}
    for subclip in subclips:
        probe = subclip.source.video.probe
        size = (probe.width, probe.height) if probe is not None else (1280, 720)
        seconds[size] = seconds.get(size, Fraction(0)) + subclip.duration_seconds
    width, height = max(seconds, key=lambda size: seconds[size])
    scale = min(1.0, MAX_SIDE / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)
