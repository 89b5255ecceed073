"""What the service answered to generated requests: counts by status, and every answer that breaks a promise."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PROBLEM = "application/problem+json"
WAITING = {"busy", "deadline", "preparing"}
"""Problems of status 503 that ask to come again; any other status from 500 on is a fault."""
_PREFIX = "urn:reelseek:problem:"
_MEMBERS = {"type": str, "title": str, "status": int, "detail": str, "instance": str}


@dataclass
class Answers:
    """Answers so far."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    waiting: int = 0
    """Answers of status 503 that ask to come again."""
    faults: list[str] = field(default_factory=list[str])
    """One line for each answer that breaks a promise, with the request."""

    logged: list[str] = field(default_factory=list[str])
    """Faults in the service's own log, also of requests whose client had left."""

    @property
    def count(self) -> int:
        return self.statuses.total()

    def take(self, request: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Count an answer, and judge it.

        Args:
            request: names the request in a fault.
            headers: names in lower case.
            body: empty for HEAD.
        """
        self.statuses[status] += 1
        if status < 400:
            return
        kind, fault = _problem(status, headers, body, has_body=not request.startswith("HEAD "))
        is_waiting = status == 503 and kind in WAITING and "retry-after" in headers
        self.waiting += is_waiting
        if status >= 500 and not (is_waiting or (status == 503 and request.startswith("HEAD "))):
            fault = fault or "a fault of the service"
        if fault:
            self.faults.append(f"{request}: {status}: {fault}: {body[:300]!r}")

    def broken(self, request: str, error: Exception) -> None:
        """A request without an answer."""
        self.faults.append(f"{request}: no answer: {error!r}")


def _problem(status: int, headers: Mapping[str, str], body: bytes, *, has_body: bool) -> tuple[str, str]:
    """The problem's type, and what is wrong with its form: empty where nothing is."""
    if headers.get("content-type") != PROBLEM:
        return "", f"the type {headers.get('content-type')} for an error"
    if not has_body:
        return "", ""
    try:
        found: Any = json.loads(body)
        members = {name: type(found[name]) for name in _MEMBERS}
    except (ValueError, TypeError, KeyError) as error:
        return "", f"no problem: {error!r}"
    if members != _MEMBERS or found["status"] != status or not found["type"].startswith(_PREFIX):
        return "", "a problem of another form"
    return found["type"].removeprefix(_PREFIX), ""
