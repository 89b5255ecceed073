"""Silences the log output of third-party libraries; what matters is raised as Reelseek's own errors."""

import logging
import os

LOG_VARIABLE = "REELSEEK_LOG"
"""Set it to `INFO` or `DEBUG` to see the libraries' logs on standard error."""


def quiet_libraries() -> None:
    """Call it before any library is imported. Variables that the user has set are kept."""
    level = os.environ.get(LOG_VARIABLE, "CRITICAL").upper()
    known = level in logging.getLevelNamesMapping()
    logging.basicConfig(level=level if known else logging.CRITICAL, format="%(name)s: %(message)s")
    if level == "CRITICAL":
        os.environ.setdefault("LANCE_LOG", "error")
        os.environ.setdefault("LANCEDB_LOG", "error")
        os.environ.setdefault("HF_HUB_VERBOSITY", "critical")
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "critical")
