"""`reelseek search` with a running service: the same results from its loaded models; alone where none can serve."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import json
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from litestar.testing import TestClient

from api.cli.main import main
from api.local.results import decode_result, encode_result
from api.local.running_service import FILE_NAME, find_running_service, leave_note
from api.service.api_keys import KeyStore
from api.service.app import create_service
from api.service.runtime import Runtime
from api.service.settings import ServiceSettings
from indexer.config import Settings
from indexer.models.loading import Models, load_models
from search.engine import SearchEngine
from tests.helpers.service import (
    RunningService,
    demo_library,  # noqa: F401
    demo_settings,
    own_library,  # noqa: F401
    serving,
)
from tests.helpers.warm_service import seen, shared_service, unserved_library  # noqa: F401

pytestmark = pytest.mark.slow
QUERIES = [
    ["SEEN", "--limit", "3"],
    ["SEEN then SEEN within 30s", "--scope", "at:1s.."],
    ["unfindable gibberish zqxj", "--explain"],
    ["SEEN", "--signal", "caption", "--per-video", "1", "--no-fold"],
]


def search(library: Path, *arguments: str) -> Result:
    options = ("--library", str(library), "--device", "cpu", "--models", "demo", "--json")
    return CliRunner().invoke(main, ["search", *arguments, *options])


@contextmanager
def never_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within, a command that loads a library itself fails."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the command searched itself")

    with monkeypatch.context() as patch:
        patch.setattr("search.engine.SearchEngine.open", refuse)
        yield


@pytest.mark.parametrize("arguments", QUERIES, ids=lambda one: one[0])
def test_results_are_those_of_a_search_without_the_service(
    shared_service: RunningService,
    unserved_library: Path,
    arguments: list[str],
    seen: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arguments = [one.replace("SEEN", seen) for one in arguments]
    alone = search(unserved_library, *arguments)
    with never_alone(monkeypatch):
        warm = search(shared_service.runtime.place, *arguments)
    assert (warm.exit_code, json.loads(warm.output)) == (alone.exit_code, json.loads(alone.output))


def test_a_moment_and_an_image_are_searched_by_the_service_too(
    shared_service: RunningService, unserved_library: Path, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = json.loads(search(unserved_library, seen, "--limit", "1").output)["moments"][0]
    still = next(path for path in (unserved_library / "thumbnails").rglob("*.jpg"))
    for arguments in (["--like", f"{found['video']}@{found['start_seconds']}"], ["--image", str(still)]):
        alone = search(unserved_library, *arguments)
        with never_alone(monkeypatch):
            warm = search(shared_service.runtime.place, *arguments)
        assert json.loads(warm.output) == json.loads(alone.output)


def test_nothing_of_a_result_is_lost_on_the_way(unserved_library: Path, seen: str) -> None:
    with SearchEngine.open(unserved_library, settings=demo_settings(unserved_library)) as engine:
        for query in (seen, f"{seen} then {seen}", "unfindable gibberish zqxj"):
            result = engine.search(query)
            assert decode_result(encode_result(result)) == result


def test_other_models_or_a_wrong_query_are_not_asked_of_the_service(shared_service: RunningService) -> None:
    library = shared_service.runtime.place
    settings = shared_service.runtime.settings
    assert find_running_service(library, settings) is not None
    assert find_running_service(library, replace(settings, models="text")) is None
    wrong = search(library, 'a sign "exit')
    assert wrong.exit_code == 2 and json.loads(wrong.stdout)["error"]["type"] == "QuerySyntaxError"


def test_the_note_is_for_its_owner_and_goes_with_the_service(own_library: Path) -> None:
    settings = demo_settings(own_library)
    note = own_library / FILE_NAME
    KeyStore(own_library).add("laptop")
    with serving(settings, require_key=True) as running:
        assert stat.S_IMODE(note.stat().st_mode) == 0o600
        content = json.loads(note.read_text())
        with httpx.Client(base_url=running.url) as client:
            for key in ("none", "wrong", running.runtime.local_token[:-1]):
                headers = {"Authorization": f"Bearer {key}"}
                assert client.post("/local/search", json={"query": "car"}, headers=headers).status_code == 401
            headers = {"Authorization": f"Bearer {content['token']}"}
            assert client.post("/local/search", json={"query": "car"}, headers=headers).status_code == 200
            assert client.get("/api/v1/videos", headers=headers).status_code == 401, "the token is no key"
            assert "/local/search" not in client.get("/api/v1/openapi.json").json()["paths"]
    assert not note.exists()


@pytest.mark.parametrize("fault", ["dead process", "another machine", "nobody listens", "another service", "no JSON"])
def test_a_stale_note_is_passed_over(own_library: Path, seen: str, fault: str) -> None:
    """As a killed service leaves it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        settings = demo_settings(own_library)
        with serving(replace(settings, screen_text=True)) as running:
            note = json.loads((own_library / FILE_NAME).read_text())
            changes = {
                "dead process": {"process_id": 2**22 + 1},
                "another machine": {"machine": "elsewhere"},
                "nobody listens": {"url": url, "process_id": os.getpid()},
                "another service": {"token": "of another"},
                "no JSON": {},
            }
            text = "{" if fault == "no JSON" else json.dumps({**note, **changes[fault]})
            (own_library / FILE_NAME).write_text(text)
            found = search(own_library, seen, "--limit", "1")
            assert found.exit_code == 0 and json.loads(found.output)["moments"]
            assert running.url


@pytest.mark.parametrize("fault", ["another host", "readable by all", "a link", "a pipe"])
def test_a_note_that_came_with_a_library_is_not_followed(tmp_path: Path, fault: str) -> None:
    """Nothing that a stranger's library says sends a query away."""
    settings = Settings(library=str(tmp_path))
    leave_note(tmp_path, url="http://127.0.0.1:9", token="t", settings=settings)
    assert find_running_service(tmp_path, settings) is not None
    note, other = tmp_path / FILE_NAME, tmp_path / "other"
    if fault == "another host":
        leave_note(tmp_path, url="http://192.0.2.1:9", token="t", settings=settings)
    elif fault == "readable by all":
        note.chmod(0o644)
    else:
        note.rename(other)
        note.symlink_to(other) if fault == "a link" else os.mkfifo(note, 0o600)
    assert find_running_service(tmp_path, settings) is None


def test_health_says_how_far_the_models_are_loaded(demo_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loading stops before each model until the test has looked."""
    turns, seen = threading.Semaphore(0), threading.Semaphore(0)

    def load_slowly(*arguments: Any, on_step: Callable[[str], None], **options: Any) -> Models:
        def step(kind: str) -> None:
            on_step(kind)
            seen.release()
            assert turns.acquire(timeout=120)

        return load_models(*arguments, on_step=step, **options)

    monkeypatch.setattr("api.service.runtime.load_models", load_slowly)
    made = create_service(Runtime(demo_settings(demo_library), ServiceSettings()))
    with TestClient(made.litestar) as client:
        for done, step in enumerate(("picture model", "text model", "reranker"), 1):
            assert seen.acquire(timeout=120)
            health = client.get("/api/v1/health").json()
            assert health["status"] == "loading" and health["models"]["loaded"] is False
            assert health["loading"] == {"step": step, "done": done, "steps": 5}
            turns.release()
        assert client.get("/api/v1/search", params={"query": "a red car"}).status_code == 200
        while client.get("/api/v1/health").json()["loading"]:
            time.sleep(0.05)
        assert client.get("/api/v1/health").json()["status"] == "ok"
