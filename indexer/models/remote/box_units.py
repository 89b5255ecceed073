"""The units of the boxes of a model on a server, by the server's name of it. Pure."""

import re

from indexer.models.vision_language import BoxUnits

_BY_NAME: tuple[tuple[str, BoxUnits], ...] = (
    ("qwen2.5vl", "pixels"),
    ("qwen2vl", "thousandths"),
    ("qwen3vl", "thousandths"),
    ("qwen3.5", "thousandths"),
    ("llava", "shares"),
)
"""Part of a name without its separators, and the units of its family (`indexer.models.local.families`)."""


def box_units_by_name(model: str) -> BoxUnits | None:
    """The units of a model called like `Qwen/Qwen2.5-VL-7B-Instruct` or `qwen2.5vl:7b`; None for an unknown name."""
    name = re.sub(r"[^a-z0-9.]", "", model.lower())
    return next((units for part, units in _BY_NAME if part in name), None)
