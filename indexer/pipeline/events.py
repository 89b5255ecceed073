"""Events of an indexing run, for a progress bar, a JSON log, or a job's event stream."""

from dataclasses import dataclass, field

from indexer.catalog import StageName
from indexer.records import MediaKind


@dataclass(frozen=True, slots=True)
class ScanFinished:
    """The folders are scanned, and the plan is made."""

    videos: int
    """Files that look like videos."""
    todo: int
    """Of these, how many need work."""


@dataclass(frozen=True, slots=True)
class StageProgress:
    """Part of a stage of one video is done."""

    path: str
    stage: StageName
    done_seconds: float
    """Position of the furthest finished frame, seconds."""
    duration_seconds: float
    """Declared duration, 0 when unknown."""


@dataclass(frozen=True, slots=True)
class StageFinished:
    """A stage of one video is in the library."""

    path: str
    video_id: str
    stage: StageName
    duration_seconds: float
    rows: int
    """Frames for `picture`, texts for the others."""
    wall_seconds: float
    media_kind: MediaKind = "video"
    """Of the file; stages of pictures are never made for `sound`."""


@dataclass(frozen=True, slots=True)
class StageLeftOut:
    """A stage is left out of this run; the other stages run, and a later run makes it up."""

    stage: StageName
    reason: str
    """What is missing, and how to add it."""


@dataclass(frozen=True, slots=True)
class ModelsAwaited:
    """Models are not on this machine; what needs none of them is indexed now, and a later run adds the rest."""

    profile: str
    """Whose models they are."""
    adds: tuple[str, ...]
    """What they add, in words, as `pictures`."""
    size_mb: int
    """Of all weights of the profile, megabytes, as published."""
    how: str
    """The command that downloads them."""


@dataclass(frozen=True, slots=True)
class VideoSkipped:
    """There is nothing to do: the video is indexed, or failed before with the same bytes and software."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class VideoMoved:
    """A known video is at another path; only the path was written."""

    path: str
    old_path: str


@dataclass(frozen=True, slots=True)
class VideoFailed:
    """A video could not be indexed; the run continues."""

    path: str
    kind: str
    """`VideoError.kind`."""
    reason: str


@dataclass(frozen=True, slots=True)
class StageFailed:
    """A stage of a video that is in the library could not be made; its other stages, and the run, continue."""

    path: str
    video_id: str
    stage: StageName
    kind: str
    """`VideoError.kind`."""
    reason: str


@dataclass(frozen=True, slots=True)
class VideoWarned:
    """A video was indexed, but not without problems."""

    path: str
    warning: str


@dataclass(frozen=True, slots=True)
class VideoMissing:
    """A video of the library, under the given paths, is gone from the disk."""

    path: str
    dropped: bool
    """Whether it was removed from the library (`--prune`)."""


@dataclass(frozen=True, slots=True)
class IndexFinished:
    """The run has ended, perhaps by Ctrl-C."""

    videos: int
    indexed: int
    skipped: int
    failed: int
    seconds: float
    interrupted: bool = False
    stage_seconds: dict[str, float] = field(default_factory=dict[str, float])
    """Busy seconds by kind of work: hash, decode, embed, text, ocr, speech, captions, write."""
    failed_stages: int = 0
    """Stages that failed, of videos that are in the library."""
    failing_stages: dict[StageName, int] = field(default_factory=dict[StageName, int])
    """Stages that failed unexpectedly for many videos in a row, with the number: the videos are hardly the reason."""


@dataclass(frozen=True, slots=True)
class WatchLooked:
    """A scan of the watched folders found files that are new or still being written."""

    files: int
    """Files that may be videos."""
    changing: int
    """Of these, how many are still being written."""
    ready: int
    """And how many are complete, and are being indexed."""


@dataclass(frozen=True, slots=True)
class WatchIdle:
    """Everything in the watched folders is in the library; the watch continues."""

    files: int


@dataclass(frozen=True, slots=True)
class WatchWaiting:
    """The watch cannot index now, and will try again."""

    reason: str


IndexEvent = (
    ScanFinished
    | StageProgress
    | StageFinished
    | StageLeftOut
    | ModelsAwaited
    | VideoSkipped
    | VideoMoved
    | VideoFailed
    | StageFailed
    | VideoWarned
    | VideoMissing
    | IndexFinished
    | WatchLooked
    | WatchIdle
    | WatchWaiting
)
