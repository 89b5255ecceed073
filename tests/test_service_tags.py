"""Tags and metadata over HTTP, on a library of its own."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.helpers.service import demo_library, demo_settings, own_library, serving  # noqa: F401
from tests.test_service_http import ABSENT, is_problem

pytestmark = pytest.mark.slow


@pytest.fixture
def own(own_library: Path) -> Iterator[httpx.Client]:
    with serving(demo_settings(own_library)) as running, running.client() as client:
        yield client


def test_tags_are_put_listed_and_filtered_by(own: httpx.Client) -> None:
    page = own.get("/api/v1/videos", params={"sort": "name"}).json()
    first, second = page["videos"][:2]
    assert (
        first["tags"] == [] and first["created_source"] in {"container", "file"} and first["created_at"].endswith("Z")
    )
    path = f"/api/v1/videos/{first['video_id']}/tags"
    assert own.put(path, json={"tags": ["Holiday", "holiday", "two words"]}).json() == {
        "tags": ["Holiday", "two words"]
    }
    assert own.put(f"/api/v1/videos/{second['video_id']}/tags", json={"tags": ["holiday"]}).status_code == 200
    assert own.get("/api/v1/tags").json() == [{"tag": "Holiday", "videos": 2}, {"tag": "two words", "videos": 1}]
    found = own.get("/api/v1/videos", params={"tag": "TWO words"}).json()
    assert (found["total"], found["videos"][0]["tags"]) == (1, ["Holiday", "two words"])
    moments = own.get("/api/v1/search", params={"query": "two words", "signals": "metadata_words"}).json()["moments"]
    assert [one["video_id"] for one in moments] == [first["video_id"]]
    details = own.get(f"/api/v1/videos/{first['video_id']}").json()
    assert details["metadata"]["chapters"] == [] and details["metadata"]["place"] is None
    assert own.put(path, json={"tags": []}).json() == {"tags": []}
    assert own.get("/api/v1/videos", params={"tag": "two words"}).json()["total"] == 0


def test_what_is_no_tag_is_refused(own: httpx.Client) -> None:
    first = own.get("/api/v1/videos").json()["videos"][0]
    path = f"/api/v1/videos/{first['video_id']}/tags"
    is_problem(own.put(path, json={"tags": ["a,b"]}), 400, "validation")
    is_problem(own.put(path, json={"tags": [""]}), 400, "validation")
    is_problem(own.put(path, json={}), 400, "validation")
    is_problem(own.put(f"/api/v1/videos/{ABSENT}/tags", json={"tags": ["a"]}), 404, "not-found")


def test_what_narrows_a_search_and_completes_a_query(own: httpx.Client) -> None:
    videos = own.get("/api/v1/videos", params={"sort": "name"}).json()["videos"]
    own.put(f"/api/v1/videos/{videos[0]['video_id']}/tags", json={"tags": ["Holiday photos"]})
    facets = own.get("/api/v1/facets").json()
    assert facets["tag"] == [{"value": "Holiday photos", "videos": 1}]
    assert sum(one["videos"] for one in facets["date"]) == sum(one["videos"] for one in facets["folder"]) == len(videos)
    for field in ("date", "folder", "tag"):
        for one in facets[field]:
            query = f'square {field}:"{one["value"]}"'
            answer = own.get("/api/v1/search", params={"query": query, "limit": 50})
            assert answer.status_code == 200, answer.text

    def completed(query: str) -> list[tuple[str, str]]:
        found = own.get("/api/v1/suggestions", params={"query": query}).json()["suggestions"]
        return [(one["kind"], one["query"]) for one in found]

    assert completed("a red holi")[0] == ("tag", 'a red tag:"Holiday photos"')
    name = videos[0]["video"]
    assert ("video", f"video:{name}") in completed(name[:3]) or ("video", f'video:"{name}"') in completed(name[:3])
    words = [query for kind, query in completed("a sq") if kind == "word"]
    assert words and all(query.startswith("a sq") for query in words)
    assert own.get("/api/v1/search", params={"query": words[0]}).json()["found"]
    assert completed("a") == completed("") == completed('"quo') == []
