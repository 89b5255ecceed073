"""Further recognition networks: the installed one in another file, with letters that the first does not know."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from indexer.config import Settings
from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.ocr.extra_alphabets import alphabet_of_ocr_model, most_confident_reading
from indexer.ocr.reader import ScreenTextReader, screen_text_reader_name
from indexer.pipeline.index import index_paths
from tests.test_ocr_reader import draw

pytestmark = pytest.mark.slow


def installed() -> Path:
    spec = find_spec("rapidocr")
    assert spec and spec.origin
    return Path(spec.origin).parent / "models" / "PP-OCRv6_rec_small.onnx"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed network, which reads a Cyrillic letter where the first one reads its two letters `ss`: `\u00df`."""
    folder = tmp_path_factory.mktemp("networks")
    weights = installed().read_bytes()
    old, new = "\n\u00df\n".encode(), "\n\u0416\n".encode()
    assert weights.count(old) == 1
    (folder / "cyrillic_rec.onnx").write_bytes(weights.replace(old, new))
    return folder


def test_letters_that_the_first_does_not_know_are_read_by_the_further_one(models: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="its font has the letter")
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", 32)
    image = Image.new("RGB", (640, 200), "#202428")
    ImageDraw.Draw(image).text((40, 40), "Hier wei\u00dfe Schrift", font=font, fill="white")
    import numpy as np

    assert [line.text for line in ScreenTextReader().read(np.asarray(image))] == ["Hier wei\u00dfe Schrift"]
    reader = ScreenTextReader(models=str(models))
    assert [line.text for line in reader.read(np.asarray(image))] == ["Hier wei\u0416e Schrift"]
    assert [line.text for line in reader.read(draw(["HARVEST"]))] == ["HARVEST"]


def test_the_surest_reading_counts_and_own_letters_get_a_margin() -> None:
    latin = frozenset("ABCEHKMOPTX")
    assert (
        most_confident_reading(("MOCKBA", 0.95), [("\u041c\u041e\u0421\u041a\u0412\u0410", 0.93)], alphabet=latin)[0]
        != "MOCKBA"
    )
    assert (
        most_confident_reading(("MOCKBA", 0.99), [("\u041c\u041e\u0421\u041a\u0412\u0410", 0.8)], alphabet=latin)[0]
        == "MOCKBA"
    )
    assert most_confident_reading(("HOT", 0.9), [("HAT", 0.9)], alphabet=latin) == ("HOT", 0.9)
    assert most_confident_reading(("HOT", 0.9), [("HAT", 0.91), ("HUT", 0.5)], alphabet=latin) == ("HAT", 0.91)
    assert most_confident_reading(("HOT", 0.9), [], alphabet=latin) == ("HOT", 0.9)


def test_the_library_records_which_networks_read(models: Path) -> None:
    assert screen_text_reader_name(str(models)).startswith(screen_text_reader_name())
    assert "with cyrillic_rec " in screen_text_reader_name(str(models))
    assert "A" in alphabet_of_ocr_model(installed())


def test_what_is_missing_or_broken_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"screen_text_models.*no recognition network"):
        ScreenTextReader(models=str(tmp_path / "nowhere"))
    (tmp_path / "film.mp4").write_bytes(b"x")
    settings = Settings(models="text", library=str(tmp_path / "library"), screen_text_models=str(tmp_path))
    with pytest.raises(ModelMissingError, match="no recognition network"):
        index_paths([tmp_path / "film.mp4"], settings=settings)
    (tmp_path / "korean.onnx").write_bytes(b"no network")
    with pytest.raises(ModelBrokenError, match=r"korean\.onnx cannot be loaded"):
        ScreenTextReader(models=str(tmp_path))
    (tmp_path / "korean.onnx").write_bytes(installed().with_name("PP-OCRv6_det_small.onnx").read_bytes())
    with pytest.raises(ModelBrokenError, match="no alphabet"):
        ScreenTextReader(models=str(tmp_path))
