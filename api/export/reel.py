"""Export of subclips as one reel: each is cut, then all are joined at one size and rate, with chapters. Blocks."""

import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from api.export.clips import cut_subclip
from api.export.failed_moments import FailedMoment, check_any_left
from api.export.output_files import write_whole
from api.export.source_probe import MediaWorker
from api.export.subclips import Subclip, common_subclip_rate, subclip_title
from api.media.worker_protocol import Part
from indexer.errors import VideoError

MAX_SIDE = 1920
_CUTTING_SHARE = 0.6
"""Share of the progress that cutting accounts for."""


def write_reel(
    worker: MediaWorker,
    subclips: Sequence[Subclip],
    path: Path,
    *,
    rate: Fraction | None = None,
    force: bool = False,
    on_progress: Callable[[float], None] = lambda _: None,
) -> list[FailedMoment]:
    """Write the reel atomically. Returns the moments that could not be cut, without which it is.

    Args:
        rate: None uses the rate of most of the subclips.

    Raises:
        VideoError: no moment can be cut.
        ExportError, OSError: the path cannot be written.
        CancelledError: the export was cancelled.
    """
    frames_per_second = rate or common_subclip_rate(subclips).per_second
    failed: list[FailedMoment] = []

    def make(draft: Path) -> None:
        with tempfile.TemporaryDirectory(prefix=".reelseek-", dir=draft.parent) as folder:
            parts: list[Part] = []
            cut: list[Subclip] = []
            for number, subclip in enumerate(subclips):
                clip = Path(folder) / f"{number}.mp4"
                try:
                    cut_subclip(worker, subclip, clip, max_side=MAX_SIDE)
                except VideoError as error:
                    failed.append(FailedMoment.of(subclip.moment, error))
                    continue
                cut.append(subclip)
                count = max(1, round(subclip.duration_seconds * frames_per_second))
                parts.append(Part(str(clip), count, f"{subclip.source.name}: {subclip_title(subclip.moment)}"))
                on_progress(_CUTTING_SHARE * (number + 1) / len(subclips))
            check_any_left(cut, failed)
            worker.run(
                cut[0].source.video,
                "reel",
                output=draft,
                parts=tuple(parts),
                size=reel_size(cut),
                rate=(frames_per_second.numerator, frames_per_second.denominator),
                on_progress=lambda share: on_progress(_CUTTING_SHARE + (1 - _CUTTING_SHARE) * share),
            )

    write_whole(path, make, force=force)
    return failed


def reel_size(subclips: Sequence[Subclip]) -> tuple[int, int]:
    """(width, height) of the source with the longest total duration, at most `MAX_SIDE`, both even."""
    seconds: dict[tuple[int, int], Fraction] = {}
    for subclip in subclips:
        probe = subclip.source.video.probe
        size = (probe.width, probe.height) if probe is not None else (1280, 720)
        seconds[size] = seconds.get(size, Fraction(0)) + subclip.duration_seconds
    width, height = max(seconds, key=lambda size: seconds[size])
    scale = min(1.0, MAX_SIDE / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)
