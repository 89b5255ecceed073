"""At which rate a video's pictures come, whether it is kept, and the time code that the container names for the first.

Runs in the media child. Decodes nothing: times are read from the index where the container has one (MP4, MOV), else
from every packet.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction

from api.media.source_reader import SourceReader
from api.media.timecode import standard_rate
from api.media.worker_protocol import MediaRequest

MAX_RATE = 240
"""A greater one is a container's clock and no frame rate."""
GRID_TOLERANCE_FRAMES = 0.25
"""A picture that lies nearer to a frame of the rate than this keeps it."""
MAX_OFF_GRID_SHARE = 0.002
"""Share of pictures that may lie elsewhere: a cut at the end, a repaired place."""


@dataclass(frozen=True, slots=True)
class FrameTiming:
    """What an editor must know of a file to name its frames."""

    rate: tuple[int, int]
    """Frames a second as numerator and denominator; (0, 1) where the file does not tell."""
    is_variable: bool
    """Pictures come at other times than the rate's."""
    timecode: str
    """SMPTE time code of the first frame; empty where the container has none."""
    reel: str
    """Name of the tape or card that the container names."""


def read_frame_timing(request: MediaRequest, on_progress: Callable[[float], None]) -> dict[str, object]:
    """The fields of `FrameTiming`.

    Raises:
        VideoError: of the kind that fits.
    """
    source = SourceReader(request)
    try:
        rate, is_variable = detect_frame_rate(_rates(source), sorted(_times(source, on_progress)))
        found = FrameTiming(
            (rate.numerator, rate.denominator), is_variable, _tag(source, "timecode"), _tag(source, "reel_name")
        )
    finally:
        source.close()
    return asdict(found)


def detect_frame_rate(rates: Sequence[Fraction], times: Sequence[float]) -> tuple[Fraction, bool]:
    """(the lowest of the rates that the pictures keep, False), or (the first of them, True) where they keep none.

    Args:
        rates: that the container names, the likeliest first; 0 where there is none.
        times: of the pictures, rising, in seconds from the first one.
    """
    known = [rate for rate in dict.fromkeys(rates) if 0 < rate <= MAX_RATE]
    kept = [rate for rate in known if _off_grid_share(rate, times) <= MAX_OFF_GRID_SHARE]
    if kept:
        return min(kept), False
    return (known[0], True) if known else (Fraction(0), False)


def _off_grid_share(rate: Fraction, times: Sequence[float]) -> float:
    per_second, first = float(rate), times[0] if times else 0.0
    places = [(time - first) * per_second for time in times]
    taken = {round(place) for place in places}
    off = sum(abs(place - round(place)) > GRID_TOLERANCE_FRAMES for place in places)
    # Two pictures on one frame: the rate is too low.
    return (off + len(places) - len(taken)) / max(1, len(places))


def _rates(source: SourceReader) -> list[Fraction]:
    named = (source.video.average_rate, source.video.guessed_rate, source.video.base_rate)
    exact = [Fraction(rate) for rate in named if rate]
    return [*(standard_rate(rate) for rate in exact), *exact]


def _times(source: SourceReader, on_progress: Callable[[float], None]) -> Iterator[float]:
    tick = float(source.video.time_base or 0)
    entries = source.video.index_entries
    if source.is_exact and len(entries) and len(entries) == source.video.frames:
        # In order of decoding, which keeps the same rate.
        yield from (entry.timestamp * tick for entry in entries)
        return
    length = float(source.container.duration or 0) / 1e6
    for packet in source.packets(source.video):
        ticks = packet.pts if packet.pts is not None else packet.dts
        if ticks is not None:
            yield ticks * tick
            on_progress(min(1.0, max(0.0, ticks * tick / length)) if length else 0.0)


def _tag(source: SourceReader, name: str) -> str:
    """The chosen stream's, the file's, or that of a time code track."""
    places = (
        source.video.metadata,
        source.container.metadata,
        *(stream.metadata for stream in source.container.streams),
    )
    return next((place[name].strip()[:64] for place in places if place.get(name, "").strip()), "")
