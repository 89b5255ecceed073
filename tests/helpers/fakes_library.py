"""What the stand-in for the service knows: videos, moments, answers, jobs. Tests change it while it is served."""

import io
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Reelseek", "version": "0"},
    "paths": {
        "/api/v1/search": {
            "get": {
                "summary": "Find moments",
                "tags": ["search"],
                "parameters": [
                    {"name": "query", "in": "query", "required": True, "schema": {"$ref": "#/components/schemas/Query"}}
                ],
                "responses": {
                    "200": {"description": "Moments", "content": {"application/json": {"schema": {"type": "object"}}}}
                },
            }
        }
    },
    "components": {"schemas": {"Query": {"type": "string", "maxLength": 1000, "examples": ["a red car"]}}},
}
HOSTILE = '<img src=x onerror="window.hacked=1"> & <script>window.hacked=2</script>'


@dataclass
class FakeLibrary:
    """What the fake knows and how it behaves; tests change it while it runs."""

    media: Path
    """A playable file that every video is."""
    duration_seconds: float
    videos: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    moments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    answer: dict[str, Any] = field(default_factory=dict[str, Any])
    understood: dict[str, Any] = field(default_factory=dict[str, Any])
    """How a question that follows another is understood."""
    words: list[str] = field(default_factory=list[str])
    """The answer's pieces, as they are streamed."""
    draft: list[str] = field(default_factory=list[str])
    """Those of a first answer that come before them."""
    pause_seconds: float = 0.0
    """Before each event of an answer."""
    steps: threading.Semaphore | None = None
    """When set, an answer's next event waits until a test releases it."""
    jobs: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    key: str = ""
    """Asked for when set."""
    loading: dict[str, Any] | None = None
    """Of models, as health says it."""
    problems: dict[str, tuple[int, str, str]] = field(default_factory=dict[str, tuple[int, str, str]])
    """(status, kind, detail) by the path's beginning."""
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    """What every video's container says."""
    requests: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    bodies: list[bytes] = field(default_factory=list[bytes])
    """Of each request, in its order."""
    uploads: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    images: dict[str, str] = field(default_factory=dict[str, str])
    """Kept images in Base64, by the hash of their bytes."""
    exports: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Bodies that were posted to be exported."""
    not_exported: dict[str, Any] | None = None
    """What the header of an export says, if anything."""
    health: dict[str, Any] = field(default_factory=dict[str, Any])
    """What `/api/v1/health` says besides."""
    chapters: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Of every video."""
    texts: dict[str, list[tuple[float, float, str]]] = field(default_factory=dict[str, list[tuple[float, float, str]]])
    """By source, the lines of every video: start and stop in seconds, and the text."""

    def text_lines(self, source: str) -> list[dict[str, Any]]:
        """The lines of a source as the service sends them."""
        return [
            {"index": n, "start_seconds": start, "stop_seconds": stop, "text": text, "original": "", "speaker": "",
             "language": "en", "is_scenery": False}
            for n, (start, stop, text) in enumerate(self.texts.get(source, []))
        ]  # fmt: skip

    libraries: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Those of the person, also the one that is served."""
    boxes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Of what is looked for in any picture."""

    def add_video(self, number: int, name: str, **values: Any) -> str:
        """A video of the library; its id."""
        video_id = f"{number:032x}"
        path = f"/api/v1/videos/{video_id}"
        self.videos.append(
            {
                "video_id": video_id, "video": name, "folder": "", "duration_seconds": self.duration_seconds,
                "size_bytes": 1_250_000 * (number + 1), "width": 320, "height": 240, "codec": "h264",
                "added_at": "2026-11-20T10:00:00Z", "state": "ready", "stages": ["picture", "subtitles"],
                "failure": None, "stage_failures": [], "segments": 3, "playable": "direct",
                "thumbnail": f"{path}/thumbnail?t=1", "media": f"{path}/media", "sprites": f"{path}/sprites.vtt",
                "created_at": "2023-05-09T11:41:46Z", "created_source": "file", "tags": [],
                "languages": [],
            }
            | values
        )  # fmt: skip
        return video_id

    def add_moment(self, video_id: str, start: float, stop: float, **values: Any) -> dict[str, Any]:
        """A moment that every search finds."""
        name = next(one["video"] for one in self.videos if one["video_id"] == video_id)
        path = f"/api/v1/videos/{video_id}"
        moment: dict[str, Any] = {
            "video_id": video_id, "video": name, "duration_seconds": self.duration_seconds, "start_seconds": start,
            "stop_seconds": stop, "best_frame_seconds": start, "score": 0.03, "signals": {"picture": 1}, "text": "",
            "caption": "", "matched": [], "thumbnail": f"{path}/thumbnail?t={start}", "media": f"{path}/media",
            "clip": f"{path}/clip?start={start}&stop={stop}",
        } | values  # fmt: skip
        self.moments.append(moment)
        return moment


def job_record(number: int, name: str, **values: Any) -> dict[str, Any]:
    """A job that runs."""
    return {
        "id": f"{number:032x}", "kind": "index", "state": "running", "paths": [name], "message": "",
        "created_at": "2026-11-21T00:00:00Z",
        "started_at": "2026-11-21T00:00:00Z", "finished_at": None, "progress": 0.4, "stage": "picture",
        "video_ids": [], "error": None,
    } | values  # fmt: skip


def picture_bytes(number: int, seconds: float, size: tuple[int, int] = (320, 180)) -> bytes:
    colour = ((number * 67 + int(seconds) * 31) % 200, (number * 41 + 60) % 200, (int(seconds) * 53 + 90) % 200)
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "JPEG")
    return data.getvalue()
