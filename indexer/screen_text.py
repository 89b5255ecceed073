"""Reads the words in a picture by rapidocr with onnxruntime, from the weights in its wheel (PP-OCR, Latin and Chinese).

Which frames are read is decided by `screen_changes` and `screen_policy`; what was read becomes timed texts in
`screen_states`. Nothing is downloaded: a missing file of the wheel is an error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.records import Pixels
from indexer.screen_changes import ChangeDetector, flat_share
from indexer.screen_policy import ReadingPolicy
from indexer.screen_states import ScreenLine, collect_screen_texts

if TYPE_CHECKING:
    from rapidocr import RapidOCR

__all__ = [
    "READER_NAME",
    "ChangeDetector",
    "ReadingPolicy",
    "ScreenLine",
    "ScreenTextReader",
    "collect_screen_texts",
]

DETECTION_SIDE = 736
"""Longest side of the picture in which words are looked for, in camera pictures.

Measured on one busy core at 1280 x 720, and the lines found of a terminal and of lecture slides: 1280: 0.92 s,
960: 0.55 s, 736: 0.31 s, all with every line; 640: 0.23 s, and 10 pixel letters were lost. rapidocr's own setting
(shorter side at least 736) takes 1.0 s and finds no more.
"""
DRAWN_DETECTION_SIDE = 960
"""The same for slides and screens, whose letters are small and set close: at line distances of 1.35 letters of 12
pixels need 736, letters of 9 pixels 960; letters of 8 pixels are lost at 960 and half lost at 1280."""
DRAWN_FLAT_SHARE = 0.4
"""Slides and screens of shared/videos have 0.41 to 0.97 of their area in one even colour, camera pictures to 0.4."""
SMALL_SIDE = 640
LARGEST_ENLARGEMENT = 1.5
"""Pictures smaller than `SMALL_SIDE` are enlarged: of a 480 x 200 picture a last letter was lost, enlarged it was not."""
LEAST_CONFIDENCE = 0.75
"""Of a line. Textless camera pictures in shared/ gave noise up to 0.74; legible lines are read with 0.9 and more."""
LEAST_SIGN_CONFIDENCE = 0.95
"""Of a line of one letter or digit: noise reads as single Chinese signs with up to 0.79, keys of a keyboard with 1."""
LEAST_SIDE_PIXELS = 16
"""Smaller pictures hold no legible word."""
MOST_LINES = 300
_WORD_GAP_HEIGHTS = 1.5
"""Pieces on one row that are no farther apart than this times their height are one line."""


def _reader_name() -> str:
    try:
        release = version("rapidocr")
    except PackageNotFoundError:  # the stage then fails with its own message
        release = "absent"
    return f"rapidocr {release} PP-OCRv6-small {DETECTION_SIDE}/{DRAWN_DETECTION_SIDE} {LEAST_CONFIDENCE}"


READER_NAME = _reader_name()
"""What the library records of the reader: release, weights and the settings that decide what is read."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """What was recognised in one box of the detector."""

    text: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float


class ScreenTextReader:
    """Reads pictures one at a time; one instance a thread."""

    def __init__(self, *, threads: int = 1) -> None:
        """
        Args:
            threads: of each onnxruntime session; callers that read several pictures side by side want 1.

        Raises:
            ModelMissingError: rapidocr or its weights are not installed.
            ModelBrokenError: its weights cannot be loaded.
        """
        self._engine = _load_engine(threads)

    @property
    def name(self) -> str:
        return READER_NAME

    def read(self, pixels: Pixels) -> list[ScreenLine]:
        """Lines of a picture (height, width, 3) RGB in reading order: top to bottom, left to right within a row.

        Raises:
            ModelBrokenError: the reader's weights do not work.
        """
        height, width = pixels.shape[:2]
        if min(height, width) < LEAST_SIDE_PIXELS:
            return []
        scale = min(LARGEST_ENLARGEMENT, max(1.0, SMALL_SIDE / max(height, width)))
        picture = np.ascontiguousarray(pixels[:, :, ::-1])  # rapidocr works on BGR, as OpenCV does
        if scale > 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        is_drawn = flat_share(pixels) >= DRAWN_FLAT_SHARE
        pieces = self._recognise(np.asarray(picture, np.uint8), DRAWN_DETECTION_SIDE if is_drawn else DETECTION_SIDE)
        return _lines(pieces, scale, (width, height))

    def _recognise(self, picture: Pixels, side: int) -> list[_Piece]:
        from rapidocr.main import RapidOCRError

        record: dict[str, Any] = {"preprocess": {"ratio_h": 1.0, "ratio_w": 1.0}}
        detector: Any = self._engine.text_det
        detector.limit_side_len = side
        try:
            crops, found = self._engine.detect_and_crop(picture, record)
        except RapidOCRError:  # its way to say that there is no text
            return []
        except Exception as error:
            raise ModelBrokenError(f"the on-screen text reader fails: {error}; reinstall rapidocr") from error
        boxes = np.asarray(found.boxes, np.float64)[:MOST_LINES]  # (n, 4 corners, x and y)
        result = self._engine.recognize_txt(crops[:MOST_LINES])
        padding = record["padding_1"]
        boxes -= (padding["left"], padding["top"])
        low, high = boxes.min(axis=1), boxes.max(axis=1)  # (n, 2)
        return [
            _Piece(" ".join(text.split()), float(score), *map(float, (*low[n], *high[n])))
            for n, (text, score) in enumerate(zip(result.txts or (), result.scores or (), strict=True))
        ]


def _load_engine(threads: int) -> "RapidOCR":
    found = find_spec("rapidocr")
    if found is None or found.origin is None:
        raise ModelMissingError("on-screen text needs the package rapidocr; install it, or set screen_text = false")
    folder = Path(found.origin).parent / "models"
    weights = {"Det": folder / "PP-OCRv6_det_small.onnx", "Rec": folder / "PP-OCRv6_rec_small.onnx"}
    for file in weights.values():
        if not file.is_file():  # rapidocr would fetch it without asking
            raise ModelMissingError(
                f"on-screen text: {file} is not there; install rapidocr {version('rapidocr')} again, whose wheel"
                " carries it, or set screen_text = false"
            )
    from rapidocr import RapidOCR

    session = "EngineConfig.onnxruntime."
    params: dict[str, Any] = {f"{part}.model_path": str(file) for part, file in weights.items()}
    params |= {f"{session}intra_op_num_threads": threads, f"{session}inter_op_num_threads": 1}
    # Video is upright: turning lines by half a turn costs a third model and was never right in shared/videos.
    params |= {"Global.log_level": "critical", "Global.use_cls": False, "Det.limit_type": "max"}
    try:
        engine = RapidOCR(params=params)
        engine(np.full((64, 64, 3), 255, np.uint8), use_rec=False)
        engine.recognize_txt([np.full((48, 96, 3), 255, np.uint8)])
    except Exception as error:
        raise ModelBrokenError(
            f"on-screen text: the weights in {folder} cannot be loaded: {error}; reinstall rapidocr"
        ) from error
    return engine


def _lines(pieces: Sequence[_Piece], scale: float, size: tuple[int, int]) -> list[ScreenLine]:
    """Pieces -> rows from top to bottom, pieces that stand close to each other in a row joined to one line."""
    rows: list[list[_Piece]] = []
    for piece in sorted((piece for piece in pieces if _is_legible(piece)), key=lambda piece: piece.top + piece.bottom):
        if rows and _is_in_row(rows[-1], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [
        _line(joined, scale, size)
        for row in rows
        for joined in _joined(sorted(row, key=lambda piece: (piece.left, piece.top)))
    ]


def _is_legible(piece: _Piece) -> bool:
    signs = sum(sign.isalnum() for sign in piece.text)
    needed = LEAST_CONFIDENCE if signs > 1 else LEAST_SIGN_CONFIDENCE
    return signs > 0 and piece.confidence >= needed


def _is_in_row(row: Sequence[_Piece], piece: _Piece) -> bool:
    last = row[-1]
    shared = min(last.bottom, piece.bottom) - max(last.top, piece.top)
    return shared > 0.5 * min(last.bottom - last.top, piece.bottom - piece.top)


def _joined(row: Sequence[_Piece]) -> list[list[_Piece]]:
    groups: list[list[_Piece]] = []
    for piece in row:
        height = piece.bottom - piece.top
        if groups and piece.left - groups[-1][-1].right <= _WORD_GAP_HEIGHTS * height:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups


def _line(pieces: Sequence[_Piece], scale: float, size: tuple[int, int]) -> ScreenLine:
    width, height = size
    box = (
        max(0, int(min(piece.left for piece in pieces) / scale)),
        max(0, int(min(piece.top for piece in pieces) / scale)),
        min(width, int(np.ceil(max(piece.right for piece in pieces) / scale))),
        min(height, int(np.ceil(max(piece.bottom for piece in pieces) / scale))),
    )
    return ScreenLine(" ".join(piece.text for piece in pieces), min(piece.confidence for piece in pieces), box)
