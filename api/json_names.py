"""Names of records in JSON."""

import re
from typing import Any


def event_name(event: Any) -> str:
    """The class's name in snake case: `ScanFinished` -> `scan_finished`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
