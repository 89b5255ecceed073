"""All of a library in a form that can be compared: every row, vector and thumbnail."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any


def contents(place: Path) -> dict[str, Any]:
    """Reads every row and thumbnail of a library, in a comparable form; the files' times are left out."""
    from indexer.store.library import Library  # not in a process that is still to fork: LanceDB has threads

    with Library.open(place) as library:
        found: dict[str, Any] = {}
        for video in library.videos():
            key = video.video_id
            segments = library.segments(key)
            found[key] = {
                "video": repr(replace(video, modified_ns=())),
                "typed": repr((video.tags, video.corrections)),
                "segments": [_comparable(row) for row in segments],
                "frames": [_comparable(row) for row in library.frames(key)],
                "texts": [_comparable(row) for row in library.texts(key)],
                "thumbnails": [
                    hashlib.blake2b(library.thumbnail_path(key, row.index).read_bytes()).hexdigest() for row in segments
                ],
            }
        return found


def differences(clean: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Lists the differences, one line each."""
    found = [f"video {key} only in one of them" for key in sorted(set(clean) ^ set(other))]
    for key in sorted(set(clean) & set(other)):
        found += [f"{part} of {key} differ" for part in clean[key] if clean[key][part] != other[key][part]]
    return found


def _comparable(row: Any) -> tuple[Any, ...]:
    values = (getattr(row, name) for name in row.__slots__)
    return tuple(value.tobytes() if hasattr(value, "tobytes") else value for value in values)
