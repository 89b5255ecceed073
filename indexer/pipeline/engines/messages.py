"""What the driver of a run and its workers send each other. Plain records; no worker opens the run's library."""

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.catalog import TextSource
from indexer.config import Settings
from indexer.errors import ReelseekError
from indexer.pipeline.events import IndexEvent, StageProgress
from indexer.pipeline.plan import Job
from indexer.records import FrameRow, SegmentRow, TextRow, Video
from indexer.store.schema import Maker

Pictures = tuple[Sequence[SegmentRow], Sequence[FrameRow]]
Texts = Sequence[tuple[TextSource, Sequence[TextRow]]]


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What every job of a run has in common."""

    settings: Settings
    maker: Maker
    """Of the run's library: the worker's models must be the same."""
    software: str
    """`running_software` of the driver; the worker's must be the same, or its rows may differ."""
    retry_failed: bool
    cores: int
    """That the worker keeps busy."""
    folder: str
    """The driver's working folder: settings may name models and files relative to it."""


@dataclass(frozen=True, slots=True)
class JobOrder:
    """One video to be worked on."""

    job: Job
    pictures: Pictures | None = None
    """The library's rows of the video; None where it has none."""
    texts: Texts = ()


@dataclass(frozen=True, slots=True)
class JobResult:
    """What became of one video."""

    video: Video | None
    """Its own row; None where nothing is to be recorded, as its file disappeared."""
    events: tuple[IndexEvent, ...]
    """In order, without progress."""
    pictures: Pictures | None
    """None where those of the library stay."""
    texts: Texts
    """By source: in place of those of the library; texts of other sources stay."""
    thumbnails: Sequence[bytes]
    """A JPEG for each segment of `pictures`."""
    cover: bytes | None
    stage_seconds: dict[str, float]
    failed_stages: int
    """Stages that failed as a whole, beside those that the events tell of."""
    failure_log: bytes


@dataclass(frozen=True, slots=True)
class FileNotSeen:
    """The worker does not see the video's file, or sees another one in its place."""

    reason: str


@dataclass(frozen=True, slots=True)
class RunStopped:
    """An error that is no matter of the video, but of the whole run."""

    error: ReelseekError


Answer = StageProgress | JobResult | FileNotSeen | RunStopped
"""To an order come any number of `StageProgress`, and one of the others, the last."""
