"""The OCR engine: rapidocr's networks for text detection and recognition. Only `indexer.ocr.reader` uses it.

The reading of a line depends on its own pixels alone, never on other lines. So a line that stays from frame to frame,
as in a terminal, is recognised once.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.ocr.changed_regions import PieceBox, is_same_text_piece
from indexer.ocr.extra_alphabets import Reading, alphabet_of_ocr_model, load_extra_ocr_model, most_confident_reading
from indexer.records import Pixels

if TYPE_CHECKING:
    from rapidocr import RapidOCR

MAX_PIECES = 300
"""Most boxes read in one picture; a full terminal has about 60."""
CACHED_READINGS = 1000
"""Readings in the cache, of about 100 bytes each: about ten full screens."""
LINE_HEIGHT = 48
"""Height of the recogniser's input, pixels."""
WIDTH_STEP = 160
"""Lines are padded to multiples of this many pixels at `LINE_HEIGHT`, and batched with lines of equal width."""
MIN_WIDTH = 320
"""Least width of the recogniser's input."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text recognised in one box of the detector, in pixels of the picture."""

    text: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def box(self) -> PieceBox:
        """Left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom


class OcrEngine:
    """Detects and recognises pieces of text. Not thread-safe."""

    def __init__(self, *, threads: int, extra: Sequence[Path] = ()) -> None:
        """
        Args:
            extra: extra recognition networks that also read each line; the most confident reading is used.

        Raises:
            ModelMissingError, ModelBrokenError: see `ScreenTextReader`.
        """
        self._engine = _load(threads)
        self._extra = [load_extra_ocr_model(file, threads=threads) for file in extra]
        self._alphabet = alphabet_of_ocr_model(_weights()["Rec"]) if extra else frozenset[str]()
        self._cache: OrderedDict[bytes, Reading] = OrderedDict()

    def pieces(self, picture: Pixels, *, detection_side: int, known: Sequence[PieceBox] = ()) -> list[Piece]:
        """Pieces of text in a BGR picture, in no order, at most `MAX_PIECES`.

        Args:
            picture: (height, width, 3) BGR, as OpenCV has it.
            detection_side: longest side of the copy in which text is detected; it is recognised at full size.
            known: boxes, in pixels, of pieces that need not be read again.

        Raises:
            ModelBrokenError: a network fails.
        """
        from rapidocr.main import RapidOCRError

        record: dict[str, Any] = {"preprocess": {"ratio_h": 1.0, "ratio_w": 1.0}}
        detector: Any = self._engine.text_det
        detector.limit_side_len = detection_side
        try:
            crops, found = self._engine.detect_and_crop(picture, record)
            padding = record["padding_1"]
            corners = np.asarray(found.boxes, np.float64)[:MAX_PIECES]  # (n, 4 corners, x and y)
            corners -= (padding["left"], padding["top"])
            boxes = [_bounding_box(four) for four in corners]
            fresh = [n for n, box in enumerate(boxes) if not any(is_same_text_piece(box, other) for other in known)]
            readings = self._readings([np.asarray(crops[n], np.uint8) for n in fresh])
        except RapidOCRError:  # raised where there is no text
            return []
        except Exception as error:
            raise ModelBrokenError(f"on-screen text: the reader fails: {error}; reinstall rapidocr") from error
        return [Piece(*reading, *boxes[n]) for n, reading in zip(fresh, readings, strict=True)]

    def _readings(self, crops: Sequence[Pixels]) -> list[Reading]:
        """Readings of line crops, from the cache where possible."""
        keys = [_digest(crop) for crop in crops]
        by_width: dict[int, dict[bytes, Pixels]] = {}
        for key, crop in zip(keys, crops, strict=True):
            if key not in self._cache:
                line = _padded_line(crop)
                by_width.setdefault(line.shape[1], {})[key] = line
        fresh: dict[bytes, Reading] = {}
        for lines in by_width.values():
            pictures = list(lines.values())
            first, *others = (_recognised(engine, pictures) for engine in (self._engine, *self._extra))
            for key, own, *more in zip(lines, first, *others, strict=True):
                fresh[key] = most_confident_reading(own, more, alphabet=self._alphabet)
        readings = [fresh[key] if key in fresh else self._cache[key] for key in keys]
        self._store(dict(zip(keys, readings, strict=True)))
        return readings

    def _store(self, readings: dict[bytes, Reading]) -> None:
        for key, reading in readings.items():
            self._cache[key] = reading
            self._cache.move_to_end(key)
        while len(self._cache) > CACHED_READINGS:
            self._cache.popitem(last=False)


def _recognised(engine: "RapidOCR", lines: list[Pixels]) -> list[Reading]:
    result: Any = engine.recognize_txt(lines)
    return [(" ".join(text.split()), _rounded(score)) for text, score in zip(result.txts, result.scores, strict=True)]


def _bounding_box(corners: NDArray[np.float64]) -> PieceBox:
    """(4, 2) corners -> the upright box around them."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _digest(crop: Pixels) -> bytes:
    return hashlib.blake2b(crop.tobytes(), digest_size=16, person=b"%dx%d" % (crop.shape[0], crop.shape[1])).digest()


def _padded_line(crop: Pixels) -> Pixels:
    """A crop at the recogniser's height, padded on the right with the grey that the network reads as empty."""
    height, width = crop.shape[:2]
    width = max(1, round(width * LINE_HEIGHT / height))
    line = cv2.resize(crop, (width, LINE_HEIGHT))
    target = max(MIN_WIDTH, -(-width // WIDTH_STEP) * WIDTH_STEP)
    padded = np.full((LINE_HEIGHT, target, 3), 127, np.uint8)
    padded[:, :width] = line
    return padded


def _rounded(score: Any) -> float:
    """Rounded, because the last digits depend on the machine."""
    return round(float(score), 4)


def _weights() -> dict[str, Path]:
    """The networks in rapidocr's wheel, by rapidocr's names.

    Raises:
        ModelMissingError: one is missing.
    """
    found = find_spec("rapidocr")
    if found is None or found.origin is None:
        raise ModelMissingError("on-screen text needs the package rapidocr; install it, or set screen_text = false")
    folder = Path(found.origin).parent / "models"
    weights = {"Det": folder / "PP-OCRv6_det_small.onnx", "Rec": folder / "PP-OCRv6_rec_small.onnx"}
    for file in weights.values():
        if not file.is_file():  # rapidocr would download it
            raise ModelMissingError(
                f"on-screen text: {file} is not there; install rapidocr again, whose wheel carries it,"
                " or set screen_text = false"
            )
    return weights


def _load(threads: int) -> "RapidOCR":
    weights = _weights()
    from rapidocr import RapidOCR

    session = "EngineConfig.onnxruntime."
    params: dict[str, Any] = {f"{part}.model_path": str(file) for part, file in weights.items()}
    params |= {f"{session}intra_op_num_threads": threads, f"{session}inter_op_num_threads": 1}
    # Video is upright: detecting upside-down lines costs a third network, and was never right on shared/videos.
    params |= {"Global.log_level": "critical", "Global.use_cls": False, "Det.limit_type": "max"}
    try:
        engine = RapidOCR(params=params)
        engine(np.full((64, 64, 3), 255, np.uint8), use_rec=False)  # rapidocr loads its networks at first use
        engine.recognize_txt([np.full((LINE_HEIGHT, MIN_WIDTH, 3), 127, np.uint8)])
    except Exception as error:
        raise ModelBrokenError(
            f"on-screen text: the weights in {weights['Rec'].parent} cannot be loaded: {error}; reinstall rapidocr"
        ) from error
    return engine
