"""The known families by `model_type`, and that of a checkpoint, read before anything is loaded."""

import json
from pathlib import Path

from indexer.errors import ModelBrokenError, ModelUnknownError
from indexer.models.local.families.family import Family
from indexer.models.local.families.llava import LLAVA
from indexer.models.local.families.llava_onevision import LLAVA_ONEVISION
from indexer.models.local.families.qwen2_5_vl import QWEN2_5_VL
from indexer.models.local.families.qwen2_vl import QWEN2_VL
from indexer.models.local.families.qwen3_vl import QWEN3_5, QWEN3_VL

FAMILIES: dict[str, Family] = {
    "qwen2_vl": QWEN2_VL,
    "qwen2_5_vl": QWEN2_5_VL,
    "qwen3_vl": QWEN3_VL,
    "qwen3_vl_moe": QWEN3_VL,
    "qwen3_5": QWEN3_5,
    "qwen3_5_moe": QWEN3_5,
    "llava": LLAVA,
    "llava_onevision": LLAVA_ONEVISION,
}


def family_of(directory: Path, spec: str) -> Family:
    """The family of the model in a directory.

    Args:
        spec: the model as the user named it, for messages.

    Raises:
        ModelBrokenError: its configuration cannot be read.
        ModelUnknownError: it is of none of the known families.
    """
    file = directory / "config.json"
    try:
        model_type = json.loads(file.read_text(encoding="utf-8")).get("model_type")
    except (OSError, ValueError, AttributeError) as error:
        raise ModelBrokenError(
            f"vision-language model {spec!r}: {file} cannot be loaded: {error}; fetch it again, or give another"
            " directory"
        ) from error
    if model_type not in FAMILIES:
        raise ModelUnknownError(
            f"vision-language model {spec!r} is of the family {model_type!r}, which is not known; name a model of one"
            f" of these: {', '.join(sorted(FAMILIES))}, or start it on a server and name that"
        )
    return FAMILIES[model_type]
