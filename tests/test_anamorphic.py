"""Pixels that are not square, as of DVDs and camcorders: a square on the screen is one in everything made of it."""

import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from api.export.output_files import make_folder
from api.export.run_export import ExportOptions, run_export
from api.export.subclips import RequestedMoment
from api.media.worker_protocol import Tile
from indexer.config import Settings
from indexer.decode.video import open_video
from indexer.errors import UnreadableVideoError
from indexer.records import TimeSpan, Video
from tests.helpers.media_service import probed
from tests.helpers.text_index import TextIndex
from tests.test_media_clip import work_on

pytestmark = pytest.mark.thorough

ASPECT = Fraction(64, 45)
SHOWN = Fraction(720 * 64, 576 * 45)


def write_squeezed(path: Path, *, codec: str, aspect: Fraction = ASPECT, turned: bool = False) -> Path:
    """720 x 576 with a white box that is a square on the screen; `turned`: to be shown on its side."""
    picture = np.zeros((576, 720, 3), np.uint8)
    width = round(320 / aspect)
    picture[128:448, 200 : 200 + width] = 255
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 720, 576, "yuv420p"
        stream.codec_context.sample_aspect_ratio = aspect
        for number in range(50):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    if turned:
        data = bytearray(path.read_bytes())
        place = data.index(b"tkhd") + 44  # the matrix of ISO/IEC 14496-12, 8.3.2
        data[place : place + 36] = b"".join(
            number.to_bytes(4, "big", signed=True) for number in (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
        )
        path.write_bytes(data)
    return path


def box_ratio(pixels: NDArray[np.uint8], aspect: Fraction = Fraction(1)) -> float:
    """Width to height of the white box as it is shown."""
    rows, columns = np.nonzero(pixels[..., 0] > 128)
    return float((columns.max() - columns.min() + 1) * aspect / (rows.max() - rows.min() + 1))


def shown_box(path: Path) -> tuple[float, float]:
    """Of a video: width to height of its picture and of its box, as a player shows them."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        aspect = Fraction(stream.sample_aspect_ratio or 1)
        assert not next(container.decode(stream)).side_data.get("DISPLAYMATRIX")
        pixels = next(container.decode(stream)).to_ndarray(format="rgb24")
    return float(pixels.shape[1] * aspect / pixels.shape[0]), box_ratio(pixels, aspect)


@pytest.fixture(params=["dvd.mpg", "pal.mp4", "pal.mkv", "turned.mp4"])
def squeezed(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Video, float]:
    """The video, and the width to height of its picture on the screen."""
    name = request.param
    codec = "mpeg2video" if name.endswith(".mpg") else "libx264"
    file = write_squeezed(tmp_path / name, codec=codec, turned=name.startswith("turned"))
    return probed(file), float(1 / SHOWN if name.startswith("turned") else SHOWN)


def test_frames_have_square_pixels(squeezed: tuple[Video, float]) -> None:
    video, shown = squeezed
    assert video.probe is not None
    assert video.probe.width / video.probe.height == pytest.approx(shown, rel=0.01)
    for side in (None, 320):
        with open_video(Path(video.path), settings=Settings(), times=[1.0], max_side=side) as reader:
            pixels = next(reader.frames()).pixels
        assert pixels.shape[1] / pixels.shape[0] == pytest.approx(shown, rel=0.01)
        assert box_ratio(pixels) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("work", ["clip", "transcode"])
def test_cuts_and_copies_keep_the_shape(squeezed: tuple[Video, float], tmp_path: Path, work: str) -> None:
    video, shown = squeezed
    work_on(video, tmp_path / "out.mp4", work, start_seconds=0.5, stop_seconds=1.5)  # pyright: ignore[reportArgumentType]
    assert shown_box(tmp_path / "out.mp4") == pytest.approx((shown, 1), rel=0.03)


def test_a_remuxed_copy_keeps_the_shape(tmp_path: Path) -> None:
    video = probed(write_squeezed(tmp_path / "pal.mkv", codec="libx264"))
    work_on(video, tmp_path / "out.mp4", "remux", stop_seconds=video.duration_seconds)
    assert shown_box(tmp_path / "out.mp4") == pytest.approx((SHOWN, 1), rel=0.03)


def test_stills_and_sprites_have_square_pixels(squeezed: tuple[Video, float], tmp_path: Path) -> None:
    video, shown = squeezed
    work_on(video, tmp_path / "still.jpg", "still", start_seconds=1.0, max_side=480)
    work_on(video, tmp_path / "sheet.jpg", "sheet", tiles=(Tile(1.0),), max_side=240)
    for name in ("still.jpg", "sheet.jpg"):
        pixels = np.asarray(cv2.imread(str(tmp_path / name)), np.uint8)
        assert pixels.shape[1] / pixels.shape[0] == pytest.approx(shown, rel=0.01)
        assert box_ratio(pixels) == pytest.approx(1, abs=0.03)


def test_a_reel_of_several_shapes_squeezes_none(tmp_path: Path) -> None:
    videos = [
        probed(write_squeezed(tmp_path / "wide.mpg", codec="mpeg2video")),
        probed(write_squeezed(tmp_path / "narrow.mp4", codec="libx264", aspect=Fraction(16, 15))),
        probed(write_squeezed(tmp_path / "turned.mp4", codec="libx264", turned=True)),
    ]
    reel = tmp_path / "reel.mp4"
    moments = [RequestedMoment(video, TimeSpan(0.0, 1.0)) for video in videos]
    run_export(moments, ExportOptions("reel", "reel", reel), settings=Settings())
    with av.open(str(reel)) as container:
        stream = container.streams.video[0]
        assert Fraction(stream.sample_aspect_ratio or 1) == 1
        boxes = [box_ratio(frame.to_ndarray(format="rgb24")) for frame in container.decode(stream)]
    assert len(boxes) == 75
    assert np.allclose(boxes, 1, atol=0.03)


def test_final_cut_is_told_the_shape(squeezed: tuple[Video, float], tmp_path: Path) -> None:
    video, shown = squeezed
    out = tmp_path / "cut.fcpxml"
    run_export([RequestedMoment(video, TimeSpan(0.5, 1.5))], ExportOptions("fcpxml", "cut", out), settings=Settings())
    formats = ElementTree.parse(out).getroot().findall("resources/format")
    assert formats
    for one in formats:
        aspect = Fraction(int(one.get("paspH", "1")), int(one.get("paspV", "1")))
        assert int(one.get("width", "0")) * aspect / int(one.get("height", "0")) == pytest.approx(shown, rel=0.01)
        assert {one.get("width"), one.get("height")} == {"720", "576"}


def test_thumbnails_in_the_library_have_square_pixels(tmp_path: Path) -> None:
    films = tmp_path / "films"
    make_folder(films)
    write_squeezed(films / "dvd.mpg", codec="mpeg2video")
    index = TextIndex(tmp_path / "library")
    index.run(films)
    with index.open() as library:
        (video,) = library.videos()
        pixels = np.asarray(cv2.imread(str(library.thumbnail_path(video.video_id, 0))), np.uint8)
    assert pixels.shape[1] / pixels.shape[0] == pytest.approx(float(SHOWN), rel=0.01)
    assert box_ratio(pixels) == pytest.approx(1, abs=0.03)


def test_the_shape_that_the_container_tells_counts_and_is_not_lost_in_a_copy(tmp_path: Path) -> None:
    """`ffmpeg -c copy -aspect` writes it there, while the coded pictures still tell the old one."""
    file = write_squeezed(tmp_path / "told.mp4", codec="libx264", aspect=Fraction(16, 15))
    data = bytearray(file.read_bytes())
    place = data.index(b"pasp") + 4  # ISO/IEC 14496-12, 12.1.4
    data[place : place + 8] = (64).to_bytes(4, "big") + (45).to_bytes(4, "big")
    file.write_bytes(data)
    video = probed(file)
    assert video.probe is not None
    assert (video.probe.width, video.probe.height) == (1024, 576)
    work_on(video, tmp_path / "whole.mp4", "transcode", stop_seconds=video.duration_seconds)
    assert shown_box(tmp_path / "whole.mp4")[0] == pytest.approx(float(SHOWN), rel=0.01)
    with pytest.raises(UnreadableVideoError, match="another shape"):
        work_on(video, tmp_path / "copy.mp4", "remux", stop_seconds=video.duration_seconds)


@pytest.mark.parametrize("aspect", [Fraction(500, 1), Fraction(1, 500)])
def test_an_absurd_shape_is_not_believed(tmp_path: Path, aspect: Fraction) -> None:
    video = probed(write_squeezed(tmp_path / "odd.mp4", codec="libx264", aspect=aspect))
    assert video.probe is not None
    assert (video.probe.width, video.probe.height) == (720, 576)
