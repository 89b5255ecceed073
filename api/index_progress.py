"""Progress of an indexing run, from its events: how far, how fast, what failed. Pure, apart from the clock.

The stages run one after another over all videos, so progress is counted for each stage.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from indexer.catalog import ENTRY_OF_STAGE, STAGE_ENTRIES, StageName
from indexer.config import Settings
from indexer.models.profiles import profile_of
from indexer.pipeline.events import (
    IndexEvent,
    ScanFinished,
    StageFailed,
    StageFinished,
    StageLeftOut,
    StageProgress,
    VideoFailed,
    VideoMissing,
    VideoMoved,
    VideoSkipped,
    VideoWarned,
)


def event_name(event: Any) -> str:
    """The class's name in snake case: `ScanFinished` -> `scan_finished`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()


SETTLED_SECONDS = 2.0
"""The pace is unknown before: the first seconds are start-up."""


@dataclass
class StageCount:
    """Progress of one stage over all videos."""

    started: float
    parts: dict[str, float] = field(default_factory=dict[str, float])
    """Path -> share that is done, 0 to 1."""
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    """Path -> seconds of video processed in this run."""

    @property
    def finished(self) -> int:
        return sum(part == 1.0 for part in self.parts.values())


@dataclass
class IndexProgress:
    """The state of a run after the events so far."""

    stages: Sequence[StageName]
    """The stages that each video passes."""
    clock: Callable[[], float] = monotonic
    todo: int = 0
    failures: list[VideoFailed] = field(default_factory=list[VideoFailed])
    stage_failures: list[StageFailed] = field(default_factory=list[StageFailed])
    skipped: list[VideoSkipped] = field(default_factory=list[VideoSkipped])
    moved: list[VideoMoved] = field(default_factory=list[VideoMoved])
    missing: list[VideoMissing] = field(default_factory=list[VideoMissing])
    warnings: list[VideoWarned] = field(default_factory=list[VideoWarned])
    left_out: list[StageLeftOut] = field(default_factory=list[StageLeftOut])
    active: dict[str, StageProgress] = field(default_factory=dict[str, StageProgress])
    """Path -> the newest progress event of each video in progress, the newest last."""
    stage: StageName | None = None
    """The stage that is running."""
    by_stage: dict[StageName, StageCount] = field(default_factory=dict[StageName, StageCount])
    _sounds: set[str] = field(default_factory=set[str])
    """Paths of files without pictures, to which some stages do not apply."""
    _started: float = -1.0

    def __post_init__(self) -> None:
        self._started = self.clock()

    def add(self, event: IndexEvent) -> None:
        match event:
            case ScanFinished():
                self.todo = event.todo
                self._started = self.clock()
            case StageProgress():
                self._progress(event)
            case StageFinished():
                count = self._at(event.stage, event.path)
                count.parts[event.path], count.seconds[event.path] = 1.0, event.duration_seconds
                self.active.pop(event.path, None)
                if event.media_kind == "sound":
                    self._sounds.add(event.path)
            case VideoFailed():
                self.failures.append(event)
                self.active.pop(event.path, None)
            case StageFailed():
                self.stage_failures.append(event)
                self._at(event.stage, event.path).parts[event.path] = 1.0
                self.active.pop(event.path, None)
            case VideoSkipped():
                self.skipped.append(event)
            case VideoMoved():
                self.moved.append(event)
            case StageLeftOut():
                self.left_out.append(event)
            case VideoWarned():
                self.warnings.append(event)
            case VideoMissing():
                self.missing.append(event)
            case _:
                pass

    @property
    def seconds(self) -> float:
        return max(0.0, self.clock() - self._started)

    @property
    def stage_files(self) -> int:
        """Files that passed the running stage, or failed."""
        passed = self.by_stage[self.stage].finished + self._exempt(self.stage) if self.stage else 0
        return min(self.todo, passed + len(self.failures))

    @property
    def share(self) -> float:
        """Share of the run that is done, 0 to 1; every file counts the same."""
        whole = sum(_time_share(stage) for stage in self.stages)
        failed = {failure.path for failure in self.failures}
        done = float(len(failed))
        for stage, count in self.by_stage.items():
            weight = _time_share(stage) / whole if stage in self.stages else 0.0
            done += weight * sum(part for path, part in count.parts.items() if path not in failed)
        done += sum(_time_share(stage) / whole * self._exempt(stage) for stage in self.stages)
        return min(1.0, done / self.todo) if self.todo else 1.0

    @property
    def pace(self) -> float:
        """Seconds of video that the running stage processes a second; 0 while unknown."""
        count = self.by_stage[self.stage] if self.stage else None
        wall = self.clock() - count.started if count else 0.0
        return sum(count.seconds.values()) / wall if count and wall > SETTLED_SECONDS else 0.0

    @property
    def video_seconds(self) -> float:
        """Seconds of video processed by the stage that is furthest."""
        return max((sum(count.seconds.values()) for count in self.by_stage.values()), default=0.0)

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the running stage's pace; None while there is nothing to estimate from.

        Later stages are estimated by their share of a typical run's time.
        """
        if not self.stage or self.stage not in self.stages:
            return None
        count = self.by_stage[self.stage]
        failed = {failure.path for failure in self.failures}
        done = sum(part for path, part in count.parts.items() if path not in failed)
        wall = self.clock() - count.started
        if wall < SETTLED_SECONDS or done <= 0:
            return None
        whole = wall / done * max(1, self.todo - len(failed) - self._exempt(self.stage))
        later = sum(_time_share(stage) for stage in self.stages[self.stages.index(self.stage) + 1 :])
        return max(0.0, whole - wall) + whole * later / _time_share(self.stage)

    def _exempt(self, stage: StageName) -> int:
        """Files to which a stage does not apply, as far as is known."""
        if not ENTRY_OF_STAGE[stage].needs_pictures:
            return 0
        count = self.by_stage.get(stage)
        return len(self._sounds - count.parts.keys() if count else self._sounds)

    def _progress(self, event: StageProgress) -> None:
        self.stage = event.stage
        self.active.pop(event.path, None)
        self.active[event.path] = event
        count = self._at(event.stage, event.path)
        part = event.done_seconds / event.duration_seconds if event.duration_seconds > 0 else 0.0
        # Parts of one video may be processed in parallel, and a declared duration may be too short.
        count.parts[event.path] = max(count.parts.get(event.path, 0.0), min(0.99, part))
        count.seconds[event.path] = max(count.seconds.get(event.path, 0.0), event.done_seconds)

    def _at(self, stage: StageName, path: str) -> StageCount:
        """The stage's progress; marks the stages before it as done for this file, in this run or an earlier one."""
        for before in self.stages[: self.stages.index(stage)] if stage in self.stages else ():
            self.by_stage.setdefault(before, StageCount(self.clock())).parts[path] = 1.0
        self.stage = self.stage or stage
        return self.by_stage.setdefault(stage, StageCount(self.clock()))


def stages_of(settings: Settings) -> list[StageName]:
    """The stages that run with these settings."""
    profile = profile_of(settings)
    return [entry.name for entry in STAGE_ENTRIES if entry.is_on(profile)]


def _time_share(stage: StageName) -> float:
    return ENTRY_OF_STAGE[stage].time_share
