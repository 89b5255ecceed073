"""Building of media worker requests from videos of the library. Leaves out opening the file and running the worker."""

from pathlib import Path
from typing import Any

from api.media.errors import UnplayableError
from api.media.opened_file import OpenedFile
from api.media.worker_protocol import MediaRequest, Work
from indexer.config import Settings
from indexer.decode.protocol import make_request
from indexer.records import Video, VideoProbe

_THREADS = 2


def probe_of(video: Video) -> VideoProbe:
    """The probe of an indexed video.

    Raises:
        UnplayableError: indexing failed.
    """
    if video.probe is None or video.failure_kind:
        raise UnplayableError(f"this video could not be indexed ({video.failure_reason or 'no video'})")
    return video.probe


def media_request(
    settings: Settings, video: Video, source: OpenedFile, work: Work, *, output: Path | None = None, **values: Any
) -> MediaRequest:
    """A request about an open file of the library; `values` are further fields of `MediaRequest`.

    Raises:
        UnplayableError: indexing failed.
    """
    probe = probe_of(video)
    return MediaRequest(
        work=work,
        decode=make_request(source.path, settings, mode="frames", times=(), threads=_THREADS),
        source_fd=source.descriptor,
        container=probe.container,
        stream_index=probe.stream_index,
        origin_seconds=probe.start_seconds,
        has_pictures=probe.has_pictures,
        output=str(output.absolute()) if output else "",
        **values,
    )
