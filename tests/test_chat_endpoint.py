"""`/v1/chat/completions` by OpenAI's own client: whole and streamed answers, citations that open, keys, refusals."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import openai
import pytest

from api.service.api_keys import KeyStore
from search.conversation.follow_up import stand_alone
from tests.helpers.service import RunningService, demo_library, demo_settings, own_library, service, serving  # noqa: F401

pytestmark = pytest.mark.slow
LINK = re.compile(r"^\d+\. \[[^]]+\]\((\S+)\)", re.MULTILINE)


@pytest.fixture
def chat(service: RunningService) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{service.url}/v1", api_key="none", timeout=300, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def question(world: Path) -> str:
    rows = [json.loads(line) for line in (world / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    return f"When is there {next(row['query'] for row in rows if row['kind'] == 'picture')}?"


def test_an_answer_cites_moments_that_open(chat: openai.OpenAI, service: RunningService, question: str) -> None:
    (model,) = chat.models.list().data
    earlier = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    asked = [*earlier, {"role": "user", "content": [{"type": "text", "text": question}]}]
    made = chat.chat.completions.create(model=model.id, messages=asked, temperature=0)  # type: ignore[arg-type]
    text = made.choices[0].message.content or ""
    links = LINK.findall(text)
    assert links and made.choices[0].finish_reason == "stop"
    for link in links:
        assert link.startswith(f"{service.url}/?")
        place = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
        assert httpx.get(link).status_code == 200
        video = httpx.get(f"{service.url}/api/v1/videos/{place['at']}").json()
        assert 0 <= float(place["start"]) < float(place["stop"]) <= video["duration_seconds"] + 1


def test_a_stream_says_the_same(chat: openai.OpenAI, question: str) -> None:
    asked = [{"role": "user", "content": question}]
    whole = chat.chat.completions.create(model="any", messages=asked)  # type: ignore[arg-type]
    pieces = list(chat.chat.completions.create(model="any", messages=asked, stream=True))  # type: ignore[arg-type]
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces)
    assert text.split() == (whole.choices[0].message.content or "").split()
    assert len(pieces) > 2 and pieces[-1].choices[0].finish_reason == "stop"
    assert len({piece.id for piece in pieces}) == 1


def test_a_question_may_refer_to_the_one_before(service: RunningService, question: str) -> None:
    """Asked as a chat program sends it: the whole conversation, with the answer as it was received."""
    thing = question.removeprefix("When is there ").rstrip("?")
    path = f"{service.url}/v1/chat/completions"
    first = [{"role": "user", "content": f"Is there {thing}?"}]
    answer = httpx.post(path, json={"messages": first}, timeout=300).json()["choices"][0]["message"]
    follow = [*first, answer, {"role": "user", "content": "When is it shown?"}]
    made = httpx.post(path, json={"messages": follow}, timeout=300).json()["choices"][0]["message"]["content"]
    alone = [{"role": "user", "content": stand_alone("When is it shown?", f"Is there {thing}?", last_answer="yes")}]
    assert alone[0]["content"] and thing.split()[-1] in alone[0]["content"]
    same = httpx.post(path, json={"messages": alone}, timeout=300).json()["choices"][0]["message"]["content"]
    assert made == same


@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_answered_is_refused_in_words(chat: openai.OpenAI, stream: bool) -> None:
    picture = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]}]
    for messages, words in (
        ([{"role": "system", "content": "Be brief."}], "no message has the role user"),
        (picture, "image_url cannot be read here"),
        ([{"role": "user", "content": "  "}], "empty"),
    ):
        with pytest.raises(openai.APIError, match=words):
            list(chat.chat.completions.create(model="any", messages=messages, stream=stream))  # type: ignore[call-overload]


def test_a_pasted_document_keeps_nobody_waiting(service: RunningService) -> None:
    """It is refused before any rule reads it, whose time grows with the square of its length: minutes for this one."""
    document = f"what is {' ' * 50_000}this"
    path = f"{service.url}/v1/chat/completions"
    pasted = [
        {"role": "user", "content": "Is there a red circle?"},
        {"role": "user", "content": f"{document} " + "a" * 9000},
    ]
    refused = httpx.post(path, json={"messages": pasted}, timeout=60)
    assert refused.status_code == 400 and "at most 1,000" in refused.json()["error"]["message"]
    spaced = [{"role": "user", "content": document}, {"role": "user", "content": "When is it shown?"}]
    assert httpx.post(path, json={"messages": spaced, "stream": None}, timeout=60).status_code == 200


def test_the_key_is_that_of_the_service(own_library: Path) -> None:
    _, key = KeyStore(own_library).add("chat")
    with serving(demo_settings(own_library), require_key=True) as running:
        for given, status in (("wrong", 401), (key, 200)):
            headers = {"Authorization": f"Bearer {given}"}
            assert httpx.get(f"{running.url}/v1/models", headers=headers).status_code == status
        headers = {"Authorization": f"Bearer {key}", "Origin": "https://elsewhere.example"}
        body = {"messages": [{"role": "user", "content": "a"}]}
        assert httpx.post(f"{running.url}/v1/chat/completions", json=body, headers=headers).status_code == 403
