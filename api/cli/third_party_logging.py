"""Keeps the libraries underneath from talking into our output: what matters of it comes back as our own errors."""

import logging
import os

LOG_VARIABLE = "REELSEEK_LOG"
"""Set to `INFO` or `DEBUG` to hear the libraries on standard error."""


def quiet_libraries() -> None:
    """Call before any of them is imported. What the user has set stays."""
    level = os.environ.get(LOG_VARIABLE, "CRITICAL").upper()
    known = level in logging.getLevelNamesMapping()
    logging.basicConfig(level=level if known else logging.CRITICAL, format="%(name)s: %(message)s")
    if level == "CRITICAL":
        os.environ.setdefault("LANCE_LOG", "error")
        os.environ.setdefault("LANCEDB_LOG", "error")
        os.environ.setdefault("HF_HUB_VERBOSITY", "critical")
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "critical")
