"""A service over a small library whose videos were only probed: enough for everything about media, and made at once.

Leaves out models and search; see `tests/helpers/service.py` for a whole service.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from api.service.runtime import Runtime
from api.service.settings import ServiceSettings
from indexer.config import Settings
from indexer.decode.video import open_video
from indexer.pipeline.fingerprints import content_id
from indexer.records import FrameRow, SegmentRow, TextRow, TimeSpan, Video
from indexer.store.library import Library
from indexer.store.schema import Maker

MAKER = Maker(picture_model="", picture_dim=0, text_model="", text_dim=0, sampling="1/s", profile="text")


def probed(path: Path, *, settings: Settings | None = None) -> Video:
    """The video as indexing would record it."""
    settings = settings or Settings()
    with open_video(path, settings=settings, frames_per_second=1.0, max_side=64) as reader:
        for _ in reader.frames():
            pass
        status = path.stat()
        stages = {"picture": "test", "subtitles": "test"}
        return Video(
            content_id(path),
            (str(path),),
            status.st_size,
            (status.st_mtime_ns,),
            reader.duration_seconds,
            reader.probe,
            stages=stages,  # pyright: ignore[reportArgumentType]
        )


def make_media_library(folder: Path, videos: Sequence[Video], *, texts: Sequence[TextRow] = ()) -> Path:
    """A library that holds these videos, each as one segment, with the texts on the first of them."""
    with Library.open_writer(folder, maker=MAKER) as library:
        rows = [
            (
                video.video_id,
                [SegmentRow(0, TimeSpan(0.0, video.duration_seconds), video.duration_seconds / 2, None)],
                [FrameRow(0.0, 0, None, True)],
            )
            for video in videos
        ]
        library.write_pictures(rows)
        if texts:
            library.write_texts([(videos[0].video_id, "subtitle", list(texts))])
        library.put_videos(videos)
    return folder


def make_runtime(library: Path, **service: int | float) -> Runtime:
    """Over a library; no model is loaded."""
    return Runtime(Settings(library=str(library), models="text"), ServiceSettings(port=0, **service))  # pyright: ignore[reportArgumentType]


@contextmanager
def serving(app: object) -> Iterator[str]:
    """A real server on a free port of loopback, in a thread; gives its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))  # pyright: ignore[reportArgumentType]
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listener.close()
