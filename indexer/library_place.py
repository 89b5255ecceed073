"""Where a library is: a folder of this machine, or a place in an object store, as the setting `library` names it.

Left out: what is read and written there (`indexer.store.storage`).
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_state_path

from indexer.errors import SettingsError

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_OBJECT_PLACE = re.compile(r"(s3|gs|az)://([^/@?#\s]+)((?:/[^?#]*)?)")


@dataclass(frozen=True, slots=True)
class ObjectPlace:
    """A prefix of a bucket: `s3://bucket/films`, `gs://...`, or `az://container/films`."""

    url: str
    """Without a slash at the end."""

    def __str__(self) -> str:
        return self.url

    @property
    def scheme(self) -> str:
        """`s3`, `gs` or `az`."""
        return self.url.partition(":")[0]

    @property
    def bucket(self) -> str:
        """The bucket, or Azure's container."""
        return self.url.split("/")[2]


LibraryPlace = Path | ObjectPlace
"""A folder, absolute; or a place in an object store."""


def library_place(name: str | Path) -> LibraryPlace:
    """The place that the setting `library` names.

    Raises:
        SettingsError: an address that is none of an object store, or one with a key in it.
    """
    text = str(name)
    if isinstance(name, Path) or not _URL.match(text):
        return Path(text).expanduser().absolute()
    found = _OBJECT_PLACE.fullmatch(text)
    parts = [part for part in found[3].split("/") if part] if found else []
    if found is None or {".", ".."} & set(parts):
        shown = _URL.match(text)
        raise SettingsError(
            f"the library's address {shown[0] if shown else ''}... is no place of a library; give a folder, or"
            " s3://BUCKET/FOLDER, gs://BUCKET/FOLDER or az://CONTAINER/FOLDER without a key or parameters"
            " (keys come from the environment, such as AWS_ACCESS_KEY_ID)"
        )
    return ObjectPlace("/".join([f"{found[1]}://{found[2]}", *parts]))


def name_inside(place: LibraryPlace, name: str) -> str:
    """The full name of a file of a library, for people."""
    return str(place / name) if isinstance(place, Path) else f"{place}/{name}"


def make_machine_folder(place: LibraryPlace) -> Path:
    """`machine_folder`, made where it is not the library's own. Raises OSError."""
    folder = machine_folder(place)
    if isinstance(place, ObjectPlace):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def machine_folder(place: LibraryPlace) -> Path:
    """The folder for what belongs to a library and this machine alone, such as jobs and keys of a service.

    Of a library in a folder it is that folder. It may not exist.
    """
    if isinstance(place, Path):
        return place
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", place.url)[:60]
    digest = hashlib.sha256(place.url.encode()).hexdigest()[:12]
    return user_state_path("reelseek", appauthor=False) / "libraries" / f"{name}-{digest}"
