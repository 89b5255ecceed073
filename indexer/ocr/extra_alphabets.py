"""Extra recognition networks, for scripts that the installed network cannot read.

A folder holds them as rapidocr publishes them: `NAME.onnx` with its alphabet inside. Nothing is downloaded.
"""

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.errors import ModelBrokenError, ModelMissingError

if TYPE_CHECKING:
    from rapidocr import RapidOCR

Reading = tuple[str, float]
"""Text and its confidence, 0 to 1."""

OWN_LETTERS_MARGIN = 0.05
"""Bonus on the confidence of a network that reads letters which the first network lacks: that one confidently reads
them as similar letters of its own, as a Latin P for a Cyrillic Er."""
RIGHT_TO_LEFT = ("arabic", "hebrew", "persian", "urdu")
"""Words in the file name of a network whose output is put into logical order; for this rapidocr needs python-bidi."""


def extra_ocr_models(folder: str) -> list[Path]:
    """The networks in a folder, by name; none without a folder.

    Raises:
        ModelMissingError: the folder is not there, or holds none.
    """
    if not folder:
        return []
    files = sorted(Path(folder).expanduser().glob("*.onnx"))
    if not files:
        raise ModelMissingError(
            f"screen_text_models = {folder!r}: there is no recognition network (NAME.onnx) in that folder; put those of"
            " the scripts that you want there, as rapidocr's cyrillic, arabic or korean ones, or unset the setting"
        )
    return files


def extra_ocr_models_name(folder: str) -> str:
    """The part of the reader's name that names them: file names and a digest of their bytes; empty without any.

    Raises:
        ModelMissingError: see `extra_ocr_models`.
    """
    digests = [
        f"{file.stem} {hashlib.blake2b(file.read_bytes(), digest_size=4).hexdigest()}"
        for file in extra_ocr_models(folder)
    ]
    return ", ".join(digests)


def load_extra_ocr_model(file: Path, *, threads: int) -> "RapidOCR":
    """A recogniser with this network in place of the installed one.

    Raises:
        ModelBrokenError: the file is no recognition network, or has no alphabet.
    """
    from rapidocr import LangRec, RapidOCR

    params: dict[str, Any] = {
        "Rec.model_path": str(file),
        "Global.log_level": "critical",
        "Global.use_det": False,
        "Global.use_cls": False,
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    if any(word in file.stem.casefold() for word in RIGHT_TO_LEFT):
        params["Rec.lang_type"] = LangRec.ARABIC
    try:
        _check(file)
        return RapidOCR(params=params)
    except Exception as error:
        raise ModelBrokenError(
            f"on-screen text: {file} cannot be loaded as a recognition network: {error}; get it again, or take it out"
            " of the folder of screen_text_models"
        ) from error


def _check(file: Path) -> None:
    """Rejects a network without an alphabet, which rapidocr would download.

    Raises:
        ValueError: it has none.
    """
    if not alphabet_of_ocr_model(file):
        raise ValueError("it has no alphabet (`character`) inside")


def alphabet_of_ocr_model(file: Path) -> frozenset[str]:
    """Letters that a network can read, from its metadata."""
    import onnxruntime

    options: Any = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session: Any = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    known: dict[str, str] = session.get_modelmeta().custom_metadata_map
    return frozenset(known.get("character", "").splitlines())


def most_confident_reading(first: Reading, extra: Sequence[Reading], *, alphabet: Collection[str]) -> Reading:
    """The most confident reading; one with letters that `alphabet`, the first network's, lacks gets a bonus.

    Args:
        first: reading of the installed network.
        extra: readings of the extra networks.
    """

    def score(reading: Reading) -> float:
        has_own = any(character.isalpha() and character not in alphabet for character in reading[0])
        return reading[1] + (OWN_LETTERS_MARGIN if has_own else 0.0)

    best = max(extra, key=score, default=first)
    return best if score(best) > first[1] else first
