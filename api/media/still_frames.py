"""Still frames as JPEG: a single one, or a sprite sheet of many. Runs in the media worker."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import cv2
import numpy as np

from api.media.source_reader import SourceReader, shown_from
from api.media.worker_protocol import MediaRequest
from indexer.decode.frame_transforms import fitted_frame_size, scale_frame
from indexer.decode.worker.av_types import VideoFrame
from indexer.decode.worker.frame_conversion import FrameConverter, pixel_aspect_of
from indexer.errors import UnreadableVideoError
from indexer.records import Pixels

_QUALITY = 80
_JUMP_SECONDS = 20.0
"""Closer times are reached by decoding on instead of seeking; key frames are rarely closer than a few seconds."""


def still_frame(request: MediaRequest, on_progress: Callable[[float], None]) -> dict[str, object]:
    """Write the frame on screen at `start_seconds`, its longer side at most `max_side`.

    Raises:
        VideoError: the matching subclass.
    """
    source = SourceReader(request)
    try:
        _, pixels = next(frames_at(source, [request.start_seconds], request.max_side), (0.0, None))
    finally:
        source.close()
    if pixels is None:
        raise UnreadableVideoError("no frame could be decoded there")
    on_progress(1.0)
    _write(request.output, pixels)
    return {"width": int(pixels.shape[1]), "height": int(pixels.shape[0])}


def sheet_of_still_frames(request: MediaRequest, on_progress: Callable[[float], None]) -> dict[str, object]:
    """Write a sprite sheet, row by row. All tiles have the size of the first one; unreadable ones stay black.

    `request.max_side` is the longer side of a tile.
    """
    ready = {index: _read(tile.thumbnail) for index, tile in enumerate(request.tiles) if tile.thumbnail}
    missing = [index for index in range(len(request.tiles)) if ready.get(index) is None]
    found: dict[int, Pixels] = {index: pixels for index, pixels in ready.items() if pixels is not None}
    if missing:
        source = SourceReader(request)
        try:
            times = [request.tiles[index].seconds for index in missing]
            for at, pixels in frames_at(source, times, request.max_side):
                for index, time in zip(missing, times, strict=True):
                    if time == at:
                        found[index] = pixels
                on_progress(len(found) / len(request.tiles))
        finally:
            source.close()
    if not found:
        raise UnreadableVideoError("no frame could be decoded")
    first = found[min(found)]
    width, height = fitted_frame_size(first.shape[1], first.shape[0], request.max_side)
    rows = -(-len(request.tiles) // request.columns)
    canvas = np.zeros((rows * height, request.columns * width, 3), np.uint8)
    for index, pixels in found.items():
        top, left = index // request.columns * height, index % request.columns * width
        canvas[top : top + height, left : left + width] = scale_frame(pixels, width, height)
    _write(request.output, canvas)
    return {"tile_width": width, "tile_height": height, "tiles": len(request.tiles)}


def frames_at(source: SourceReader, times: Sequence[float], max_side: int) -> Iterator[tuple[float, Pixels]]:
    """(time, frame on screen at that time) for rising times. Ends early where nothing more can be decoded."""
    converter: FrameConverter | None = None
    index = 0
    while index < len(times):
        run = [times[index]]
        for time in islice(times, index + 1, None):
            if source.is_exact and time - run[-1] > _JUMP_SECONDS:
                break
            run.append(time)
        for wanted_time, frame in _frames_at(source, run):
            if converter is None:
                converter = FrameConverter(frame, max_side, pixel_aspect_of(source.video))
            yield wanted_time, converter.make(frame)
        index += len(run)


def _frames_at(source: SourceReader, run: Sequence[float]) -> Iterator[tuple[float, VideoFrame]]:
    waiting = list(run)
    before: VideoFrame | None = None
    for time, frame in shown_from(source.read_from(run[0], stop_seconds=run[-1], with_audio=False), run[0]):
        if not isinstance(frame, VideoFrame):
            continue
        while waiting and before is not None and time > waiting[0] + 1e-6:
            yield waiting.pop(0), before
        if not waiting:
            return
        before = frame
    for wanted_time in waiting:
        if before is not None:
            yield wanted_time, before


def _read(path: str) -> Pixels | None:
    thumbnail = cv2.imread(path, cv2.IMREAD_COLOR)
    return None if thumbnail is None else np.asarray(thumbnail[:, :, ::-1], np.uint8)


def _write(path: str, pixels: Pixels) -> None:
    ok, coded = cv2.imencode(".jpg", np.ascontiguousarray(pixels[:, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not ok:
        raise UnreadableVideoError("the frame could not be encoded as JPEG")
    with open(path, "wb") as stream:  # noqa: PTH123 - written by the worker
        stream.write(coded.tobytes())
