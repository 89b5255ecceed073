"""Reader of planned clips: decodes their frames, several videos at once, each opened once, and scales them."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexer.config import Settings
from indexer.decode.child_pool import DecodeChildPool
from indexer.decode.frame_transforms import scale_frame
from indexer.decode.video import open_video
from indexer.errors import VideoError
from indexer.models.frame_pairs import frame_times, make_pairs, scale_frames
from indexer.models.vision_language import Frames
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
    planned: Sequence[PlannedClip],
    *,
    settings: Settings,
    spares: DecodeChildPool | None = None,
    frames_a_step: int = 2,
) -> ReadClips:
    """Decodes the clips; a video that has vanished or cannot be read is left out, with a warning.

    A clip of sound alone has no pictures, and nothing of it is decoded.

    Args:
        spares: decoder processes that wait for the next clips.
        frames_a_step: frames of a pair that are read; see `VisionSpec.frames_a_step`.
    """
    by_video: dict[str, list[PlannedClip]] = {}
    for clip in planned:
        if clip.candidate.has_pictures:
            by_video.setdefault(clip.candidate.video, []).append(clip)

    def read(item: tuple[str, list[PlannedClip]]) -> list[SampledFrame] | VideoError:
        try:
            return _frames(item[0], item[1], settings, spares, frames_a_step)
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
        pairs = _pairs(clip.pairs, frames, frames_a_step)
        if pairs or not clip.candidate.has_pictures:
            clips.append((clip, ShownClip(clip.candidate.span, pairs, clip.candidate.text, clip.candidate.caption)))
    return ReadClips(clips, warnings)


def clip_as_video_input(clip: ShownClip) -> ShownClip:
    """The whole clip as one run instead of pairs; its frames at the first one's size."""
    if len(clip.runs) < 2:
        return clip
    height, width = clip.runs[0].pixels.shape[1:3]
    frames = [scale_frame(picture, width, height) for run in clip.runs for picture in run.pixels]
    times = tuple(time for run in clip.runs for time in run.times)
    return replace(clip, runs=(Frames(np.stack(frames), times),))


def clip_from_zero(clip: ShownClip) -> ShownClip:
    """The whole clip as one run, for a model that counts its seconds from its first frame on."""
    whole = clip_as_video_input(clip)
    return replace(whole, zero_seconds=whole.runs[0].times[0]) if whole.runs else whole


def show_pairs(clip: ShownClip) -> ShownClip:
    """The clip as it was read: pairs of frames with their times."""
    return clip


def _frames(
    video: str, clips: Iterable[PlannedClip], settings: Settings, spares: DecodeChildPool | None, frames_a_step: int
) -> list[SampledFrame]:
    """The frames of all pairs of one video, in order of time, scaled to the largest size that is shown."""
    pairs = [pair for clip in clips for pair in clip.pairs]
    times = frame_times((pair.start_seconds for pair in pairs), frames_a_step=frames_a_step)
    largest = max((pair.size for pair in pairs), key=lambda size: size.height * size.width)
    side = settings.picture_max_side
    with open_video(Path(video), settings=settings, times=times, max_side=side, decode_pool=spares) as reader:
        return list(scale_frames(reader.frames(), largest))


def _pairs(planned: Sequence[PlannedPair], frames: Sequence[SampledFrame], frames_a_step: int) -> tuple[Frames, ...]:
    made: list[Frames] = []
    for pair in planned:
        for read in make_pairs([pair.start_seconds], frames, frames_a_step=frames_a_step):
            pictures = [scale_frame(picture, pair.size.width, pair.size.height) for picture in read.pixels]
            made.append(Frames(np.stack(pictures), read.times))
    return tuple(made)
