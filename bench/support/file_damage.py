"""Damage to single files of a library, in the ways in which disks and people do it."""

import random
from pathlib import Path

from indexer.store.lock import HOLDER_FILE, LOCK_FILE

WAYS = ("emptied", "halved", "flipped", "removed", "noise")


def damage(path: Path, way: str, draw: random.Random) -> None:
    """Damages a file in one of `WAYS`; flipped is a single bit."""
    whole = path.read_bytes()
    match way:
        case "emptied":
            path.write_bytes(b"")
        case "halved":
            path.write_bytes(whole[: len(whole) // 2])
        case "flipped":
            place = draw.randrange(len(whole))
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << draw.randrange(8)]) + whole[place + 1 :])
        case "noise":
            path.write_bytes(draw.randbytes(len(whole)))
        case _:
            path.unlink()


def files_worth_damaging(library: Path) -> list[Path]:
    """Relative paths of all files of a library that have content, but the writer's lock."""
    found = (path for path in sorted(library.rglob("*")) if path.is_file() and path.stat().st_size)
    return [path.relative_to(library) for path in found if path.name not in (LOCK_FILE, HOLDER_FILE)]
