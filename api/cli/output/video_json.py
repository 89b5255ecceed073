"""A video, its failure and its metadata as `--json` prints them."""

from collections.abc import Iterator
from typing import Any

from indexer.decode.metadata import metadata_to_json
from indexer.records import Video, VideoMetadata


def failures_json(video: Video) -> Iterator[dict[str, str]]:
    """One element for each stage that failed, for `reelseek status --json`."""
    for stage, failure in video.failures.items():
        of_video = {"video": video.path, "video_id": video.video_id, "stage": stage}
        yield {**of_video, "kind": failure.kind, "reason": failure.reason}


def video_json(video: Video) -> dict[str, Any]:
    """One element of `reelseek videos --json`."""
    return {
        "video": video.path,
        "video_id": video.video_id,
        "kind": video.kind,
        "paths": list(video.paths),
        "duration_seconds": round(video.duration_seconds, 3),
        "size_bytes": video.size_bytes,
        "created": video.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "created_source": video.created_source,
        "tags": list(video.tags),
        "languages": video.language_tags,
        "metadata": metadata_json(video.metadata),
        "stages": sorted(video.made_stages),
        "warnings": list(video.warnings),
        "failure": {"kind": video.failure_kind, "reason": video.failure_reason} if video.failure_kind else None,
        "stage_failures": [
            {"stage": stage, "kind": failure.kind, "reason": failure.reason}
            for stage, failure in video.stage_failures.items()
        ],
    }


def metadata_json(metadata: VideoMetadata) -> dict[str, Any]:
    """What the container says; without what is empty."""
    shown = metadata_to_json(metadata)
    shown.pop("created", None)
    if metadata.chapters:
        shown["chapters"] = [
            {
                "start_seconds": round(one.span.start_seconds, 3),
                "stop_seconds": round(one.span.stop_seconds, 3),
                "title": one.title,
            }
            for one in metadata.chapters
        ]
    return shown
