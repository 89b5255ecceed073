"""Frame pairs for a vision-language model: their size, their times, and pairs of decoded frames. Pure."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.decode.frame_transforms import scale_frame
from indexer.models.vision_language import Frames, Part, VisionSpec
from indexer.records import SampledFrame, TimeSpan

PAIR_SECONDS = 0.5
"""Between the two frames of a pair: 2 frames a second, the rate at which Qwen2-VL was trained."""
TIME_TOLERANCE_SECONDS = 1e-6
GOLDEN_RATIO = (math.sqrt(5) - 1) / 2
"""Its multiples, modulo 1, spread more evenly than those of any other number."""


@dataclass(frozen=True, slots=True)
class PictureSize:
    """The size of a frame in pixels, as the model sees it."""

    height: int
    width: int

    def tokens(self, grid_pixels: int) -> int:
        """The number of tokens of a frame pair."""
        return (self.height // grid_pixels) * (self.width // grid_pixels)


def fit_picture_size(width: int, height: int, vision: VisionSpec, *, most_tokens: int) -> PictureSize:
    """The largest size that a model takes, of about the video's aspect ratio, within a token budget.

    Args:
        width, height: of the video's frames, pixels.
        most_tokens: of a frame pair.
    """
    if vision.only is not None:
        return PictureSize(*vision.only)
    ratio = max(1, width) / max(1, height)
    rows = max(1, round(math.sqrt(most_tokens / ratio)))
    columns = max(1, min(most_tokens // rows, round(rows * ratio)))
    rows = max(1, min(rows, most_tokens // columns))
    return PictureSize(rows * vision.grid_pixels, columns * vision.grid_pixels)


def pair_times(span: TimeSpan, count: int, *, inset_seconds: float = 0.0) -> list[float]:
    """The start times of `count` pairs, one in each equal part of a span; both frames of a pair lie inside the span.

    The position of a pair within its part follows the golden ratio. Evenly spaced samples of a shaking thing may meet
    it on the same side every time, so that it seems to move or to stand still (aliasing). Jittered sampling (Cook 1986,
    "Stochastic Sampling in Computer Graphics") turns that error into noise.

    Args:
        inset_seconds: uncertainty of the span's ends, which are avoided; at most a sixth of the span at each end.
    """
    inset = min(inset_seconds, span.duration_seconds / 6)
    start, stop = span.start_seconds + inset, span.stop_seconds - inset
    length = stop - start - PAIR_SECONDS
    if length <= 0:
        return [max(span.start_seconds, min(start, span.stop_seconds - PAIR_SECONDS))]
    count = max(1, min(count, int(length / PAIR_SECONDS) + 1))
    return [start + length * (index + (0.5 + index * GOLDEN_RATIO) % 1) / count for index in range(count)]


def frame_times(starts: Iterable[float], *, frames_a_step: int = 2) -> list[float]:
    """The times of the frames of each pair, sorted, each once; see `make_pairs`."""
    return sorted({start + PAIR_SECONDS * place for start in starts for place in range(frames_a_step)})


def scale_frames(frames: Iterable[SampledFrame], size: PictureSize) -> Iterator[SampledFrame]:
    """The frames at the size that the model sees."""
    for frame in frames:
        yield SampledFrame(frame.time_seconds, scale_frame(frame.pixels, size.width, size.height))


def make_pairs(starts: Sequence[float], frames: Sequence[SampledFrame], *, frames_a_step: int = 2) -> list[Frames]:
    """The pairs that begin at the given times, each of the frames on screen at these times; none without frames.

    Args:
        frames: in order of time, at the size that the model sees.
        frames_a_step: 1 for a model that sees single pictures: the first frame of each pair alone.
    """
    pairs: list[Frames] = []
    for start in starts:
        both = [frame_on_screen(frames, start + PAIR_SECONDS * place) for place in range(frames_a_step)]
        found = [frame for frame in both if frame is not None]
        if found:
            times = tuple(max(0.0, frame.time_seconds) for frame in found)
            pairs.append(Frames(np.stack([frame.pixels for frame in found]), times))  # (2, height, width, 3)
    return pairs


def frame_on_screen(frames: Sequence[SampledFrame], time: float) -> SampledFrame | None:
    """The last frame that appeared at or before a time; the first frame where none did."""
    found = frames[0] if frames else None
    for frame in frames:
        if frame.time_seconds > time + TIME_TOLERANCE_SECONDS:
            break
        found = frame
    return found


def frames_on_lines(runs: Iterable[Frames]) -> list[Part]:
    """Prompt parts of runs of frames, each on a line of its own."""
    return [part for frames in runs for part in (frames, "\n")]
