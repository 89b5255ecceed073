"""What an indexing run tells whoever watches it: a progress bar, a JSON log, a job's event stream."""

from dataclasses import dataclass, field

from indexer.catalog import StageName


@dataclass(frozen=True, slots=True)
class ScanFinished:
    """The folders have been walked; what is to be done is known."""

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
    """Seconds of video behind the furthest finished frame."""
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


@dataclass(frozen=True, slots=True)
class StageLeftOut:
    """A stage cannot be made in this run; everything else is, and the stage follows once it can be."""

    stage: StageName
    reason: str
    """Names what is missing and the way to add it."""


@dataclass(frozen=True, slots=True)
class VideoSkipped:
    """Nothing to do: indexed already, or failed before with the same bytes and software."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class VideoMoved:
    """Known bytes at another path; only the path was written."""

    path: str
    old_path: str


@dataclass(frozen=True, slots=True)
class VideoFailed:
    """A file could not be indexed; the run goes on."""

    path: str
    kind: str
    """`VideoError.kind`."""
    reason: str


@dataclass(frozen=True, slots=True)
class VideoWarned:
    """A file was indexed, with something worth knowing."""

    path: str
    warning: str


@dataclass(frozen=True, slots=True)
class VideoMissing:
    """A video of the library that lies under the given paths is gone from the disk."""

    path: str
    dropped: bool
    """Its rows were removed (`--prune`)."""


@dataclass(frozen=True, slots=True)
class IndexFinished:
    """The run's end, also after Ctrl-C."""

    videos: int
    indexed: int
    skipped: int
    failed: int
    seconds: float
    interrupted: bool = False
    stage_seconds: dict[str, float] = field(default_factory=dict[str, float])
    """Busy seconds by stage of the pipeline: hash, decode, embed, text, ocr, speech, captions, write."""


@dataclass(frozen=True, slots=True)
class WatchLooked:
    """A watched folder was looked at, and something in it is new, or is still being written."""

    files: int
    """Files that may be videos."""
    changing: int
    """Of these, how many are not complete."""
    ready: int
    """And how many are complete, and are indexed now."""


@dataclass(frozen=True, slots=True)
class WatchIdle:
    """All that is in the watched folders is in the library; the watch goes on."""

    files: int


@dataclass(frozen=True, slots=True)
class WatchWaiting:
    """Something is in the way; it is tried again."""

    reason: str


IndexEvent = (
    ScanFinished
    | StageProgress
    | StageFinished
    | StageLeftOut
    | VideoSkipped
    | VideoMoved
    | VideoFailed
    | VideoWarned
    | VideoMissing
    | IndexFinished
    | WatchLooked
    | WatchIdle
    | WatchWaiting
)
