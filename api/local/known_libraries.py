"""The libraries that this user has served, so that the page of one can lead to the others.

Kept as a list of folders in the user's data folder, the last served first. It is a convenience: where it cannot be read
or written, there are no others. Imports nothing heavy.
"""

import json
import os
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from indexer.store.folder import MAKER_FILE

MOST_LIBRARIES = 50


def remember_library(library: Path) -> None:
    """Puts a library first; does nothing where the list cannot be written."""
    others = [str(one) for one in known_libraries() if one != library]
    file = _file()
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps([str(library), *others][:MOST_LIBRARIES]), encoding="utf-8")
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)


def known_libraries() -> list[Path]:
    """Folders of the libraries that still exist, the last served first."""
    try:
        found: Any = json.loads(_file().read_text(encoding="utf-8"))
        return [path for path in map(Path, found) if (path / MAKER_FILE).is_file()]
    except (OSError, ValueError, TypeError):
        return []


def _file() -> Path:
    return user_data_path("reelseek", appauthor=False) / "libraries.json"
