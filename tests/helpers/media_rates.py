"""Videos at the frame rates of film and television, each frame showing its number, and a library that holds them."""

import os
from fractions import Fraction
from pathlib import Path

import av

from indexer.catalog import TextSource
from indexer.records import FrameRow, SegmentRow, TextRow, TimeSpan, Video
from indexer.store.library import Library
from tests.helpers.media import numbered_picture, read_number
from tests.helpers.media_service import MAKER, probed

NTSC_24, NTSC_30, NTSC_60 = Fraction(24_000, 1001), Fraction(30_000, 1001), Fraction(60_000, 1001)
RATES = {"23.976": NTSC_24, "25": Fraction(25), "29.97": NTSC_30, "59.94": NTSC_60}


def write_rated(
    path: Path,
    rate: Fraction,
    frames: int,
    *,
    timecode: str = "",
    reel: str = "",
    offset_frames: int = 0,
    size: tuple[int, int] = (64, 48),
    chapters: list[tuple[float, float, str]] | None = None,
) -> Path:
    """Frame n shows n and comes at exactly n / rate, as far as the container keeps it."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "x264-params": "bframes=2"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = stream.time_base = 1 / rate
        stream.codec_context.gop_size = 48
        if timecode:
            stream.metadata["timecode"] = timecode
        if reel:
            stream.metadata["reel_name"] = reel
        if chapters:
            tick = Fraction(1, 1000)
            output.set_chapters(
                [
                    {
                        "id": number,
                        "start": round(start * 1000),
                        "end": round(stop * 1000),
                        "time_base": tick,
                        "metadata": {"title": title},
                    }
                    for number, (start, stop, title) in enumerate(chapters)
                ]
            )
        for number in range(frames):
            picture = numbered_picture(number, width=size[0], height=size[1])
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number + offset_frames, 1 / rate
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def shown_numbers(path: Path) -> list[tuple[Fraction, int]]:
    """(exact time, number) of each frame of a file, as a player presents them."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [
            (frame.pts * stream.time_base, read_number(frame.to_ndarray(format="rgb24")))
            for frame in container.decode(stream)
        ]


def write_library(
    folder: Path, videos: list[Video], texts: dict[str, list[tuple[TextSource, float, float, str]]]
) -> Path:
    """A library of these videos, each one segment, with texts by the video's id."""
    with Library.open_writer(folder, maker=MAKER) as library:
        for video in videos:
            span = TimeSpan(0.0, video.duration_seconds)
            library.write_pictures(
                [(video.video_id, [SegmentRow(0, span, span.stop_seconds / 2, None)], [FrameRow(0.0, 0, None, True)])]
            )
            for source in ("subtitle", "screen_text", "caption"):
                rows = [
                    TextRow(source, 0, TimeSpan(start, stop), text, None)
                    for kind, start, stop, text in texts.get(video.video_id, [])
                    if kind == source
                ]
                library.write_texts([(video.video_id, source, rows)])
        library.put_videos(videos)
    return folder


def damaged_copy(video: Video, path: Path) -> Video:
    """A copy whose pictures cannot be decoded any more, although it was indexed and not changed since."""
    path.write_bytes(Path(video.path).read_bytes())
    copy = probed(path)
    status, data = path.stat(), bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    stop = start - 8 + int.from_bytes(data[start - 8 : start - 4], "big")
    data[start:stop] = b"\xff" * (stop - start)
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return copy
