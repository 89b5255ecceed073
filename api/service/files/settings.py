"""Settings of the media routes with their defaults."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """All durations are in seconds, all sizes in bytes."""

    max_clip_seconds: float = 600.0
    """The longest clip that is cut."""
    max_side: int = 1920
    """Longer side in pixels of clips and transcodes; larger videos are scaled down."""
    playable_bytes: int = 20 << 30
    """Cache size of remuxed and transcoded videos; also the limit of a single one."""
    clip_bytes: int = 1 << 30
    """Cache size of clips; also the limit of a single one."""
    picture_bytes: int = 256 << 20
    """Cache size of stills, sprite sheets and probed formats."""
    wait_seconds: float = 20.0
    """How long a request waits for a preparation before the client is told to retry."""
    retry_seconds: int = 3
    """Value of `Retry-After`."""
    preparation_seconds: float = 6 * 3600.0
    """Time limit of one remux or transcode."""
    stall_seconds: float = 60.0
    """A media worker without progress for this long is killed."""
    parallel_preparations: int = 1
    """Number of parallel remuxes and transcodes."""
    max_waiting_preparations: int = 16
    max_thumbnail_width: int = 1280
    near_seconds: float = 0.5
    """A segment's thumbnail is used for times within this distance."""
    sprite_width: int = 160
    """Width of a tile in pixels."""
    sprite_tiles: int = 100
    """Maximum number of tiles of a sprite sheet."""
    sprite_columns: int = 10
