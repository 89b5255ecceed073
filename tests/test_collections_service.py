"""`/api/v1/collections`: what people choose, over HTTP, and its export."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import opentimelineio as otio
import pytest
from litestar import Litestar
from litestar.di import Provide

from api.service.problems import problem_response
from api.service.routes.collections import CollectionRoutes
from api.service.routes.export import ExportRoutes
from indexer.records import Video
from indexer.store.collections.collection_store import CollectionStore
from indexer.store.library import Library
from tests.helpers.media_rates import write_library, write_rated
from tests.helpers.media_service import make_runtime, probed, serving

FRAMES = 100


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[Video]:
    folder = tmp_path_factory.mktemp("films")
    lengths = {"one": FRAMES + 1, "two": FRAMES}
    return [probed(write_rated(folder / f"{name}.mp4", Fraction(25), frames)) for name, frames in lengths.items()]


@pytest.fixture
def path(videos: list[Video], tmp_path: Path) -> Path:
    return write_library(tmp_path / "library", videos, {})


@pytest.fixture
def client(path: Path) -> Iterator[httpx.Client]:
    runtime = make_runtime(path)
    app = Litestar(
        [CollectionRoutes, ExportRoutes],
        dependencies={"runtime": Provide(lambda: runtime, sync_to_thread=False)},
        exception_handlers={Exception: problem_response},
        openapi_config=None,
    )
    with serving(app) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client
    runtime.close()


def moment(video: Video, start: float, stop: float, **more: Any) -> dict[str, Any]:
    return {"video_id": video.video_id, "start_seconds": start, "stop_seconds": stop, "score": 0.1, **more}


def test_a_collection_is_made_trimmed_arranged_and_exported(
    client: httpx.Client, path: Path, videos: list[Video]
) -> None:
    one, two = videos
    made = client.post("/api/v1/collections", json={"name": "Titles", "moments": [moment(one, 0, 1, text="hi")]})
    assert made.status_code == 201, made.text
    place = f"/api/v1/collections/{made.json()['collection_id']}"
    added = client.post(f"{place}/moments", json={"moments": [moment(two, 1, 2), moment(two, 2, 9)]}).json()["moments"]
    assert [(row["video"], row["start_seconds"], row["stop_seconds"]) for row in added] == [
        ("one.mp4", 0, 1), ("two.mp4", 1, 2), ("two.mp4", 2, 4)
    ]  # fmt: skip
    first, second, third = (row["moment_id"] for row in added)
    trim = {"start_seconds": 1.24, "handle_seconds": 0.2, "notes": [{"time_seconds": 1.5, "text": "here"}]}
    trimmed = client.patch(f"{place}/moments/{second}", json=trim).json()["moments"][1]
    assert {name: trimmed[name] for name in trim} == trim and trimmed["stop_seconds"] == 2
    arranged = client.patch(place, json={"order": [third, second], "name": "The titles"}).json()
    assert arranged["name"] == "The titles"
    assert [row["moment_id"] for row in arranged["moments"]] == [third, second, first]
    (listed,) = client.get("/api/v1/collections").json()["collections"]
    assert (listed["name"], listed["moments"], listed["seconds"]) == ("The titles", 3, 3.76)
    body = {"format": "otio", "title": "titles", "collection": arranged["collection_id"]}
    line: Any = otio.adapters.read_from_string(client.post("/api/v1/export", json=body).text, "otio_json")
    found = [
        (int(clip.source_range.start_time.value), int(clip.source_range.duration.value)) for clip in line.find_clips()
    ]
    assert found == [(50, 50), (31 - 5, 19 + 10), (0, 25)]
    assert client.delete(f"{place}/moments/{third}").json()["moments"][0]["moment_id"] == second
    assert CollectionStore(path).find("the titles").moments[0].notes[0].text == "here"
    assert client.delete(place).status_code == 204
    assert client.get("/api/v1/collections").json() == {"collections": []}


def test_a_collection_is_changed_while_the_library_is_written(
    client: httpx.Client, path: Path, videos: list[Video]
) -> None:
    with Library.open_to_change(path):
        made = client.post("/api/v1/collections", json={"name": "now", "moments": [moment(videos[0], 0, 1)]})
    assert made.status_code == 201 and len(made.json()["moments"]) == 1


def test_a_removed_video_is_shown_as_such(client: httpx.Client, path: Path, videos: list[Video]) -> None:
    made = client.post(
        "/api/v1/collections", json={"name": "x", "moments": [moment(one, 0, 1) for one in videos]}
    ).json()
    with Library.open_to_change(path) as library:
        library.remove_videos([videos[0].video_id])
    shown = client.get(f"/api/v1/collections/{made['collection_id']}").json()["moments"]
    assert [row["is_there"] for row in shown] == [False, True]
    body = {"format": "edl", "collection": made["collection_id"]}
    partly = client.post("/api/v1/export", json=body)
    assert partly.status_code == 200 and "two.mp4" in partly.text
    (left_out,) = json.loads(partly.headers["x-not-exported"])["moments"]
    assert left_out["video"] == "one.mp4" and "is no longer in the library" in left_out["reason"]
    with Library.open_to_change(path) as library:
        library.remove_videos([videos[1].video_id])
    refused = client.post("/api/v1/export", json=body)
    assert refused.status_code == 404 and "one.mp4 is no longer in the library" in refused.json()["detail"]


def test_what_is_refused_says_why(client: httpx.Client, videos: list[Video]) -> None:
    def refusal(method: str, place: str, body: Any) -> tuple[int, str]:
        answer = client.request(method, f"/api/v1/collections{place}", json=body)
        return answer.status_code, answer.json()["type"].rpartition(":")[2]

    made = client.post("/api/v1/collections", json={"name": "a"}).json()["collection_id"]
    own = [moment(videos[0], 0, 1)]
    assert refusal("POST", "", {"name": "A"}) == (400, "validation")
    assert refusal("POST", "", {"name": ""}) == (400, "validation")
    assert refusal("POST", "", {"nome": "b"}) == (400, "validation")
    assert refusal("GET", "/000000000000", None) == (404, "not-found")
    assert refusal("GET", "/nothing", None) == (400, "validation")
    assert refusal("POST", f"/{made}/moments", {"moments": []}) == (400, "validation")
    assert refusal("POST", f"/{made}/moments", {"moments": [{**own[0], "video_id": "0" * 32}]}) == (404, "not-found")
    assert refusal("POST", f"/{made}/moments", {"moments": [moment(videos[0], 9, 10)]}) == (400, "validation")
    assert refusal("PATCH", f"/{made}/moments/00000000", {"handle_seconds": 1}) == (400, "validation")
    assert refusal("PATCH", f"/{made}", {"order": ["00000000"]}) == (400, "validation")
    added = client.post(f"/api/v1/collections/{made}/moments", json={"moments": own}).json()["moments"][0]["moment_id"]
    client.post("/api/v1/collections", json={"name": "taken"})
    more = client.post(f"/api/v1/collections/{made}/moments", json={"moments": [moment(videos[1], 0, 1)]}).json()
    kept = [row["moment_id"] for row in more["moments"]]
    assert refusal("PATCH", f"/{made}", {"order": kept[::-1], "name": "Taken"}) == (400, "validation")
    assert refusal("PATCH", f"/{made}", {"order": ["00000000"], "name": "free"}) == (400, "validation")
    assert client.get(f"/api/v1/collections/{made}").json() == more, "what is refused changes nothing"
    for bad in ({"handle_seconds": 61}, {"start_seconds": 2}, {"notes": [{"time_seconds": 1, "text": " "}]}):
        assert refusal("PATCH", f"/{made}/moments/{added}", bad) == (400, "validation"), bad
    for body in ({}, {"moments": own, "collection": made}, {"collection": "0" * 12}):
        assert client.post("/api/v1/export", json={"format": "csv", **body}).status_code in (400, 404)
    empty = client.post("/api/v1/collections", json={"name": "empty"}).json()["collection_id"]
    told = client.post("/api/v1/export", json={"format": "csv", "collection": empty})
    assert told.status_code == 400 and "is empty" in told.json()["detail"]
