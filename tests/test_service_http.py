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
    answer = client.get("/api/v1/search", params={"query": query, "limit": 3}).json()
    assert answer["found"] and answer["moments"] and not answer["closest"]
    best = answer["moments"][0]
    assert best["start_seconds"] <= best["best_frame_seconds"] < best["stop_seconds"] <= best["duration_seconds"]
    assert best["video"].endswith(".mp4") and "/" not in best["video"]
    assert any(one["caption"] for one in answer["moments"])
    assert all(one["boxes"] == [] or "screen_text" in "".join(one["signals"]) for one in answer["moments"])
    assert client.get(best["thumbnail"]).headers["content-type"] == "image/jpeg"
    assert client.get(best["media"], headers={"Range": "bytes=0-9"}).status_code == 206
    posted = client.post("/api/v1/search", json={"query": query, "limit": 3}).json()
    assert posted["moments"] == answer["moments"]


def test_pages_signals_and_video_narrow_a_search(client: httpx.Client, world: Path) -> None:
    query = query_of(world)
    both = client.get("/api/v1/search", params={"query": query, "limit": 2}).json()["moments"]
    second = client.get("/api/v1/search", params={"query": query, "limit": 1, "offset": 1}).json()["moments"]
    assert second == both[1:2]
    seen = client.get("/api/v1/search", params={"query": query, "signals": "picture"}).json()
    assert all(set(one["signals"]) == {"picture"} for one in seen["moments"])
    name = both[0]["video_id"]
    inside = client.get("/api/v1/search", params={"query": query, "video": name}).json()
    assert {one["video_id"] for one in [*inside["moments"], *inside["closest"]]} == {name}
    asked = {"scope": f"video:{name} at:..15s"}
    by_get = client.get("/api/v1/search", params={"query": query, **asked}).json()
    by_post = client.post("/api/v1/search", json={"query": query, **asked}).json()
    for scoped in (by_get, by_post):
        found = [*scoped["moments"], *scoped["closest"]]
        assert found and all(one["video_id"] == name and one["stop_seconds"] <= 15 for one in found)
    assert client.get("/api/v1/search", params={"query": query, "scope": "a red car"}).status_code == 400
    assert client.get("/api/v1/search", params={"query": query, "scope": "tag:nobody"}).status_code == 404


def test_a_search_explains_itself_and_is_as_strict_as_asked(client: httpx.Client, world: Path) -> None:
    asked = {"query": query_of(world), "explain": "true", "threshold": 1}
    answer = client.get("/api/v1/search", params=asked).json()
    assert not answer["found"] and answer["closest"]
    assert {one["signal"] for one in answer["explained"]} == set(SIGNALS)
    assert all(set(one) == {"signal", "weight", "hits", "why"} for one in answer["explained"])
    assert answer["read_again"] > 0
    plain = client.post("/api/v1/search", json={"query": asked["query"], "threshold": 0}).json()
    assert plain["found"] and "explained" not in plain
    assert client.get("/api/v1/search", params={"query": "x", "threshold": 2}).status_code == 400


def test_matched_words_are_marked(client: httpx.Client, world: Path) -> None:
    rows = [json.loads(line) for line in (world / "truth.jsonl").read_text().splitlines()]
    said = next(row["query"] for row in rows if row["kind"] == "said")
    moments = client.get("/api/v1/search", params={"query": said}).json()["moments"]
    marked = next(one for one in moments if one["matched"])
    for begin, end in marked["matched"]:
        assert 0 <= begin < end <= len(marked["text"])


@pytest.mark.parametrize(
    ("params", "kind", "field"),
    [
        ({"query": ""}, "query", None),
        ({"query": " \t"}, "query", None),
        ({"query": "a\x00b"}, "query", None),
        ({"query": "a" * 1001}, "validation", "query"),
        ({}, "validation", "query"),
        ({"query": "a", "limit": "0"}, "validation", "limit"),
        ({"query": "a", "limit": "many"}, "validation", "limit"),
        ({"query": "a", "offset": "-1"}, "validation", "offset"),
        ({"query": "a", "signals": "smell"}, "validation", "signals"),
    ],
)
def test_a_wrong_search_is_told_why(
    client: httpx.Client,
    params: dict[str, str],
    kind: str,
    field: str | None,
) -> None:
    problem = is_problem(client.get("/api/v1/search", params=params), 400, kind)
    if field:
        assert problem["errors"][0]["field"] == field


def test_an_unknown_parameter_is_refused_and_the_known_ones_are_listed(client: httpx.Client) -> None:
    problem = is_problem(client.get("/api/v1/search", params={"q": "a", "query": "a"}), 400, "unknown-parameter")
    assert [one["field"] for one in problem["errors"]] == ["q"]
    assert {"query", "like", "limit", "scope"} <= set(problem["known_parameters"])
    assert "query" in problem["detail"]
    for path in ("health", "tags", f"videos/{ABSENT}", f"videos/{ABSENT}/thumbnail"):
        is_problem(client.get(f"/api/v1/{path}", params={"x": 1}), 400, "unknown-parameter")
    assert client.get("/", params={"q": "a red car"}).status_code == 200, "the page's own address"


def test_the_paths_without_a_version_are_gone(client: httpx.Client) -> None:
    assert [client.get(f"/api/{path}").status_code for path in ("search", "videos", "health")] == [404] * 3


@pytest.mark.parametrize(
    ("method", "path", "given", "message"),
    [
        ("GET", "search", {"query": "a", "limit": "0"}, "limit: must be at least 1"),
        ("GET", "search", {"query": "a", "limit": "many"}, "limit: must be a whole number, not text"),
        ("GET", "search", {"query": "a" * 1001}, "query: must have at most 1000 characters"),
        ("GET", "search", {"query": "a", "fold": "maybe"}, "fold: must be true or false, not text"),
        (
            "GET",
            "search",
            {"query": "a", "signals": "smell"},
            "signals: unknown value 'smell'; the signals are picture,",
        ),
        ("GET", "videos", {"state": "good"}, "state: unknown value 'good'"),
        ("GET", "videos/xyz", {}, "video_id: must be an id: 32 of the digits 0-9 and a-f"),
        ("POST", "search", {"query": 3}, "query: must be text, not a whole number"),
        ("POST", "search", {"query": "a", "most": 1}, "body: has no field 'most'"),
        ("POST", "search", {"query": "a", "signals": ["smell"]}, "signals[0]: unknown value 'smell'"),
        ("POST", "ask", {}, "body: is missing the field 'question'"),
    ],
)
def test_a_wrong_value_is_said_in_words(
    client: httpx.Client, method: str, path: str, given: dict[str, Any], message: str
) -> None:
    where = {"json": given} if method == "POST" else {"params": given}
    response = client.request(method, f"/api/v1/{path}", **where)
    assert response.status_code == 400
    assert response.json()["detail"].startswith(message)


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
    response = client.post("/api/v1/search", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert response.json()["type"].rpartition(":")[2] in {"validation", "query"}


def test_an_unknown_video_is_not_found(client: httpx.Client) -> None:
    is_problem(client.get("/api/v1/search", params={"query": "a", "video": "none.mp4"}), 404, "not-found")
    for path in (
        "",
        "/media",
        "/clip?start=0&stop=1",
        "/thumbnail",
        "/sprites.vtt",
        "/subtitles.vtt",
        "/timeline?query=a",
    ):
        is_problem(client.get(f"/api/v1/videos/{ABSENT}{path}"), 404, "not-found")
    is_problem(client.get(f"/api/v1/jobs/{ABSENT}"), 404, "not-found")
    is_problem(client.delete(f"/api/v1/jobs/{ABSENT}"), 404, "not-found")
    is_problem(client.get(f"/api/v1/jobs/{ABSENT}/events"), 404, "not-found")


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
    with client.stream("POST", "/api/v1/ask", json={"question": question}, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = list(events_of(response))
    names = [name for name, _ in events]
    assert names[0] == "evidence" and names[-1] == "answer" and "problem" not in names
    answer = events[-1][1]
    shown = {clip["video_id"] for name, data in events if name == "evidence" for clip in data["clips"]}
    assert {moment["video_id"] for moment in answer["moments"]} <= shown or not answer["found"]
    plain = client.post("/api/v1/ask", json={"question": question}).json()
    assert plain["answer"] == answer["answer"]
    assert plain["moments"] == answer["moments"]


def test_a_question_follows_an_answer_in_its_conversation(client: httpx.Client, world: Path) -> None:
    first = client.post("/api/v1/ask", json={"question": f"When can one see {query_of(world)}?"}).json()
    assert (first["asked"], first["resolved_by"], first["within"]) == (first["question"], "nothing", "")
    follow = {"question": "and what colour is the background?", "conversation": first["conversation"]}
    with client.stream("POST", "/api/v1/ask", json=follow, headers={"accept": "text/event-stream"}) as response:
        events = list(events_of(response))
    question = f"What colour is the background behind {query_of(world)}?"
    assert events[0] == ("understood", {"question": question, "within": "", "resolved_by": "rules"})
    answer = events[-1][1]
    assert (answer["asked"], answer["question"]) == (follow["question"], question)
    assert answer["conversation"] == first["conversation"]
    assert client.post("/api/v1/ask", json={"question": question}).json()["answer"] == answer["answer"]


def test_steps_of_looking_again_are_told_and_counted(client: httpx.Client, world: Path) -> None:
    asked = {"question": f"When can one see {query_of(world)}?", "look_again": True}
    is_problem(client.post("/api/v1/ask", json=asked), 400, "query")
    headers = {"accept": "text/event-stream"}
    with client.stream("POST", "/api/v1/ask", json=asked | {"effort": "high"}, headers=headers) as response:
        events = list(events_of(response))
    steps = [data for name, data in events if name == "step"]
    assert 1 <= len(steps) <= 6
    assert all(set(step) == {"step", "note", "query", "moments"} for step in steps)
    assert events[-1][0] == "answer" and events[-1][1]["evidence"]["steps"] == len(steps)


def test_an_unknown_conversation_and_another_scope_are_refused(client: httpx.Client, world: Path) -> None:
    unknown = {"question": "and what colour is it?", "conversation": "gone"}
    for headers in ({}, {"accept": "text/event-stream"}):
        is_problem(client.post("/api/v1/ask", json=unknown, headers=headers), 404, "conversation")
    problem = is_problem(client.post("/api/v1/ask", json=unknown | {"scope": "tag:a"}), 400, "validation")
    assert "keeps its video and scope" in problem["detail"]


def test_a_wrong_question_has_its_status_also_as_a_stream(client: httpx.Client) -> None:
    for headers in ({}, {"accept": "text/event-stream"}):
        is_problem(client.post("/api/v1/ask", json={"question": " "}, headers=headers), 400, "query")
        is_problem(
            client.post("/api/v1/ask", json={"question": "a", "video": "none"}, headers=headers), 404, "not-found"
        )


# Videos


def test_videos_are_paged_sorted_and_filtered(client: httpx.Client) -> None:
    page = client.get("/api/v1/videos").json()
    assert page["total"] == len(page["videos"]) == 3
    assert {one["state"] for one in page["videos"]} == {"ready"}
    assert all(one["segments"] and one["added_at"] and one["playable"] == "direct" for one in page["videos"])
    for sort, key in (("name", "video"), ("size", "size_bytes"), ("duration", "duration_seconds")):
        up = client.get("/api/v1/videos", params={"sort": sort}).json()["videos"]
        assert up == sorted(up, key=lambda one: one[key])
        down = client.get("/api/v1/videos", params={"sort": sort, "order": "desc"}).json()["videos"]
        assert down == up[::-1]
    middle = client.get("/api/v1/videos", params={"offset": 1, "limit": 1}).json()
    assert middle["videos"] == page["videos"][1:2]
    name = page["videos"][0]["video"]
    assert client.get("/api/v1/videos", params={"name": name.upper()}).json()["total"] == 1
    assert client.get("/api/v1/videos", params={"state": "failed"}).json()["total"] == 0


def test_a_video_tells_its_segments(client: httpx.Client) -> None:
    one = client.get("/api/v1/videos").json()["videos"][0]
    details = client.get(f"/api/v1/videos/{one['video_id']}").json()
    assert details["segments"] == one["segments"] == len(details["segments_list"])
    assert all(segment["caption"] for segment in details["segments_list"])
    assert details["texts"]["caption"] == details["segments"]


# What every answer has


def test_every_answer_has_its_id_and_is_safe(client: httpx.Client) -> None:
    for path in ("/api/v1/health", "/api/v1/openapi.json", "/nothing", "/", "/metrics", "/api/v1/search"):
        response = client.get(path, headers={"x-request-id": "mine-1"})
        assert response.headers["x-request-id"] == "mine-1"
        assert "default-src 'self'" in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
    assert client.get("/", headers={"x-request-id": "a b"}).headers["x-request-id"] != "a b"


def test_what_is_not_there_and_not_allowed_is_a_problem(client: httpx.Client) -> None:
    is_problem(client.get("/api/v1/nothing"), 404, "not-found")
    is_problem(client.get("/static/nothing.js"), 404, "not-found")
    wrong = client.put("/api/v1/search")
    is_problem(wrong, 405, "method")
    assert "GET" in wrong.headers["allow"]


def test_health_and_metrics(client: httpx.Client) -> None:
    health = client.get("/api/v1/health").json()
    assert health["status"] == "ok", health["problems"]
    assert health["library"]["videos"] == 3
    assert health["models"] | {"profile": "demo", "loaded": True, "ask": True} == health["models"]
    assert health["queue"]["ask"]["limit"] == 8
    text = client.get("/metrics").text
    assert 'reelseek_queue_running{queue="search"}' in text
    assert 'reelseek_requests_total{method="GET",route="/api/v1/health",status="200"}' in text
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
    for path in (f"/static/{raw}", f"/api/v1/videos/{raw}", f"/api/v1/videos/{raw}/media", f"/api/v1/jobs/{raw}"):
        status, kind, content = as_it_stands(service, path)
        is_list = path in {"/api/v1/videos/", "/api/v1/jobs/"}
        assert status in ({200} if is_list else {400, 404}), path
        assert kind.startswith("application/")
        assert b"root:" not in content
    if trick != ".":  # a root itself may be indexed
        response = client.post("/api/v1/videos", json={"path": trick})
        assert response.status_code in {400, 403}, response.text
    response = client.post(
        "/api/v1/videos", params={"name": trick}, content=b"x", headers={"content-type": "video/mp4"}
    )
    assert response.status_code == 400, response.text
    assert not (service.runtime.place / "uploads").exists(), "nothing is written"


# Other sites, keys


def test_other_names_and_pages_are_refused(client: httpx.Client) -> None:
    is_problem(client.get("/api/v1/videos", headers={"host": "evil.example"}), 403, "forbidden-origin")
    is_problem(
        client.post("/api/v1/search", json={"query": "a"}, headers={"origin": "http://evil.example"}),
        403,
        "forbidden-origin",
    )
    assert "access-control-allow-origin" not in client.get("/api/v1/videos").headers


def test_keys_open_a_service_that_needs_them(own_service: RunningService) -> None:
    from api.service.api_keys import KeyStore

    store = KeyStore(own_service.runtime.place)
    _, whole = store.add("test")
    with own_service.client() as client:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": whole}):
            response = client.get("/api/v1/videos", headers=headers)
            is_problem(response, 401, "unauthorized")
            assert response.headers["www-authenticate"].startswith("Bearer")
        assert client.get("/").status_code in {200, 404}
        assert client.get("/api/v1/videos", headers={"authorization": f"Bearer {whole}"}).status_code == 200
        is_problem(client.post("/api/v1/session", json={"key": "wrong"}), 401, "unauthorized")
        opened = client.post("/api/v1/session", json={"key": whole})
        assert opened.status_code == 204
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie and "strict" in cookie.lower()
        assert client.get("/api/v1/videos").status_code == 200, "the cookie is sent"
        store.revoke("test")
        is_problem(client.get("/api/v1/videos"), 401, "unauthorized")
        friend = {"origin": "https://friend.example", "access-control-request-method": "POST"}
        preflight = client.options("/api/v1/search", headers=friend)
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
    answer = client.get("/api/v1/search")
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == ["query"]
