"""Reading pictures by the real reader: drawn ones, and frames of shared/ where it is at hand."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from indexer.errors import ModelMissingError
from indexer.ocr import networks
from indexer.ocr.change_detector import ChangeDetector
from indexer.ocr.reader import ScreenTextReader, screen_text_reader_name
from indexer.ocr.timed_texts import collect_screen_texts
from indexer.records import Pixels

pytestmark = pytest.mark.slow

SHARED = Path(__file__).parents[2] / "shared"
TERMINAL = [
    "$ git status --short",
    "error: failed to push some refs",
    "drwxr-xr-x 3 root root 4096 Nov 20 indexer",
    "processed 1284 frames in 32.5 seconds",
]


def draw(
    lines: Sequence[str],
    *,
    size: int = 30,
    picture: tuple[int, int] = (640, 360),
    ink: str = "white",
    paper: str = "#202428",
    left: int = 40,
) -> Pixels:
    """Lines of text in Pillow's own font, (height, width, 3)."""
    image = Image.new("RGB", picture, paper)
    pen = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        pen.text((left, 30 + row * size * 1.5), line, font=ImageFont.load_default(size), fill=ink)
    return np.asarray(image)


@pytest.fixture(scope="module")
def reader() -> ScreenTextReader:
    return ScreenTextReader()


def letters(text: str) -> str:
    return re.sub(r"\W", "", text).casefold()


def frames_of(path: Path, *, count: int, step_seconds: float = 1.0) -> list[Pixels]:
    av = pytest.importorskip("av")
    if not path.exists():
        pytest.skip(f"{path.name} of shared/ is not here")
    frames: list[Pixels] = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time >= len(frames) * step_seconds:
                frames.append(frame.to_ndarray(format="rgb24"))
            if len(frames) == count:
                break
    return frames


def test_lines_in_reading_order_with_boxes(reader: ScreenTextReader) -> None:
    lines = reader.read(draw(TERMINAL, size=16, picture=(1280, 720)))
    assert [letters(line.text) for line in lines] == [letters(line) for line in TERMINAL]
    assert all(line.confidence >= 0.9 for line in lines)
    for row, line in enumerate(lines):
        left, top, right, bottom = line.box
        assert 30 <= left * 1280 <= 50 < right * 1280 <= 1280
        assert top * 720 < 30 + row * 24 + 10 < bottom * 720


@pytest.mark.parametrize("picture", [(320, 180), (480, 200), (960, 540), (180, 320)])
def test_a_sign_in_any_picture_size(reader: ScreenTextReader, picture: tuple[int, int]) -> None:
    size = max(14, picture[1] // 9)
    for ink, paper in (("white", "black"), ("#103060", "#e8e0c8")):
        lines = reader.read(draw(["HARVEST"], size=size, picture=picture, ink=ink, paper=paper, left=20))
        assert [line.text for line in lines] == ["HARVEST"]


def test_accents_and_umlauts(reader: ScreenTextReader) -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="its font has the letters that Pillow's lacks")
    font = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", 32)
    image = Image.new("RGB", (640, 200), "#202428")
    ImageDraw.Draw(image).text((40, 40), "Hier weiße Schrift\nOù êtes-vous", font=font, fill="white", spacing=20)
    lines = reader.read(np.asarray(image))
    assert [line.text for line in lines] == ["Hier weiße Schrift", "Où êtes-vous"]


def test_pieces_on_one_row_are_one_line_columns_are_not(reader: ScreenTextReader) -> None:
    near = np.maximum(draw(["BUILD"], left=40), draw(["SUCCESS"], left=170))
    assert [line.text for line in reader.read(near)] == ["BUILD SUCCESS"]
    far = np.maximum(draw(["Left"], left=20), draw(["Right"], left=500))
    assert [line.text for line in reader.read(far)] == ["Left", "Right"]


def test_no_text_no_lines(reader: ScreenTextReader) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (360, 640, 3)).astype(np.uint8)
    slope = np.broadcast_to(np.linspace(0, 255, 640).astype(np.uint8)[None, :, None], (360, 640, 3))
    for picture in (noise, slope, np.zeros((360, 640, 3), np.uint8), np.full((6, 10, 3), 99, np.uint8)):
        assert reader.read(picture) == []
    for shape in ((1, 2000, 3), (2000, 20, 3), (20, 2000, 3), (17, 17, 3)):
        assert reader.read(np.full(shape, 7, np.uint8)) == []


def test_readings_do_not_depend_on_what_was_read_before(reader: ScreenTextReader) -> None:
    """So an interrupted run, which reads other frames before, ends with the same texts."""
    picture = draw(TERMINAL, size=18)
    reader.read(draw(TERMINAL[:2], size=18))
    assert reader.read(picture) == ScreenTextReader().read(picture) == reader.read(picture)


def test_missing_weights_name_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Nowhere:
        origin = str(tmp_path / "rapidocr" / "__init__.py")

    monkeypatch.setattr(networks, "find_spec", lambda name: Nowhere)
    with pytest.raises(ModelMissingError, match=r"PP-OCRv6_det_small\.onnx is not there; install rapidocr"):
        ScreenTextReader()
    monkeypatch.setattr(networks, "find_spec", lambda name: None)
    with pytest.raises(ModelMissingError, match="rapidocr"):
        ScreenTextReader()


def test_name_tells_release_and_settings() -> None:
    assert re.fullmatch(r"rapidocr \d+\.\d+\S* PP-OCRv6-small .*", screen_text_reader_name())


def test_chinese_of_a_real_reader(reader: ScreenTextReader) -> None:
    fonts = [*Path("/usr/share/fonts").rglob("*CJK*"), *Path("/usr/share/fonts").rglob("wqy*")]
    if not fonts:
        pytest.skip("no Chinese font on this machine")
    image = Image.new("RGB", (640, 200), "white")
    ImageDraw.Draw(image).text((40, 60), "视频搜索引擎", font=ImageFont.truetype(str(fonts[0]), 48), fill="black")
    assert [line.text for line in reader.read(np.asarray(image))] == ["视频搜索引擎"]


def test_lecture_slides_of_shared(reader: ScreenTextReader) -> None:
    frames = frames_of(SHARED / "videos" / "opencast" / "audiovideo.mov", count=3)
    detector = ChangeDetector()
    states = [(float(n), reader.read(frame)) for n, frame in enumerate(frames) if detector.changed(frame)]
    texts = collect_screen_texts(states, 3.0)
    conditional = [text for text in texts if text.span.start_seconds == 0.0]
    paths = [text for text in texts if text.span.start_seconds == 2.0]
    assert conditional + paths == texts
    spans = {text.text: text.span.stop_seconds for text in conditional}
    assert {stop for text, stop in spans.items() if "Conditional expressions" in text} == {2.0}
    assert {stop for text, stop in spans.items() if "Systems Group" in text} == {3.0}, "the foot of every slide"
    assert "XQuery includes XPath (not just embedded)" in paths[0].text
