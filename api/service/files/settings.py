"""Bounds of the media routes, each once with its default."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """All durations are in seconds, all sizes in bytes."""

    max_clip_seconds: float = 600.0
    """The longest clip that is cut."""
    max_side: int = 1920
    """Longer side of a cut or transcoded picture, pixels; larger ones are scaled down."""
    watch_bytes: int = 20 << 30
    """Kept remuxed and transcoded videos; also the largest single one."""
    clip_bytes: int = 1 << 30
    """Kept clips; also the largest single one."""
    picture_bytes: int = 256 << 20
    """Kept thumbnails, sprite sheets and facts."""
    wait_seconds: float = 20.0
    """A request waits so long for a file that is being made; then it is told to come back."""
    retry_seconds: int = 3
    """When to come back."""
    making_seconds: float = 6 * 3600.0
    """Time for one remux or transcode."""
    stall_seconds: float = 60.0
    """A child without progress for so long is killed."""
    makers: int = 1
    """Remuxes and transcodes at once."""
    making_waiting: int = 16
    max_thumbnail_width: int = 1280
    near_seconds: float = 0.5
    """A segment's own picture stands for times of its segment that are so near."""
    sprite_width: int = 160
    """Of one tile, pixels."""
    sprite_tiles: int = 100
    """Most tiles of a sheet."""
    sprite_columns: int = 10
    max_buckets: int = 2000
    """Of a heat strip."""
