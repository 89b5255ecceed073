"""Export and chapters over a real server: every format, clips as a ZIP, what is refused."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import msgspec
import opentimelineio as otio
import pytest
from litestar import Litestar
from litestar.di import Provide

from api.export.formats import FORMATS
from api.service.files.media_preparer import configure_media_preparer
from api.service.files.settings import MediaSettings
from api.service.problems import problem_response
from api.service.routes.chapters import ChapterRoutes
from api.service.routes.export import ExportRoutes
from api.service.schemas.export import ExportRequest
from indexer.records import Video
from tests.helpers.marks import thorough
from tests.helpers.media_rates import NTSC_30, damaged_copy, shown_numbers, write_library, write_rated
from tests.helpers.media_service import make_runtime, probed, serving
from tests.helpers.web_vtt import read_chapters

pytestmark = pytest.mark.slow

FRAMES = 120


@dataclass(frozen=True)
class Server:
    address: str
    drop: Video
    plain: Video
    gone: Video
    broken: Video

    def post(self, **body: Any) -> httpx.Response:
        return httpx.post(f"{self.address}/api/v1/export", json=body, timeout=120)

    def moments(self, *rows: tuple[Video, int, int]) -> list[dict[str, Any]]:
        return [
            {
                "video_id": video.video_id,
                "start_seconds": round(first * video.duration_seconds / FRAMES, 3),
                "stop_seconds": round(stop * video.duration_seconds / FRAMES, 3),
                "text": "a <ship>",
                "score": 0.1,
            }
            for video, first, stop in rows
        ]


@pytest.fixture(scope="module", name="server")
def server_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    drop = probed(write_rated(folder / "drop.mov", NTSC_30, FRAMES, timecode="00:59:58;05"))
    plain = probed(write_rated(folder / "plain ü.mp4", Fraction(25), FRAMES))
    gone = probed(write_rated(folder / "gone.mp4", Fraction(25), 30))
    broken = damaged_copy(probed(write_rated(folder / "whole.mp4", Fraction(25), 40)), folder / "broken.mp4")
    library = write_library(folder / "library", [drop, plain, gone, broken], {})
    Path(gone.path).unlink()
    runtime = make_runtime(library)
    runtime.cache_folder.mkdir()
    configure_media_preparer(runtime, MediaSettings(wait_seconds=60.0))
    app = Litestar(
        [ExportRoutes, ChapterRoutes],
        dependencies={"runtime": Provide(lambda: runtime, sync_to_thread=False)},
        exception_handlers={Exception: problem_response},
        openapi_config=None,
    )
    with serving(app) as address:
        yield Server(address, drop, plain, gone, broken)
    runtime.close()


def test_the_formats_are_those_of_the_code() -> None:
    (field,) = [one for one in msgspec.structs.fields(ExportRequest) if one.name == "format"]
    assert msgspec.json.schema(field.type)["enum"] == sorted(FORMATS)


@pytest.mark.parametrize("kind", ["csv", "json", "webvtt", "edl", "fcpxml", "xmeml", "otio"])
def test_each_format_is_a_download_without_this_machines_folders(server: Server, kind: str) -> None:
    answer = server.post(format=kind, title="my cut", moments=server.moments((server.drop, 30, 60)))
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    assert str(Path(server.drop.path).parent) not in answer.text
    if kind == "edl":
        assert "00:59:59;05 01:00:00;05" in answer.text
    if kind == "webvtt":
        assert read_chapters(answer.text)[0].text == "a <ship>"


@pytest.mark.thorough
def test_several_files_come_as_a_zip(server: Server) -> None:
    both = server.moments((server.drop, 30, 60), (server.plain, 0, 25))
    for kind in ("edl", "webvtt"):
        answer = server.post(format=kind, moments=both)
        assert answer.headers["content-type"] == "application/zip"
        assert len(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == 2
    line: Any = otio.adapters.read_from_string(server.post(format="otio", moments=both).text, "otio_json")
    assert [clip.source_range.duration.value for clip in line.find_clips()] == [30, 25]


def test_clips_come_as_a_zip_of_exact_cuts(server: Server, tmp_path: Path) -> None:
    answer = server.post(format="clips", moments=server.moments((server.drop, 7, 19), (server.plain, 100, 120)))
    assert answer.status_code == 200, answer.text
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    frames = [
        [number for _, number in shown_numbers(Path(archive.extract(name, tmp_path)))] for name in archive.namelist()
    ]
    assert frames == [list(range(7, 19)), list(range(100, 120))]


def test_a_reel_is_one_file_of_all_in_their_order(server: Server, tmp_path: Path) -> None:
    moments = server.moments((server.plain, 100, 120), (server.drop, 7, 19))
    answer = server.post(format="reel", title="my cut", rate="25", moments=moments)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "video/mp4"
    assert "my cut.mp4" in answer.headers["content-disposition"]
    reel = tmp_path / "reel.mp4"
    reel.write_bytes(answer.content)
    numbers = [number for _, number in shown_numbers(reel)]
    assert numbers[:20] == list(range(100, 120))
    assert set(numbers[20:]) <= set(range(7, 19))
    assert server.post(format="reel", rate="25", moments=moments).content == answer.content


@pytest.mark.parametrize("kind", ["edl", *thorough(*(one for one in sorted(FORMATS) if one != "edl"))])
def test_a_moment_that_cannot_be_exported_is_named_beside_the_others(server: Server, kind: str) -> None:
    stranger = {"video_id": "0" * 32, "start_seconds": 1, "stop_seconds": 2}
    rows = [(server.plain, 0, 25), (server.gone, 0, 10), (server.broken, 0, 10), (server.drop, 30, 60)]
    moments = server.moments(*rows)
    names = ["0" * 32, "gone.mp4", *(["broken.mp4"] if kind in ("clips", "reel") else [])]
    answer = server.post(format=kind, moments=[*moments, stranger])
    assert answer.status_code == 200, answer.text
    told = json.loads(answer.headers["x-not-exported"])
    assert told["count"] == len(names) and [one["video"] for one in told["moments"]] == names
    assert all(one["reason"] for one in told["moments"])
    assert str(Path(server.gone.path).parent) not in answer.headers["x-not-exported"]
    if answer.headers["content-type"] == "application/zip":
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        assert len(archive.namelist()) == (4 if kind == "webvtt" else 3)
        assert "gone.mp4, 0:00:00.0 to " in archive.read("not exported.txt").decode()
    assert server.post(format=kind, moments=[*moments, stranger]).headers["x-not-exported"] == json.dumps(told)
    assert "x-not-exported" not in server.post(format=kind, moments=moments[:1]).headers


def test_what_cannot_be_exported_is_a_problem(server: Server) -> None:
    good = server.moments((server.plain, 0, 25))

    def status(**body: Any) -> tuple[int, str]:
        answer = server.post(**body)
        return answer.status_code, json.loads(answer.text)["type"].rsplit(":", 1)[-1]

    unknown = [{**good[0], "video_id": "0" * 32}]
    outside = [{**good[0], "start_seconds": 99.0, "stop_seconds": 100.0}]
    assert status(format="csv", moments=unknown) == (404, "not-found")
    assert status(format="csv", moments=outside) == (400, "validation")
    assert status(format="csv", moments=[]) == (400, "validation")
    assert status(format="exe", moments=good) == (400, "validation")
    assert status(format="otio", moments=good, rate="fast") == (400, "validation")
    assert status(format="clips", moments=good * 51) == (400, "validation")
    assert status(format="reel", moments=good * 51) == (400, "validation")
    assert status(format="edl", moments=server.moments((server.gone, 0, 10))) == (410, "vanished")


def test_chapters_are_told_and_a_track(server: Server) -> None:
    path = f"{server.address}/api/v1/videos/{server.plain.video_id}"
    told = httpx.get(f"{path}/chapters").json()
    assert told["video_id"] == server.plain.video_id
    assert [(one["start_seconds"], one["stop_seconds"], one["source"]) for one in told["chapters"]] == [
        (0.0, 4.8, "found")
    ]
    assert len(read_chapters(httpx.get(f"{path}/chapters.vtt").text)) == 1
    assert httpx.get(f"{server.address}/api/v1/videos/{'0' * 32}/chapters").status_code == 404
