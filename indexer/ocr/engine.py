"""The OCR engine: text detection and recognition, by quick networks first. Only `indexer.ocr.reader` uses it.

The quick networks find where there may be text, and read what is easily read. The full ones detect the lines there, and
read those of which the quick ones are not sure. The reading of a line depends on its own pixels alone, never on other
lines. So a line that stays from frame to frame, as in a terminal, is recognised once.
"""

import hashlib
import unicodedata
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indexer.errors import ModelBrokenError
from indexer.ocr.changed_regions import PieceBox, Rectangle, is_same_text_piece, region_area_share
from indexer.ocr.extra_alphabets import Reading, alphabet_of_ocr_model, load_extra_ocr_model, most_confident_reading
from indexer.ocr.networks import LINE_HEIGHT, MIN_LINE_WIDTH, full_weights, load_networks, quick_weights
from indexer.ocr.text_search import regions_with_text
from indexer.records import Pixels

if TYPE_CHECKING:
    from rapidocr import RapidOCR

MIN_DETECTION_SIDE = 64
"""Least longest side of the copy of a region, pixels."""
MAX_PIECES = 300
"""Most boxes read in one picture; a full terminal has about 60."""
CACHED_READINGS = 1000
"""Readings in the cache, of about 100 bytes each: about ten full screens."""
WIDTH_STEP = 32
"""Lines are padded to multiples of this many pixels at `LINE_HEIGHT`, and batched with lines of equal width."""
LINE_MARGIN = 24
"""Least padding: a last letter at the very end is misread."""
SURE_CONFIDENCE = 0.95
"""A quick reading with at least this confidence is kept. Of 337 such lines of shared/, 322 have the letters that the
full network reads; of the others each network reads about half right."""
NO_TEXT_CONFIDENCE = 0.5
"""What the quick network reads with less is no text. Of 180 such lines of shared/ the full network reads two: noise."""
DOUBTFUL_SHARE = 0.2
"""Regions of no more than this share of the picture are read by the quick networks first: in textless pictures they are
mostly small, and hold no line."""


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


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as it was detected."""

    box: PieceBox
    crop: Pixels
    """Its pixels, upright, BGR."""


class OcrEngine:
    """Detects and recognises pieces of text. Not thread-safe."""

    def __init__(self, *, threads: int, extra: Sequence[Path] = (), quick: bool = True) -> None:
        """
        Args:
            quick: use the quick networks, where they are installed.
            extra: extra recognition networks that also read each line; the most confident reading is used.

        Raises:
            ModelMissingError, ModelBrokenError: see `ScreenTextReader`.
        """
        full, small = full_weights(), quick_weights() if quick else None
        self._full = load_networks(full, threads=threads)
        self._quick = load_networks(small, threads=threads) if small else None
        self._extra = [load_extra_ocr_model(file, threads=threads) for file in extra]
        self._alphabet = alphabet_of_ocr_model(full.recognition) if extra else frozenset[str]()
        self._cache: OrderedDict[bytes, Reading] = OrderedDict()

    def pieces(
        self, picture: Pixels, *, detection_side: int, search_side: int, known: Sequence[PieceBox] = ()
    ) -> list[Piece]:
        """Pieces of text in a BGR picture, in no order, at most `MAX_PIECES`.

        Args:
            picture: (height, width, 3) BGR, as OpenCV has it.
            detection_side: longest side of the copy in which text is detected; it is recognised at full size.
            search_side: longest side of the copy in which it is searched for before.
            known: boxes, in pixels, of pieces that need not be read again.

        Raises:
            ModelBrokenError: a network fails.
        """
        try:
            lines = self._lines(picture, detection_side, search_side)[:MAX_PIECES]
            lines = [line for line in lines if not any(is_same_text_piece(line.box, other) for other in known)]
            readings = self._readings([line.crop for line in lines])
        except Exception as error:
            raise ModelBrokenError(f"on-screen text: the reader fails: {error}; reinstall rapidocr") from error
        return [Piece(*reading, *line.box) for line, reading in zip(lines, readings, strict=True)]

    def _lines(self, picture: Pixels, detection_side: int, search_side: int) -> list[_Line]:
        size = picture.shape[1], picture.shape[0]
        if self._quick is None:
            return _lines_in(self._full, picture, (0, 0, *size), detection_side)
        regions = regions_with_text(self._quick, picture, side=search_side)
        if region_area_share(regions, size) <= DOUBTFUL_SHARE:
            regions = [region for region in regions if self._may_hold_line(picture, region, detection_side)]
        return [line for region in regions for line in _lines_in(self._full, picture, region, detection_side)]

    def _may_hold_line(self, picture: Pixels, region: Rectangle, detection_side: int) -> bool:
        """Whether the quick networks find and read a line."""
        assert self._quick is not None
        lines = _lines_in(self._quick, picture, region, detection_side)
        readings = _recognised(self._quick, {_digest(line.crop): _padded_line(line.crop) for line in lines})
        return any(confidence >= NO_TEXT_CONFIDENCE for _, confidence in readings.values())

    def _readings(self, crops: Sequence[Pixels]) -> list[Reading]:
        """Readings of line crops, from the cache where possible."""
        keys = [_digest(crop) for crop in crops]
        fresh = {key: _padded_line(crop) for key, crop in zip(keys, crops, strict=True) if key not in self._cache}
        known = self._quickly_read(fresh)
        known |= self._fully_read({key: line for key, line in fresh.items() if key not in known})
        readings = [known[key] if key in known else self._cache[key] for key in keys]
        self._store(dict(zip(keys, readings, strict=True)))
        return readings

    def _quickly_read(self, lines: dict[bytes, Pixels]) -> dict[bytes, Reading]:
        """Readings of those lines of which the quick network is sure."""
        if self._quick is None or self._extra:  # it would take letters of other alphabets for its own
            return {}
        return {key: reading for key, reading in _recognised(self._quick, lines).items() if _is_sure(*reading)}

    def _fully_read(self, lines: dict[bytes, Pixels]) -> dict[bytes, Reading]:
        first, *others = (_recognised(engine, lines) for engine in (self._full, *self._extra))
        return {
            key: most_confident_reading(own, [other[key] for other in others], alphabet=self._alphabet)
            for key, own in first.items()
        }

    def _store(self, readings: dict[bytes, Reading]) -> None:
        for key, reading in readings.items():
            self._cache[key] = reading
            self._cache.move_to_end(key)
        while len(self._cache) > CACHED_READINGS:
            self._cache.popitem(last=False)


def _lines_in(networks: "RapidOCR", picture: Pixels, region: Rectangle, detection_side: int) -> list[_Line]:
    """The lines in a region of a picture, whose own `detection_side` is given."""
    from rapidocr.main import RapidOCRError

    left, top, right, bottom = region
    part = np.ascontiguousarray(picture[top:bottom, left:right])
    record: dict[str, Any] = {"preprocess": {"ratio_h": 1.0, "ratio_w": 1.0}}
    detector: Any = networks.text_det
    share = max(part.shape[:2]) / max(picture.shape[:2])  # at the scale of the whole picture
    detector.limit_side_len = max(MIN_DETECTION_SIDE, round(detection_side * share))
    try:
        crops, found = networks.detect_and_crop(part, record)
    except RapidOCRError:  # raised where there is no text
        return []
    padding = record["padding_1"]
    corners = np.asarray(found.boxes, np.float64)  # (n, 4 corners, x and y)
    corners += (left - padding["left"], top - padding["top"])
    return [_Line(_bounding_box(four), np.asarray(crop, np.uint8)) for four, crop in zip(corners, crops, strict=True)]


def _recognised(engine: "RapidOCR", lines: dict[bytes, Pixels]) -> dict[bytes, Reading]:
    """Readings of padded lines, those of equal width together."""
    by_width: dict[int, dict[bytes, Pixels]] = {}
    for key, line in lines.items():
        by_width.setdefault(line.shape[1], {})[key] = line
    readings: dict[bytes, Reading] = {}
    for own in by_width.values():
        result: Any = engine.recognize_txt(list(own.values()))
        for key, text, score in zip(own, result.txts, result.scores, strict=True):
            readings[key] = (" ".join(text.split()), _rounded(score))
    return readings


def _is_sure(text: str, confidence: float) -> bool:
    """Whether a quick reading needs no other: it is right, or there is no text.

    The quick network lacks Japanese kana and many Chinese characters, and takes them for similar ones.
    """
    if confidence < NO_TEXT_CONFIDENCE:
        return True
    return confidence >= SURE_CONFIDENCE and not any(unicodedata.name(letter, "").startswith("CJK") for letter in text)


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
    target = max(MIN_LINE_WIDTH, -(-(width + LINE_MARGIN) // WIDTH_STEP) * WIDTH_STEP)
    padded = np.full((LINE_HEIGHT, target, 3), 127, np.uint8)
    padded[:, :width] = line
    return padded


def _rounded(score: Any) -> float:
    """Rounded, because the last digits depend on the machine."""
    return round(float(score), 4)
