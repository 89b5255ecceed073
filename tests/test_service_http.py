"""The service over HTTP, with the demo models on a small indexed world."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from search.signals import SIGNALS
from tests.helpers.service import (  # noqa: F401
    RunningService,
    client,
    demo_library,
    demo_settings,
    own_library,
    service,
    serving,
)
from tests.helpers.traversal import TRICKS

pytestmark = pytest.mark.slow

ABSENT = "0" * 32


def query_of(world: Path) -> str:
    """Something that is seen in the world."""
    rows = [json.loads(line) for line in (world / "truth.jsonl").read_text().splitlines()]
    return next(row["query"] for row in rows if row["kind"] == "picture")


def is_problem(response: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == f"urn:reelseek:problem:{kind}"
    assert problem["status"] == status
    assert problem["instance"] == response.headers["x-request-id"]
    return problem


# Search


def test_a_search_gives_moments_with_links_that_work(client: httpx.Client, world: Path) -> None:
    query = query_of(world)
    answer = client.get("/api/search", params={"q": query, "limit": 3}).json()
    assert answer["found"] and answer["moments"] and not answer["closest"]
    best = answer["moments"][0]
    assert best["start_seconds"] <= best["best_frame_seconds"] < best["stop_seconds"] <= best["duration_seconds"]
    assert best["video"].endswith(".mp4") and "/" not in best["video"]
    assert any(one["caption"] for one in answer["moments"])
    assert all(one["boxes"] == [] or "screen_text" in "".join(one["signals"]) for one in answer["moments"])
    assert client.get(best["thumbnail"]).headers["content-type"] == "image/jpeg"
    assert client.get(best["media"], headers={"Range": "bytes=0-9"}).status_code == 206
    posted = client.post("/api/search", json={"query": query, "limit": 3}).json()
    assert posted["moments"] == answer["moments"]


def test_pages_signals_and_video_narrow_a_search(client: httpx.Client, world: Path) -> None:
    query = query_of(world)
    both = client.get("/api/search", params={"q": query, "limit": 2}).json()["moments"]
    second = client.get("/api/search", params={"q": query, "limit": 1, "offset": 1}).json()["moments"]
    assert second == both[1:2]
    seen = client.get("/api/search", params={"q": query, "signals": "picture"}).json()
    assert all(set(one["signals"]) == {"picture"} for one in seen["moments"])
    name = both[0]["video_id"]
    inside = client.get("/api/search", params={"q": query, "video": name}).json()
    assert {one["video_id"] for one in [*inside["moments"], *inside["closest"]]} == {name}
    asked = {"scope": f"video:{name} at:..15s"}
    by_get = client.get("/api/search", params={"q": query, **asked}).json()
    by_post = client.post("/api/search", json={"query": query, **asked}).json()
    for scoped in (by_get, by_post):
        found = [*scoped["moments"], *scoped["closest"]]
        assert found and all(one["video_id"] == name and one["stop_seconds"] <= 15 for one in found)
    assert client.get("/api/search", params={"q": query, "scope": "a red car"}).status_code == 400
    assert client.get("/api/search", params={"q": query, "scope": "tag:nobody"}).status_code == 404


def test_a_search_explains_itself_and_is_as_strict_as_asked(client: httpx.Client, world: Path) -> None:
    asked = {"q": query_of(world), "explain": "true", "threshold": 1}
    answer = client.get("/api/search", params=asked).json()
    assert not answer["found"] and answer["closest"]
    assert {one["signal"] for one in answer["explained"]} == set(SIGNALS)
    assert all(set(one) == {"signal", "weight", "hits", "why"} for one in answer["explained"])
    assert answer["read_again"] > 0
    plain = client.post("/api/search", json={"query": asked["q"], "threshold": 0}).json()
    assert plain["found"] and "explained" not in plain
    assert client.get("/api/search", params={"q": "x", "threshold": 2}).status_code == 400


def test_matched_words_are_marked(client: httpx.Client, world: Path) -> None:
    rows = [json.loads(line) for line in (world / "truth.jsonl").read_text().splitlines()]
    said = next(row["query"] for row in rows if row["kind"] == "said")
    moments = client.get("/api/search", params={"q": said}).json()["moments"]
    marked = next(one for one in moments if one["matched"])
    for begin, end in marked["matched"]:
        assert 0 <= begin < end <= len(marked["text"])


@pytest.mark.parametrize(
    ("params", "kind", "field"),
    [
        ({"q": ""}, "query", None),
        ({"q": " \t"}, "query", None),
        ({"q": "a\x00b"}, "query", None),
        ({"q": "a" * 1001}, "validation", "q"),
        ({}, "validation", "q"),
        ({"q": "a", "limit": "0"}, "validation", "limit"),
        ({"q": "a", "limit": "many"}, "validation", "limit"),
        ({"q": "a", "offset": "-1"}, "validation", "offset"),
        ({"q": "a", "signals": "smell"}, "validation", "signals"),
    ],
)
def test_a_wrong_search_is_told_why(
    client: httpx.Client,
    params: dict[str, str],
    kind: str,
    field: str | None,
) -> None:
    problem = is_problem(client.get("/api/search", params=params), 400, kind)
    if field:
        assert problem["errors"][0]["field"] == field


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"query": 3}',
        b'{"query": "a", "more": 1}',
        b'{"query":"\xff"}',
        b'{"query":"\\ud800"}',
    ],
)
def test_a_wrong_body_is_a_validation_problem(client: httpx.Client, body: bytes) -> None:
    response = client.post("/api/search", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert response.json()["type"].rpartition(":")[2] in {"validation", "query"}


def test_an_unknown_video_is_not_found(client: httpx.Client) -> None:
    is_problem(client.get("/api/search", params={"q": "a", "video": "none.mp4"}), 404, "not-found")
    for path in ("", "/media", "/clip?start=0&stop=1", "/thumbnail", "/sprites.vtt", "/subtitles.vtt", "/timeline?q=a"):
        is_problem(client.get(f"/api/videos/{ABSENT}{path}"), 404, "not-found")
    is_problem(client.get(f"/api/jobs/{ABSENT}"), 404, "not-found")
    is_problem(client.delete(f"/api/jobs/{ABSENT}"), 404, "not-found")
    is_problem(client.get(f"/api/jobs/{ABSENT}/events"), 404, "not-found")


# Questions


def events_of(response: httpx.Response) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_an_answer_streams_evidence_then_words_then_the_answer(client: httpx.Client, world: Path) -> None:
    question = f"What is beside {query_of(world)}?"
    headers = {"accept": "text/event-stream"}
    with client.stream("POST", "/api/ask", json={"question": question}, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = list(events_of(response))
    names = [name for name, _ in events]
    assert names[0] == "evidence" and names[-1] == "answer" and "problem" not in names
    answer = events[-1][1]
    shown = {clip["video_id"] for name, data in events if name == "evidence" for clip in data["clips"]}
    assert {moment["video_id"] for moment in answer["moments"]} <= shown or not answer["found"]
    plain = client.post("/api/ask", json={"question": question}).json()
    assert plain["answer"] == answer["answer"]
    assert plain["moments"] == answer["moments"]


def test_a_wrong_question_has_its_status_also_as_a_stream(client: httpx.Client) -> None:
    for headers in ({}, {"accept": "text/event-stream"}):
        is_problem(client.post("/api/ask", json={"question": " "}, headers=headers), 400, "query")
        is_problem(client.post("/api/ask", json={"question": "a", "video": "none"}, headers=headers), 404, "not-found")


# Videos


def test_videos_are_paged_sorted_and_filtered(client: httpx.Client) -> None:
    page = client.get("/api/videos").json()
    assert page["total"] == len(page["videos"]) == 3
    assert {one["state"] for one in page["videos"]} == {"ready"}
    assert all(one["segments"] and one["added_at"] and one["playable"] == "direct" for one in page["videos"])
    for sort, key in (("name", "video"), ("size", "size_bytes"), ("duration", "duration_seconds")):
        up = client.get("/api/videos", params={"sort": sort}).json()["videos"]
        assert up == sorted(up, key=lambda one: one[key])
        down = client.get("/api/videos", params={"sort": sort, "order": "desc"}).json()["videos"]
        assert down == up[::-1]
    middle = client.get("/api/videos", params={"offset": 1, "limit": 1}).json()
    assert middle["videos"] == page["videos"][1:2]
    name = page["videos"][0]["video"]
    assert client.get("/api/videos", params={"q": name.upper()}).json()["total"] == 1
    assert client.get("/api/videos", params={"state": "failed"}).json()["total"] == 0


def test_a_video_tells_its_segments(client: httpx.Client) -> None:
    one = client.get("/api/videos").json()["videos"][0]
    details = client.get(f"/api/videos/{one['video_id']}").json()
    assert details["segments"] == one["segments"] == len(details["segments_list"])
    assert all(segment["caption"] for segment in details["segments_list"])
    assert details["texts"]["caption"] == details["segments"]


# What every answer has


def test_every_answer_has_its_id_and_is_safe(client: httpx.Client) -> None:
    for path in ("/api/health", "/api/openapi.json", "/nothing", "/", "/metrics", "/api/search"):
        response = client.get(path, headers={"x-request-id": "mine-1"})
        assert response.headers["x-request-id"] == "mine-1"
        assert "default-src 'self'" in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
    assert client.get("/", headers={"x-request-id": "a b"}).headers["x-request-id"] != "a b"


def test_what_is_not_there_and_not_allowed_is_a_problem(client: httpx.Client) -> None:
    is_problem(client.get("/api/nothing"), 404, "not-found")
    is_problem(client.get("/static/nothing.js"), 404, "not-found")
    wrong = client.put("/api/search")
    is_problem(wrong, 405, "method")
    assert "GET" in wrong.headers["allow"]


def test_health_and_metrics(client: httpx.Client) -> None:
    health = client.get("/api/health").json()
    assert health["status"] == "ok", health["problems"]
    assert health["library"]["videos"] == 3
    assert health["models"] | {"profile": "demo", "loaded": True, "ask": True} == health["models"]
    assert health["queue"]["ask"]["limit"] == 8
    text = client.get("/metrics").text
    assert 'reelseek_queue_running{queue="search"}' in text
    assert 'reelseek_requests_total{method="GET",route="/api/health",status="200"}' in text
    assert "reelseek_loop_lag_seconds_bucket" in text


def as_it_stands(service: RunningService, path: str) -> tuple[int, str, bytes]:
    """Asks for a path that no client has tidied up: status, type, body."""
    connection = HTTPConnection(service.url.removeprefix("http://"), timeout=60)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.getheader("content-type", ""), response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_leads_anywhere(client: httpx.Client, service: RunningService, trick: str) -> None:
    raw = quote(trick, safe="/\\.%~:;").replace("?", "%3F")
    for path in (f"/static/{raw}", f"/api/videos/{raw}", f"/api/videos/{raw}/media", f"/api/jobs/{raw}"):
        status, kind, content = as_it_stands(service, path)
        is_list = path in {"/api/videos/", "/api/jobs/"}
        assert status in ({200} if is_list else {400, 404}), path
        assert kind.startswith("application/")
        assert b"root:" not in content
    if trick != ".":  # a root itself may be indexed
        response = client.post("/api/videos", json={"path": trick})
        assert response.status_code in {400, 403}, response.text
    response = client.post("/api/videos", params={"name": trick}, content=b"x", headers={"content-type": "video/mp4"})
    assert response.status_code == 400, response.text
    assert not (service.runtime.library_path / "uploads").exists(), "nothing is written"


# Other sites, keys


def test_other_names_and_pages_are_refused(client: httpx.Client) -> None:
    is_problem(client.get("/api/videos", headers={"host": "evil.example"}), 403, "forbidden-origin")
    is_problem(
        client.post("/api/search", json={"query": "a"}, headers={"origin": "http://evil.example"}),
        403,
        "forbidden-origin",
    )
    assert "access-control-allow-origin" not in client.get("/api/videos").headers


def test_keys_open_a_service_that_needs_them(own_service: RunningService) -> None:
    from api.service.api_keys import KeyStore

    store = KeyStore(own_service.runtime.library_path)
    _, whole = store.add("test")
    with own_service.client() as client:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": whole}):
            response = client.get("/api/videos", headers=headers)
            is_problem(response, 401, "unauthorized")
            assert response.headers["www-authenticate"].startswith("Bearer")
        assert client.get("/").status_code in {200, 404}
        assert client.get("/api/videos", headers={"authorization": f"Bearer {whole}"}).status_code == 200
        is_problem(client.post("/api/session", json={"key": "wrong"}), 401, "unauthorized")
        opened = client.post("/api/session", json={"key": whole})
        assert opened.status_code == 204
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie and "strict" in cookie.lower()
        assert client.get("/api/videos").status_code == 200, "the cookie is sent"
        store.revoke("test")
        is_problem(client.get("/api/videos"), 401, "unauthorized")
        friend = {"origin": "https://friend.example", "access-control-request-method": "POST"}
        preflight = client.options("/api/search", headers=friend)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == "https://friend.example"
        allowed = set(preflight.headers["access-control-allow-methods"].split(", "))
        paths = own_service.service.litestar.openapi_schema.to_schema()["paths"].values()
        assert allowed >= {method.upper() for methods in paths for method in methods}


@pytest.fixture
def own_service(own_library: Path) -> Iterator[RunningService]:
    with serving(demo_settings(own_library), require_key=True, cors_origins=("https://friend.example",)) as running:
        yield running


def test_the_page_is_packed_where_that_is_understood_and_has_a_head(client: httpx.Client) -> None:
    packed = client.get("/", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert packed.text == plain.text
    head = client.head("/")
    assert (head.status_code, head.content) == (200, b"")


def test_a_missing_parameter_is_named(client: httpx.Client) -> None:
    answer = client.get("/api/search")
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == ["q"]
