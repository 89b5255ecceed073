"""From a video of the library to what the media child is asked. Blocks; leaves out running it (`child_job`)."""

from pathlib import Path
from typing import Any

from api.media.child_job import run_child
from api.media.child_protocol import MediaRequest, Tile, Work
from api.media.errors import UnplayableError
from api.media.media_desk import Making, MediaDesk
from api.media.opened_file import OpenedFile, open_source
from indexer.config import Settings
from indexer.decode_request import make_request
from indexer.records import Video, VideoProbe

_THREADS = 2


def probe_of(video: Video) -> VideoProbe:
    """What is known of a video that was indexed.

    Raises:
        UnplayableError: indexing failed.
    """
    if video.probe is None or video.failure_kind:
        raise UnplayableError(f"this video could not be indexed ({video.failure_reason or 'no picture'})")
    return video.probe


def ask_child(
    desk: MediaDesk,
    settings: Settings,
    video: Video,
    work: Work,
    *,
    making: Making,
    output: Path | None = None,
    opened: OpenedFile | None = None,
    output_most_bytes: int = 1 << 40,
    start_seconds: float = 0.0,
    stop_seconds: float = 0.0,
    most_side: int = 0,
    webm: bool = False,
    keep_sound: bool = True,
    columns: int = 1,
    tiles: tuple[Tile, ...] = (),
) -> dict[str, Any]:
    """Open the video's file and let a child work on it. The fields are `MediaRequest`'s.

    Raises:
        GoneError: the file is not the one that was indexed.
        UnplayableError: indexing failed.
        VideoError, CancelledError: as `run_child`.
    """
    probe = probe_of(video)
    source = opened or open_source(video)
    try:
        request = MediaRequest(
            work=work,
            decode=make_request(source.path, settings, mode="frames", times=(), threads=_THREADS),
            source_fd=source.descriptor,
            container=probe.container,
            stream_index=probe.stream_index,
            origin_seconds=probe.start_seconds,
            output=str(output) if output else "",
            output_most_bytes=output_most_bytes,
            start_seconds=start_seconds,
            stop_seconds=stop_seconds,
            most_side=most_side or desk.settings.most_side,
            webm=webm,
            keep_sound=keep_sound,
            columns=columns,
            tiles=tiles,
        )

        def on_progress(share: float) -> None:
            making.share = share

        return run_child(
            request,
            stall_seconds=desk.settings.stall_seconds,
            most_seconds=desk.settings.making_seconds,
            is_cancelled=desk.should_stop(making),
            on_progress=on_progress,
        )
    finally:
        if opened is None:
            source.close()
