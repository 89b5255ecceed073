"""A lease: the right to write to a library in an object store, held by an object that its holder renews.

The object is made with `If-None-Match` and renewed, taken over and given back with `If-Match`, so of any number of
writers one wins. Whether a lease has ended is asked of the store's own clock: the time at which the lease was written
is compared with the time at which an object was written just now. The holder counts from before its last renewal, by a
clock that only goes forward. So no clocks of two machines are ever compared; what is assumed is that the store's clock
and the holder's go equally fast.

Left out: a commit that has begun before a lease ends, and arrives after it. LanceDB then refuses what contradicts.
"""

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from indexer.errors import LibraryError, LibraryLeaseLostError, LibraryLockedError
from indexer.store.storage.objects import Found, Objects, Version

LEASE_SECONDS = 60.0
"""How long a killed writer keeps others out."""
_SAFE_SHARE = 0.75
"""The holder stops this early, and renews in a third of it."""
_CLOCK_STEP_SECONDS = 2.0
"""Stores tell times in whole seconds."""


class Lease:
    """Exclusive right to write, from `acquire` to `release`. Safe from several threads."""

    def __init__(
        self,
        objects: Objects,
        name: str,
        *,
        seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            name: of the lease's object; the store's time is asked with another beside it.
            seconds: after which it ends unless it is renewed; None: `LEASE_SECONDS`.
            clock: of this process, in seconds.
        """
        self._objects, self._name, self._clock = objects, name, clock
        self._seconds = LEASE_SECONDS if seconds is None else seconds
        self._mutex = threading.RLock()
        self._held: Version | None = None
        self._content: dict[str, Any] = {}
        self._safe_until = 0.0
        self._released = threading.Event()
        self._follows_whole_work = True

    @property
    def follows_whole_work(self) -> bool:
        """Whether the holder before gave the lease back after whole work, or there was none."""
        return self._follows_whole_work

    def acquire(self) -> None:
        """Take the lease without waiting, and renew it from then on.

        Raises:
            LibraryLockedError: another writer holds it (the message names it).
            LibraryError: the store cannot be written to.
        """
        self._content = {
            "token": secrets.token_hex(16),
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": time.strftime("%Y-%m-%d %H:%M:%S %z"),
            "seconds": self._seconds,
            "renewals": 0,
        }
        self._follows_whole_work = True
        begun = self._clock()
        version = self._objects.create(self._name, self._encoded()) or self._taken_over()
        with self._mutex:
            self._held, self._safe_until = version, begun + self._seconds * _SAFE_SHARE
            self._released = threading.Event()
        threading.Thread(target=self._keep_renewed, args=(self._released,), name="lease", daemon=True).start()

    def check(self) -> None:
        """Called before each commit; renews the lease where that is overdue.

        Raises:
            LibraryLeaseLostError: another writer has taken it, or may have.
        """
        with self._mutex:
            if self._clock() < self._safe_until:
                return
            reason = "another writer has taken its place"
            try:
                if self._held is not None and self.renew():
                    return
            except LibraryError as error:
                reason = str(error)
        raise LibraryLeaseLostError(
            f"library {self._objects.place}: this process may not write any more, since its lease of"
            f" {self._seconds:.0f} s ran out ({reason}); run the same again, which does what is missing"
        )

    def renew(self) -> bool:
        """Renew the lease now; False where another writer has taken it. Raises LibraryError."""
        with self._mutex:
            if self._held is None:
                return False
            begun = self._clock()
            self._content["renewals"] += 1
            version = self._replaced(self._held)
            self._held = version
            self._safe_until = begun + self._seconds * _SAFE_SHARE if version else 0.0
            return version is not None

    def release(self, *, whole: bool = False) -> None:
        """Give the lease back; does nothing when it is not held. A store that does not answer lets it end by itself."""
        self._released.set()
        with self._mutex:
            held, self._held, self._safe_until = self._held, None, 0.0
            if held is not None:
                self._content |= {"seconds": 0, "whole": whole}
                try:
                    self._objects.update(self._name, self._encoded(), held)
                except LibraryError:
                    return

    def _keep_renewed(self, released: threading.Event) -> None:
        while not released.wait(self._seconds * _SAFE_SHARE / 3):
            try:
                with self._mutex:
                    if released.is_set() or not self.renew():
                        return
            except LibraryError:
                continue  # `check` tells it once the lease has run out

    def _taken_over(self) -> Version:
        """The version of the lease once it is taken from a holder whose time is over."""
        found = self._found()
        if found is None:
            raise self._locked("another process", "")
        told = _content(found)
        if told.get("token") == self._content["token"]:  # the first try arrived, and its reply was lost
            return found.version
        self._follows_whole_work = told.get("whole") is True
        left = self._seconds_left(found, told)
        if left > 0:
            holder = f"process {told.get('pid')} on {told.get('host')} since {told.get('since')}"
            ends = f"; if it was killed, its lease ends within {left:.0f} s"
            raise self._locked(holder if "pid" in told else "another process", ends)
        version = self._replaced(found.version)
        if version is None:
            raise self._locked("another process", "")
        return version

    def _seconds_left(self, found: Found, told: dict[str, Any]) -> float:
        """How long the holder's lease lasts, by the store's clock; 0 or less where it has ended."""
        seconds = told.get("seconds", self._seconds)
        if not isinstance(seconds, int | float) or not 0 <= seconds <= 3600:
            seconds = self._seconds
        if seconds == 0:  # given back
            return 0.0
        clock = f"{self._name}.clock"
        self._objects.put(clock, self._content["token"].encode())
        age = (self._objects.modified(clock) - found.modified).total_seconds()
        return seconds + _CLOCK_STEP_SECONDS - age

    def _replaced(self, version: Version) -> Version | None:
        """The new version, once the lease is written in place of one; None where another writer was quicker."""
        new = self._objects.update(self._name, self._encoded(), version)
        if new is None and (found := self._found()) and _content(found).get("token") == self._content["token"]:
            # This process wrote it, and the reply was lost.
            new = self._objects.update(self._name, self._encoded(), found.version)
        return new

    def _found(self) -> Found | None:
        try:
            return self._objects.get(self._name)
        except FileNotFoundError:
            return None

    def _locked(self, holder: str, ends: str) -> LibraryLockedError:
        return LibraryLockedError(
            f"library {self._objects.place} is being written to by {holder}; wait until it is done or stop it, then try"
            f" again (searching needs no lock){ends}"
        )

    def _encoded(self) -> bytes:
        return json.dumps(self._content).encode()


def _content(found: Found) -> dict[str, Any]:
    try:
        told = json.loads(found.content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
