"""Settings of the service: address, limits, deadlines. Settings of library and models are in `indexer.config`."""

from dataclasses import dataclass
from pathlib import Path

from api.options import ALLOWED_HOSTS, CORS_ORIGINS, HOST, MAX_UPLOAD, PORT, REQUIRE_KEY, ROOTS
from indexer.loopback import is_loopback

UPLOAD_FOLDER = "uploads"
JOB_FOLDER = "jobs"
CACHE_FOLDER = "cache"
KEY_FILE = "keys.json"
"""Files and folders that the service creates in the library."""


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """All settings of `reelseek serve`. Durations are in seconds, sizes in bytes."""

    host: str = HOST.default
    port: int = PORT.default
    roots: tuple[Path, ...] = ROOTS.default
    """Resolved."""
    cors_origins: tuple[str, ...] = CORS_ORIGINS.default
    allowed_hosts: tuple[str, ...] = ALLOWED_HOSTS.default
    """In addition to loopback's; only checked when the service needs no key."""
    max_upload_bytes: int = MAX_UPLOAD.default << 20
    max_uploads: int = 1000
    """Maximum number of uploaded files."""
    uploads_at_once: int = 4
    least_free_bytes: int = 512 << 20
    """Free disk space that uploads leave."""
    upload_idle_seconds: float = 20.0
    """Time without a new byte after which an upload is aborted."""
    upload_least_rate: float = 1024.0
    """Average bytes per second, after `upload_idle_seconds`, below which an upload is aborted."""
    body_seconds: float = 15.0
    """Time limit for the whole body of any other request."""
    header_seconds: float = 10.0
    """Time limit for a request's head."""
    max_body_bytes: int = 64 << 10
    """Of any request except an upload."""
    search_workers: int = 2
    search_waiting: int = 64
    search_deadline_seconds: float = 30.0
    ask_waiting: int = 8
    ask_deadline_seconds: float = 600.0
    media_workers: int = 2
    media_waiting: int = 32
    media_deadline_seconds: float = 120.0
    max_jobs: int = 200
    """Maximum number of waiting jobs."""
    max_job_records: int = 1000
    max_event_streams: int = 256
    ping_seconds: float = 10.0
    stop_seconds: float = 8.0
    """Time that requests and a running job get to finish when the service stops."""
    require_key: bool = REQUIRE_KEY.default

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)

    @property
    def needs_key(self) -> bool:
        return self.require_key or not self.is_loopback
