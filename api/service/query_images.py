"""Images that were searched with, kept in memory for a while, so that the address of a search can name one."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from indexer.decode.image import read_image
from indexer.errors import NotInLibraryError

MOST_BYTES = 64 << 20
"""Of all images together; the one that was asked for longest ago goes first."""
KEPT_SECONDS = 7 * 24 * 3600.0
"""Since an image was last asked for."""


class QueryImages:
    """Images by the SHA-256 of their bytes. Safe from several threads."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_bytes, self._clock = most_bytes, clock
        self._kept: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        """In the order in which they were last asked for, with the time of it."""
        self._lock = threading.Lock()

    def keep(self, image: bytes) -> str:
        """Keeps an image; its id, 64 hexadecimal digits.

        Raises:
            ImageError: it cannot be searched with.
        """
        read_image(image)
        name = hashlib.sha256(image).hexdigest()
        with self._lock:
            self._remember(name, image)
        return name

    def find(self, name: str) -> bytes:
        """The image with that id, which is now kept anew.

        Raises:
            NotInLibraryError: there is none, or it was forgotten.
        """
        with self._lock:
            self._forget()
            if name not in self._kept:
                raise NotInLibraryError(
                    "no image has this id: images are kept for up to a week, 64 MiB in all, and only until the service"
                    " restarts; send it again"
                )
            image = self._kept[name][0]
            self._remember(name, image)
            return image

    def _remember(self, name: str, image: bytes) -> None:
        self._kept[name] = (image, self._clock())
        self._kept.move_to_end(name)
        self._forget()

    def _forget(self) -> None:
        """Drops what is too old, and the oldest of what is too much; the newest stays."""
        oldest = self._clock() - KEPT_SECONDS
        size = sum(len(image) for image, _ in self._kept.values())
        while len(self._kept) > 1 and (size > self._most_bytes or next(iter(self._kept.values()))[1] < oldest):
            _, (image, _) = self._kept.popitem(last=False)
            size -= len(image)
        if self._kept and next(iter(self._kept.values()))[1] < oldest:
            self._kept.clear()
