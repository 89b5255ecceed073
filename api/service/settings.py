"""Settings of the service beside those of `indexer.config`: address, bounds, deadlines. Each once, with its default."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

UPLOAD_FOLDER = "uploads"
JOB_FOLDER = "jobs"
CACHE_FOLDER = "cache"
KEY_FILE = "keys.json"
"""What the service puts into a library's folder."""


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Every setting of `reelseek serve`. All durations are in seconds, all sizes in bytes."""

    host: str = "127.0.0.1"
    port: int = 8765
    """0: any free one."""
    roots: tuple[Path, ...] = ()
    """Folders under which files may be indexed by their path; resolved."""
    cors_origins: tuple[str, ...] = ()
    """Origins of other pages that may call the service, as `https://example.org`."""
    allowed_hosts: tuple[str, ...] = ()
    """Names, beside loopback's, by which the service may be addressed when it needs no key."""
    max_upload_bytes: int = 20 << 30
    max_uploads: int = 1000
    """Uploaded files that are kept."""
    uploads_at_once: int = 4
    least_free_bytes: int = 512 << 20
    """Left free on the disk by uploads."""
    upload_idle_seconds: float = 20.0
    """An upload without a new byte for so long is given up."""
    upload_least_rate: float = 1024.0
    """Bytes a second, on average after `upload_idle_seconds`, below which an upload is given up."""
    body_seconds: float = 15.0
    """Time for the whole body of any other request."""
    header_seconds: float = 10.0
    """Time for a request's head."""
    max_body_bytes: int = 64 << 10
    """Of any request but an upload."""
    search_workers: int = 2
    search_waiting: int = 64
    search_deadline_seconds: float = 30.0
    ask_waiting: int = 8
    ask_deadline_seconds: float = 600.0
    media_workers: int = 2
    media_waiting: int = 32
    media_deadline_seconds: float = 120.0
    max_jobs: int = 200
    """Jobs that may wait."""
    max_job_records: int = 1000
    max_event_streams: int = 256
    ping_seconds: float = 10.0
    stop_seconds: float = 8.0
    """Time that requests and a running job get when the service stops."""
    require_key: bool = field(default=False)
    """Ask for a key even on loopback."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        return is_loopback(self.host)

    @property
    def needs_key(self) -> bool:
        return self.require_key or not self.is_loopback


def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine alone."""
    if host.casefold().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
