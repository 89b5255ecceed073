"""A small round of `bench.fuzz` against a real service, and what it takes for a fault."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import json
import time
from pathlib import Path

import pytest

from bench.fuzz.__main__ import fuzz_round, grown
from bench.fuzz.answers import Answers
from bench.fuzz.watched_service import Use, logged_faults, use_at_rest, watched_service
from tests.helpers.service import demo_library, own_library  # noqa: F401

PROBLEM = {
    "type": "urn:reelseek:problem:validation", "title": "t", "status": 400, "detail": "d", "instance": "i"
}  # fmt: skip
TYPED = {"content-type": "application/problem+json"}


@pytest.mark.thorough
def test_a_service_survives_requests_of_any_kind(own_library: Path, world: Path, tmp_path: Path) -> None:
    answers, log = Answers(), tmp_path / "log"
    with watched_service(own_library, world, log) as (url, process):
        fuzz_round(url, answers, count=15, number=7, file=next(iter(sorted(world.glob("*.mp4")))), steps=2)
        before = use_at_rest(process)
        slow = fuzz_round(url, answers, count=70, number=8, file=next(iter(sorted(world.glob("*.mp4")))), steps=3)
        end = time.monotonic() + 60
        while (after := use_at_rest(process)).descriptors > before.descriptors + 4 and time.monotonic() < end:
            pass
    assert answers.faults == [] and logged_faults(log) == []
    assert answers.count > 70 and slow > 2
    assert len(answers.statuses) > 3
    assert after.descriptors <= before.descriptors + 4 and after.children <= before.children


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        pytest.param(500, TYPED, {**PROBLEM, "status": 500, "type": "urn:reelseek:problem:internal"}, id="a bug"),
        pytest.param(503, TYPED, {**PROBLEM, "status": 503, "type": "urn:reelseek:problem:busy"}, id="no time to wait"),
        pytest.param(503, {**TYPED, "retry-after": "5"}, {**PROBLEM, "status": 503}, id="another reason for 503"),
        pytest.param(404, {"content-type": "text/html"}, PROBLEM, id="a page"),
        pytest.param(404, {}, {}, id="nothing said"),
        pytest.param(404, TYPED, PROBLEM, id="another status"),
        pytest.param(400, TYPED, {**PROBLEM, "type": "about:blank"}, id="another type"),
        pytest.param(400, TYPED, {"title": "t"}, id="members missing"),
        pytest.param(400, TYPED, [], id="no object"),
    ],
)
def test_what_is_a_fault(status: int, headers: dict[str, str], body: object) -> None:
    answers = Answers()
    answers.take("GET /", status, headers, json.dumps(body).encode())
    assert len(answers.faults) == 1


def test_what_is_none() -> None:
    answers = Answers()
    busy = {**PROBLEM, "status": 503, "type": "urn:reelseek:problem:busy"}
    answers.take("GET /", 200, {}, b"")
    answers.take("GET /", 400, TYPED, json.dumps(PROBLEM).encode())
    answers.take("HEAD /", 400, TYPED, b"")
    answers.take("GET /", 503, {**TYPED, "retry-after": "5"}, json.dumps(busy).encode())
    assert answers.faults == [] and answers.waiting == 1 and answers.count == 4


def test_growth_is_told() -> None:
    flat = [Use(1000 + number % 3, 30 + number % 2, 20, 2) for number in range(12)]
    assert grown(flat) == []
    assert grown([Use(1000 + 40 * number, 30, 20, 2) for number in range(12)])[0].startswith("memory grows")
    assert grown([Use(1000, 30 + 9 * number, 20, 2) for number in range(12)])[0].startswith("descriptors grow")
    assert grown([Use(1000, 30, 20, 2), Use(9000, 900, 20, 2)]) == [], "a start is not growth"
