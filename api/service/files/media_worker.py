"""Running of a media worker on a library video, with the limits and cancellation of a preparation. Blocks."""

from pathlib import Path
from typing import Any

from api.media.opened_file import OpenedFile, open_source
from api.media.worker_process import run_media_worker
from api.media.worker_protocol import Tile, Work
from api.media.worker_request import media_request
from api.service.files.media_preparer import MediaPreparer, Preparation
from indexer.config import Settings
from indexer.records import Video


def process_video(
    preparer: MediaPreparer,
    settings: Settings,
    video: Video,
    work: Work,
    *,
    preparation: Preparation,
    output: Path | None = None,
    opened: OpenedFile | None = None,
    max_output_bytes: int = 1 << 40,
    start_seconds: float = 0.0,
    stop_seconds: float = 0.0,
    max_side: int = 0,
    webm: bool = False,
    copy_audio: bool = True,
    columns: int = 1,
    tiles: tuple[Tile, ...] = (),
) -> dict[str, Any]:
    """Open the video's file and run a media worker on it. Other arguments are fields of `MediaRequest`.

    Raises:
        GoneError: the file is not the one that was indexed.
        UnplayableError: indexing failed.
        VideoError, CancelledError: from `run_media_worker`.
    """
    source = opened or open_source(video)
    try:
        request = media_request(
            settings,
            video,
            source,
            work,
            output=output,
            max_output_bytes=max_output_bytes,
            start_seconds=start_seconds,
            stop_seconds=stop_seconds,
            max_side=max_side or preparer.settings.max_side,
            webm=webm,
            copy_audio=copy_audio,
            columns=columns,
            tiles=tiles,
        )

        def on_progress(share: float) -> None:
            preparation.share = share

        return run_media_worker(
            request,
            stall_seconds=preparer.settings.stall_seconds,
            max_seconds=preparer.settings.preparation_seconds,
            is_cancelled=preparer.should_stop(preparation),
            on_progress=on_progress,
        )
    finally:
        if opened is None:
            source.close()
