"""Settings of the service beside those of `indexer.config`: address, bounds, deadlines. Each once, with its default."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from api.options import ALLOWED_HOSTS, CORS_ORIGINS, HOST, MAX_UPLOAD, PORT, REQUIRE_KEY, ROOTS

UPLOAD_FOLDER = "uploads"
JOB_FOLDER = "jobs"
CACHE_FOLDER = "cache"
KEY_FILE = "keys.json"
"""What the service puts into a library's folder."""


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Every setting of `reelseek serve`. All durations are in seconds, all sizes in bytes."""

    host: str = HOST.default
    port: int = PORT.default
    roots: tuple[Path, ...] = ROOTS.default
    """Resolved."""
    cors_origins: tuple[str, ...] = CORS_ORIGINS.default
    allowed_hosts: tuple[str, ...] = ALLOWED_HOSTS.default
    """Beside loopback's; they count when the service needs no key."""
    max_upload_bytes: int = MAX_UPLOAD.default << 20
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
    require_key: bool = REQUIRE_KEY.default

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
