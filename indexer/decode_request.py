"""Settings and wishes -> the request that a decoder child serves. Leaves out sending it (`decode_process`)."""

from collections.abc import Sequence
from pathlib import Path

from indexer.config import Settings
from indexer.decode.protocol import DecodeMode, DecodeRequest, DecoderName


def make_request(
    path: Path,
    settings: Settings,
    *,
    mode: DecodeMode,
    times: Sequence[float] | None = None,
    frames_per_second: float | None = None,
    max_side: int | None = None,
    want_text: bool = False,
    decoder: DecoderName = "auto",
    threads: int = 1,
) -> DecodeRequest:
    """The request for the child; for `open_video`, and for tests that run the job in their own process."""
    return DecodeRequest(
        path=str(path.absolute()),
        mode=mode,
        times=None if times is None else tuple(float(time) for time in times),
        frames_per_second=frames_per_second,
        after_seconds=None,
        max_side=max_side,
        want_text=want_text,
        decoder=decoder,
        threads=threads,
        cpu_seconds=settings.decode_cpu_seconds,
        memory_mib=settings.decode_memory_mib,
        max_pixels=settings.max_pixels,
        max_duration_hours=settings.max_duration_hours,
        max_streams=settings.max_streams,
    )
