"""The service's log: one JSON object per line on standard error, with the id of its request."""

import json
import logging
import sys
import time
import traceback
from typing import Any, TextIO

LOGGER = "reelseek"
FIELDS = ("request_id", "method", "route", "status", "milliseconds", "sent_bytes", "client", "job", "state")
"""Fields taken from a record's `extra`, in this order."""


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{when}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["error"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line)


def log_to(stream: TextIO | None = None, *, level: str = "info") -> None:
    """Writes the service's log records to a stream, and none to the root logger."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger(LOGGER)
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
