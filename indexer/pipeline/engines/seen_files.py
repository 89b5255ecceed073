"""Whether a machine sees the file that the driver found: under the same path, with the same size and time."""

import os

from indexer.pipeline.scan import FoundFile


def reason_not_seen(file: FoundFile) -> str:
    """Why the file cannot be read here; empty where it can."""
    try:
        status = file.path.stat()
    except OSError as error:
        return error.strerror or str(error)
    if (status.st_size, status.st_mtime_ns) != (file.size_bytes, file.modified_ns):
        return f"another file is there, of {status.st_size:,} bytes, or written at another time"
    return "" if os.access(file.path, os.R_OK) else "it may not be read"
