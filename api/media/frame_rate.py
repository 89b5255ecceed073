"""Detection of the frame rate of a video, whether it is constant, of its start time code, and of its frame format.

Runs in the media worker. Decodes nothing: frame times come from the index where the container has one (MP4, MOV), else
from all packets.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import ceil

from api.media.source_reader import SourceReader
from api.media.timecode import standard_rate
from api.media.worker_protocol import MediaRequest
from indexer.decode.worker.frame_conversion import pixel_aspect_of

MAX_RATE = 240
"""A higher rate is the container's time base, not a frame rate."""
MIN_RATE = 10
"""Lower rates, as of slides and time lapses, are counted in a multiple, so that a cut need not wait for a frame."""
_COUNTED_RATES = (24, 25, 30)
GRID_TOLERANCE_FRAMES = 0.25
"""A frame within this distance of the rate's grid is on the grid."""
MAX_OFF_GRID_SHARE = 0.002
"""Share of frames that may be off the grid, as at the end of a cut or a repaired section."""


@dataclass(frozen=True, slots=True)
class FrameTiming:
    """Frame rate and time code of a file, which are needed to address its frames, and the format of these."""

    rate: tuple[int, int]
    """Frames a second as numerator and denominator; (0, 1) where unknown."""
    is_variable: bool
    """Frame times do not follow the rate."""
    timecode: str
    """SMPTE time code of the first frame, empty for none."""
    reel: str
    """Reel name (tape or card) stored in the container, empty for none."""
    size: tuple[int, int] = (0, 0)
    """(width, height) of a frame as stored, before rotation."""
    pixel_aspect: tuple[int, int] = (1, 1)
    """Width of a pixel to its height, before rotation."""


def read_frame_timing(request: MediaRequest, on_progress: Callable[[float], None]) -> dict[str, object]:
    """The fields of `FrameTiming`.

    Raises:
        VideoError: the matching subclass.
    """
    source = SourceReader(request)
    try:
        rate, is_variable = detect_frame_rate(_rates(source), sorted(_times(source, on_progress)))
        found = FrameTiming(
            rate.as_integer_ratio(),
            is_variable,
            _tag(source, "timecode"),
            _tag(source, "reel_name"),
            (source.video.codec_context.width, source.video.codec_context.height),
            pixel_aspect_of(source.video).as_integer_ratio(),
        )
    finally:
        source.close()
    return asdict(found)


def detect_frame_rate(rates: Sequence[Fraction], times: Sequence[float]) -> tuple[Fraction, bool]:
    """(frame rate, whether it is variable): the lowest rate whose grid the frame times follow, else the first rate.

    A rate below `MIN_RATE` is given as its smallest multiple that is a usual rate, or at least the lowest usual one.

    Args:
        rates: candidates from the container, the likeliest first; 0 counts as unknown.
        times: of the frames, rising, in seconds from the first one.
    """
    known = [rate for rate in dict.fromkeys(rates) if 0 < rate <= MAX_RATE]
    matching = [rate for rate in known if _off_grid_share(rate, times) <= MAX_OFF_GRID_SHARE]
    if matching:
        return _countable(min(matching)), False
    return (_countable(known[0]), True) if known else (Fraction(0), False)


def _countable(rate: Fraction) -> Fraction:
    if rate >= MIN_RATE:
        return rate
    multiples = [Fraction(usual) for usual in _COUNTED_RATES if (usual / rate).denominator == 1]
    return min(multiples, default=rate * ceil(_COUNTED_RATES[0] / rate))


def _off_grid_share(rate: Fraction, times: Sequence[float]) -> float:
    per_second, first = float(rate), times[0] if times else 0.0
    positions = [(time - first) * per_second for time in times]
    taken = {round(position) for position in positions}
    off = sum(abs(position - round(position)) > GRID_TOLERANCE_FRAMES for position in positions)
    # Two frames on one grid position: the rate is too low.
    return (off + len(positions) - len(taken)) / max(1, len(positions))


def _rates(source: SourceReader) -> list[Fraction]:
    named = (source.video.average_rate, source.video.guessed_rate, source.video.base_rate)
    exact = [Fraction(rate) for rate in named if rate]
    return [*(standard_rate(rate) for rate in exact), *exact]


def _times(source: SourceReader, on_progress: Callable[[float], None]) -> Iterator[float]:
    tick = float(source.video.time_base or 0)
    entries = source.video.index_entries
    if source.is_exact and len(entries) and len(entries) == source.video.frames:
        # In decoding order, which does not matter for the rate.
        yield from (entry.timestamp * tick for entry in entries)
        return
    length = float(source.container.duration or 0) / 1e6
    for packet in source.packets(source.video):
        ticks = packet.pts if packet.pts is not None else packet.dts
        if ticks is not None:
            yield ticks * tick
            on_progress(min(1.0, max(0.0, ticks * tick / length)) if length else 0.0)


def _tag(source: SourceReader, name: str) -> str:
    """A tag of the chosen stream, of the file, or of another stream such as a time code track."""
    tag_sets = (
        source.video.metadata,
        source.container.metadata,
        *(stream.metadata for stream in source.container.streams),
    )
    return next((tags[name].strip()[:64] for tags in tag_sets if tags.get(name, "").strip()), "")
