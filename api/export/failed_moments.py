"""Moments that cannot be exported, while others of the same export can."""

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from typing import Any

from api.export.subclips import RequestedMoment
from api.formatting import time_code
from indexer.errors import ReelseekError
from indexer.records import TimeSpan


@dataclass(frozen=True, slots=True)
class FailedMoment:
    """A moment that could not be exported, and why."""

    video: str
    """Path, or the name that was given."""
    span: TimeSpan
    error: ReelseekError

    @staticmethod
    def of(moment: RequestedMoment, error: ReelseekError) -> "FailedMoment":
        return FailedMoment(moment.video.path, moment.span, error)

    def to_json(self) -> dict[str, Any]:
        """The object documented in `docs/json.md`."""
        return {
            "video": self.video,
            "start_seconds": self.span.start_seconds,
            "stop_seconds": self.span.stop_seconds,
            "reason": str(self.error),
        }

    def __str__(self) -> str:
        start, stop = time_code(self.span.start_seconds), time_code(self.span.stop_seconds)
        return f"{self.video}, {start} to {stop}: {self.error}"


def check_any_left(left: Sized, failed: Sequence[FailedMoment]) -> None:
    """Raises the first failure's error where nothing is left to export."""
    if failed and not len(left):
        raise failed[0].error
