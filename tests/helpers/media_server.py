"""A real server over a few small videos of many kinds, and an MP4 of 10 GiB, for the tests of the media routes."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.di import Provide

from api.service.files.media_preparer import configure_media_preparer
from api.service.files.settings import MediaSettings
from api.service.problems import problem_response
from api.service.routes.media import MEDIA_CONTROLLERS
from api.service.runtime import Runtime
from indexer.records import TextRow, TimeSpan, Video
from tests.helpers.media import write_video
from tests.helpers.media_service import make_media_library, make_runtime, probed, serving
from tests.helpers.media_sound import write_talkie

HUGE_BYTES = 10 << 30


@dataclass(frozen=True)
class Media:
    """A server with a few videos."""

    address: str
    runtime: Runtime
    folder: Path
    plain: Video
    """H.264 in MP4."""
    matroska: Video
    """H.264 and AC-3 in Matroska."""
    avi: Video
    webm: Video
    late: Video
    """H.264 in MP4 whose first picture comes at 3 s."""
    huge: Video
    """An MP4 of 10 GiB, nearly all of it a hole."""

    def url(self, video: Video, rest: str = "media") -> str:
        return f"{self.address}/api/v1/videos/{video.video_id}/{rest}"


def app_of(runtime: Runtime) -> Litestar:
    return Litestar(
        list(MEDIA_CONTROLLERS),
        dependencies={"runtime": Provide(lambda: runtime, sync_to_thread=False)},
        exception_handlers={Exception: problem_response},
        openapi_config=None,
    )


@pytest.fixture(scope="module", name="media")
def media_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Media]:
    folder = tmp_path_factory.mktemp("media")
    times = list(range(0, 6000, 40))
    late = [time + 3000 for time in times]
    files = [
        write_video(folder / "plain.mp4", times, width=320, height=240),
        write_talkie(folder / "mkv <b>&.mkv", times, sound_codec="ac3"),
        write_talkie(folder / "old.avi", times, codec="mpeg4", sound_codec="libmp3lame"),
        write_video(folder / "web.webm", times, codec="libvpx"),
        write_video(folder / "late.mp4", late),
    ]
    videos = [probed(file) for file in files]
    huge = folder / "huge.mp4"
    shutil.copy(files[0], huge)
    with huge.open("r+b") as stream:
        stream.seek(0, os.SEEK_END)
        # A `free` box with a 64-bit size takes up the rest (ISO/IEC 14496-12, 8.1.2).
        rest = HUGE_BYTES - stream.tell()
        stream.write((1).to_bytes(4, "big") + b"free" + rest.to_bytes(8, "big"))
        stream.truncate(HUGE_BYTES)
    status = huge.stat()
    big = replace(
        videos[0], video_id="f" * 32, paths=(str(huge),), size_bytes=HUGE_BYTES, modified_ns=(status.st_mtime_ns,)
    )
    texts = [
        TextRow("subtitle", 0, TimeSpan(1.0, 2.5), "a <i>ship</i> & a --> b", None, "en"),
        TextRow("subtitle", 0, TimeSpan(3.0, 4.0), "second\n\nline", None, "en"),
    ]
    library = make_media_library(folder / "library", [*videos, big], texts=texts)
    runtime = make_runtime(library)
    configure_media_preparer(runtime, MediaSettings(wait_seconds=30.0))
    with serving(app_of(runtime)) as address:
        yield Media(address, runtime, folder, *videos, big)
    runtime.close()


def open_descriptors(part: str) -> list[str]:
    found: list[str] = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if part in target:
            found.append(target)
    return found


def eventually(holds: object, seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():  # pyright: ignore
            return True
        time.sleep(0.05)
    return False
