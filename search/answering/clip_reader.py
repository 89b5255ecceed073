"""Reader of planned clips: decodes their frames, several videos at once, each opened once, and scales them."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.config import Settings
from indexer.decode.child_pool import DecodeChildPool
from indexer.decode.frame_transforms import scale_frame
from indexer.decode.video import open_video
from indexer.errors import VideoError
from indexer.models.frame_pairs import FRAMES_PER_SECOND, PAIR_SECONDS, TimedPair, frame_times, make_pairs, scale_frames
from indexer.models.vision_language import ShownFrames
from indexer.records import SampledFrame
from search.answering.clip_planning import PlannedClip, PlannedPair
from search.answering.prompts import ShownClip

PARALLEL_VIDEOS = 4
"""Videos decoded at once, each in a process of its own."""


@dataclass(frozen=True, slots=True)
class ReadClips:
    """The clips with their pictures."""

    clips: list[tuple[PlannedClip, ShownClip]]
    """In the planned order; without those of which nothing could be read."""
    warnings: list[str]


def read_clips(
    planned: Sequence[PlannedClip], *, settings: Settings, spares: DecodeChildPool | None = None
) -> ReadClips:
    """Decodes the clips; a video that has vanished or cannot be read is left out, with a warning.

    A clip of sound alone has no pictures, and nothing of it is decoded.
    """
    by_video: dict[str, list[PlannedClip]] = {}
    for clip in planned:
        if clip.candidate.has_pictures:
            by_video.setdefault(clip.candidate.video, []).append(clip)

    def read(item: tuple[str, list[PlannedClip]]) -> list[SampledFrame] | VideoError:
        try:
            return _frames(item[0], item[1], settings, spares)
        except VideoError as error:
            return error

    with ThreadPoolExecutor(PARALLEL_VIDEOS) as pool:
        found = dict(zip(by_video, pool.map(read, by_video.items()), strict=True))
    warnings = [f"left out: {error}" for error in found.values() if isinstance(error, VideoError)]
    clips: list[tuple[PlannedClip, ShownClip]] = []
    for clip in planned:
        frames = found.get(clip.candidate.video, [])
        if isinstance(frames, VideoError):
            continue
        pairs = _pairs(clip.pairs, frames)
        if pairs or not clip.candidate.has_pictures:
            clips.append((clip, ShownClip(clip.candidate.span, pairs, clip.candidate.text, clip.candidate.caption)))
    return ReadClips(clips, warnings)


def clip_as_video_input(clip: ShownClip) -> ShownClip:
    """The whole clip as one video instead of pairs with their times; its frames at the first one's size."""
    if len(clip.pairs) < 2:
        return clip
    height, width = clip.pairs[0][1].pixels.shape[1:3]
    frames = [scale_frame(picture, width, height) for _, shown in clip.pairs for picture in shown.pixels]
    seconds = clip.pairs[-1][0] + PAIR_SECONDS - clip.pairs[0][0]
    whole = ShownFrames(np.stack(frames), max(0.1, (len(frames) - 1) / max(seconds, PAIR_SECONDS)))
    return ShownClip(clip.span, ((clip.pairs[0][0], whole),), clip.text, clip.caption)


def _frames(
    video: str, clips: Iterable[PlannedClip], settings: Settings, spares: DecodeChildPool | None
) -> list[SampledFrame]:
    """The frames of all pairs of one video, in order of time, scaled to the largest size that is shown."""
    pairs = [pair for clip in clips for pair in clip.pairs]
    times = frame_times(pair.start_seconds for pair in pairs)
    largest = max((pair.size for pair in pairs), key=lambda size: size.height * size.width)
    side = settings.picture_max_side
    with open_video(Path(video), settings=settings, times=times, max_side=side, decode_pool=spares) as reader:
        return list(scale_frames(reader.frames(), largest))


def _pairs(planned: Sequence[PlannedPair], frames: Sequence[SampledFrame]) -> tuple[TimedPair, ...]:
    made: list[TimedPair] = []
    for pair in planned:
        for time, shown in make_pairs([pair.start_seconds], frames):
            pictures = [scale_frame(picture, pair.size.width, pair.size.height) for picture in shown.pixels]
            made.append((time, ShownFrames(np.stack(pictures), FRAMES_PER_SECOND)))
    return tuple(made)
