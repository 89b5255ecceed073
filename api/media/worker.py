"""Entry point of the media worker: reads one request, writes one file or returns facts, and exits.

Started by `worker_process`, never imported by other code. It parses untrusted bytes, so it holds no secrets and may be
killed at any time: its output is a draft until the caller accepts it.
"""

import errno
import fcntl
import os
import resource
import signal
import sys
import threading
import time

from api.media.worker_protocol import MediaRequest
from indexer.decode.protocol import Message, pack_message, read_request_line, write_all
from indexer.decode.worker.limits import apply_limits, confine_to, end_with_parent, start_watchdog
from indexer.errors import DecodeLimitError, UnreadableVideoError, VideoError

_PROGRESS_SECONDS = 0.3
_NICE = 5


class _Channel:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._mutex = threading.Lock()
        self._last = 0.0

    def send(self, message: Message) -> None:
        with self._mutex:
            write_all(self._descriptor, pack_message(message))

    def progress(self, share: float) -> None:
        """Report progress from time to time, which also shows that the worker is not hung."""
        now = time.monotonic()
        if now - self._last > _PROGRESS_SECONDS:
            self._last = now
            self.send({"type": "progress", "share": share})

    def fail(self, error: VideoError) -> None:
        self.send({"type": "error", "kind": error.kind, "reason": str(error)})


def _work(request: MediaRequest, channel: _Channel) -> dict[str, object]:
    match request.work:
        case "format":
            from api.media.format_probe import probe_format, probe_sound_format

            return probe_format(request) if request.has_pictures else probe_sound_format(request)
        case "frame_rate":
            from api.media.frame_rate import read_frame_timing

            return read_frame_timing(request, channel.progress)
        case "clip" | "transcode" if not request.has_pictures:
            from api.media.sound.copies import cut_sound

            return cut_sound(request, channel.progress)
        case "remux" if not request.has_pictures:
            from api.media.sound.copies import copy_sound

            return copy_sound(request, channel.progress)
        case "clip" | "transcode":
            from api.media.clip import cut_clip

            return cut_clip(request, channel.progress)
        case "reel":
            from api.media.reel import join_reel

            return join_reel(request, channel.progress)
        case "remux":
            from api.media.remux import remux

            return remux(request, channel.progress)
        case "still":
            from api.media.still_frames import still_frame

            return still_frame(request, channel.progress)
        case "sheet":
            from api.media.still_frames import sheet_of_still_frames

            return sheet_of_still_frames(request, channel.progress)


def _confine(request: MediaRequest) -> None:
    """Leave this process the files of its request. The output is made first, so that it alone can be written."""
    if request.output:
        os.close(os.open(request.output, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666))
    parts = [part.path for part in request.parts] + [tile.thumbnail for tile in request.tiles if tile.thumbnail]
    confine_to(request.decode, readable=parts, writable=[request.output] if request.output else [])


def main() -> None:
    """Serve one request on standard input and output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    control = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)
    os.dup2(2, 1)
    os.nice(_NICE)
    request = MediaRequest.from_line(read_request_line(0, piece_bytes=1 << 16))
    limits = request.decode
    end_with_parent(limits.life_fd)
    apply_limits(limits)
    resource.setrlimit(resource.RLIMIT_FSIZE, (request.max_output_bytes, request.max_output_bytes))
    channel = _Channel(control)
    try:
        _confine(request)
        start_watchdog(
            limits,
            lambda used: channel.fail(
                DecodeLimitError(f"the media worker used {used} MiB, more than decode_memory_mib allows")
            ),
        )
        channel.send({"type": "done", "result": _work(request, channel)})
    except VideoError as error:
        channel.fail(error)
    except MemoryError:
        channel.fail(DecodeLimitError("the media worker needed more memory than decode_memory_mib allows"))
    except BrokenPipeError:
        pass
    except OSError as error:  # includes FFmpeg's errors
        if error.errno == errno.EFBIG:
            channel.fail(DecodeLimitError("the output became larger than allowed"))
        elif error.errno == errno.ENOSPC:
            channel.fail(DecodeLimitError("no space is left on the disk; the partial output is removed"))
        else:
            channel.fail(UnreadableVideoError(f"the output could not be written: {error.strerror or error}"))
    except ValueError as error:
        channel.fail(UnreadableVideoError(f"the output could not be written: {error}"))
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
