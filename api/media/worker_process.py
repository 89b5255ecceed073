"""The parent's side of a media worker: starts it, receives its messages, kills it. Blocks; call it in a thread.

Leaves out building requests (`worker_request`) and using results.
"""

import contextlib
import os
import select
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from subprocess import Popen
from typing import Any

from api.media.worker_protocol import MediaRequest
from indexer.decode.child_log import child_log_since, last_child_log_line
from indexer.decode.protocol import ERRORS_BY_KIND, Message, MessageBuffer
from indexer.errors import DecodeLimitError, DecoderCrashedError, Interrupted
from indexer.isolation.python_process import minimal_environment, start_python

_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
_POLL_SECONDS = 0.2
"""Interval of the checks for cancellation."""


class CancelledError(Interrupted):
    """The work was cancelled because nobody needs the result any more."""


def run_media_worker(
    request: MediaRequest,
    *,
    stall_seconds: float,
    max_seconds: float,
    is_cancelled: Callable[[], bool] = lambda: False,
    on_progress: Callable[[float], None] = lambda _: None,
) -> dict[str, Any]:
    """Run a media worker and return its result.

    Args:
        stall_seconds: time without a message after which the worker counts as hung.
        max_seconds: limit of the total time.

    Raises:
        VideoError: the file could not be decoded, or a limit was exceeded.
        CancelledError: `is_cancelled` returned True.
    """
    life_read, life_write = os.pipe()
    log = tempfile.TemporaryFile(prefix="reelseek-media-log")  # noqa: SIM115 - closed below
    descriptors = tuple(one for one in (life_read, request.source_fd) if one >= 0)
    try:
        child = start_python(
            "api.media.worker",
            environment=minimal_environment(_ENVIRONMENT),
            stderr=log,
            pass_fds=descriptors,
        )
    except BaseException:
        os.close(life_write)
        log.close()
        raise
    finally:
        os.close(life_read)
    try:
        assert child.stdin is not None
        complete = replace(request, decode=replace(request.decode, life_fd=life_read))
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(complete.to_line())
            child.stdin.close()
        return _receive(child, log.fileno(), stall_seconds, max_seconds, is_cancelled, on_progress)
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
        os.close(life_write)
        log.close()


def _receive(
    child: "Popen[bytes]",
    log: int,
    stall_seconds: float,
    max_seconds: float,
    is_cancelled: Callable[[], bool],
    on_progress: Callable[[float], None],
) -> dict[str, Any]:
    assert child.stdout is not None
    buffer, poller = MessageBuffer(), select.poll()
    poller.register(child.stdout.fileno(), select.POLLIN)
    started = last_message = time.monotonic()
    while True:
        if is_cancelled():
            raise CancelledError("cancelled: the result is no longer needed")
        now = time.monotonic()
        if now - last_message > stall_seconds:
            raise DecodeLimitError(f"no progress for {stall_seconds:g} s; the media worker was stopped")
        if now - started > max_seconds:
            raise DecodeLimitError(f"the work took longer than {max_seconds:g} s; the media worker was stopped")
        if not poller.poll(_POLL_SECONDS * 1000):
            continue
        data = os.read(child.stdout.fileno(), 1 << 16)
        if not data:
            raise _exit_error(child, log)
        last_message = time.monotonic()
        buffer.feed(data)
        while (message := _next_message(buffer)) is not None:
            match message["type"]:
                case "progress":
                    on_progress(float(message["share"]))
                case "done":
                    return message["result"]
                case _:
                    raise ERRORS_BY_KIND[message["kind"]](message["reason"])


def _next_message(buffer: MessageBuffer) -> Message | None:
    try:
        return buffer.take()
    except ValueError as error:
        raise DecoderCrashedError(f"the media worker sent an invalid message: {error}") from error


def _exit_error(child: "Popen[bytes]", log: int) -> DecoderCrashedError | DecodeLimitError:
    code = child.wait(timeout=10)
    if code == -signal.SIGXCPU:
        return DecodeLimitError("the media worker used more CPU time than decode_cpu_seconds allows")
    how = f"was killed by signal {signal.Signals(-code).name}" if code < 0 else f"exited with status {code}"
    last = last_child_log_line(child_log_since(0, log))
    return DecoderCrashedError(f"the media worker {how}" + (f"; its last log line: {last}" if last else ""))
