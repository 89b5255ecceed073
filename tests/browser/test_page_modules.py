"""The page's pure modules, run in the browser that they are for."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import FILM_SECONDS
from tests.helpers.fakes_library import FakeLibrary
from tests.helpers.fakes_service import FakeService


@pytest.fixture(scope="module")
def page(browser: Browser, film: Path) -> Iterator[Page]:
    """One page for all of them: what they call changes nothing."""
    with closing(FakeService(FakeLibrary(film, FILM_SECONDS))) as service, browser.new_context() as context:
        page = context.new_page()
        page.goto(service.address)
        yield page


@pytest.fixture
def call(page: Page) -> Callable[..., Any]:
    """Calls a function of a module: `call("times", "clock", 62)`."""

    def call(module: str, name: str, *values: Any) -> Any:
        script = "([module, name, values]) => import(`/static/js/${module}.js`).then(all => all[name](...values))"
        return page.evaluate(script, [module, name, list(values)])

    return call


def test_times_and_sizes_in_words(call: Callable[..., Any]) -> None:
    assert [call("times", "clock", seconds) for seconds in (0, 9.99, 62, 3723, -1)] == [
        "0:00",
        "0:09",
        "1:02",
        "1:02:03",
        "0:00",
    ]
    assert call("times", "spokenTime", 3661) == "1 hour 1 minute 1 second"
    assert [call("times", "longTime", seconds) for seconds in (40, 600, 12_000)] == ["40 s", "10 min", "3 h 20 min"]
    assert [call("times", "size", size) for size in (5, 1500, 2_500_000, 41e9)] == [
        "5 bytes",
        "1.5 kB",
        "2.5 MB",
        "41 GB",
    ]


@pytest.mark.parametrize(
    ("made", "name"),
    [
        ("Qwen/Qwen2-VL-2B-Instruct 895c3a49bc3f transformers 4.57.1", "Qwen2-VL 2B"),
        ("Qwen2.5-VL-7B-Instruct-AWQ 0a1b transformers 5.0", "Qwen2.5-VL 7B"),
        ("openai:Qwen/Qwen3-VL-30B-A3B-Instruct", "Qwen3-VL 30B-A3B"),
        ("openai:gpt-4o", "gpt-4o"),
        ("/srv/hub/models--Qwen--Qwen2-VL-2B-Instruct/snapshots/895c3a49bc3f", "Qwen2-VL 2B"),
        ("my own model 0a1b transformers 5.0", "my own model"),
        ("vlm 71ab transformers 5.0", "The model"),
        ("", "The model"),
    ],
)
def test_a_model_is_named_as_people_know_it(call: Callable[..., Any], made: str, name: str) -> None:
    assert call("model_names", "modelName", made) == name


def places(call: Callable[..., Any], answer: str, *reasons: str) -> list[list[int]]:
    """The citations after each sentence."""
    placed = call("citation_places", "placeCitations", answer, list(reasons))
    assert "".join(one["text"] for one in placed) == answer
    return [one["cited"] for one in placed]


def test_citations_stand_after_the_sentence_that_they_support(call: Callable[..., Any]) -> None:
    answer = "The square is red. The ring is green. Both stand still."
    reasons = ("a green ring stands in the middle", "the square is red", "nothing of it", "")
    assert places(call, answer, *reasons) == [[1], [0], [2, 3]]
    assert places(call, "Twice.", "it is seen", "seen again") == [[0, 1]]
    assert places(call, "箱は赤い。輪は緑だ。", "緑の輪", "赤い箱") == [[1], [0]]
    assert places(call, "", "a reason") == [[0]]
    assert places(call, "") == []


def test_questions_are_told_from_descriptions(call: Callable[..., Any]) -> None:
    questions = [
        "a red car?",
        "who opens the letter",
        "What is said about tides",
        "is there a dog",
        "tell me what happens",
        "何色ですか？",
    ]
    descriptions = ["a red car", "who", "the man who knew", "island", "whatever works", "how"]
    assert all(call("question", "isQuestion", words) for words in questions)
    assert not any(call("question", "isQuestion", words) for words in descriptions)


@pytest.mark.parametrize(
    "given",
    [
        "/", "/?q=a+red+car", "/?q=what%3F&mode=ask", "/?view=library&find=a&state=failed&sort=name-asc",
        f"/?q=red&signals=picture%2Csaid&video={1:032x}&at={2:032x}&start=1.5&stop=2.25&t=1.75",
        f"/?view=library&at={2:032x}",
    ],
)  # fmt: skip
def test_an_address_says_the_state_and_back(call: Callable[..., Any], given: str) -> None:
    state = call("address", "readAddress", given.removeprefix("/"))
    assert call("address", "writeAddress", state) == given


def test_events_come_out_of_any_pieces(page: Page) -> None:
    script = """async size => {
      const { readEvents } = await import('/static/js/event_stream.js');
      const token = ': ping\\r\\n\\r\\nevent: token\\r\\ndata: {"text":"ä 🙂"}\\r\\n\\r\\n';
      const text = token + 'event: answer\\ndata: one\\ndata: two\\n\\n';
      const bytes = new TextEncoder().encode(text);
      const body = new ReadableStream({ start(control) {
        for (let at = 0; at < bytes.length; at += size) control.enqueue(bytes.slice(at, at + size));
        control.close();
      } });
      const found = [];
      for await (const one of readEvents(body)) found.push([one.event, one.data]);
      return found;
    }"""
    for size in (1, 2, 3, 7, 1000):
        assert page.evaluate(script, size) == [["token", '{"text":"ä 🙂"}'], ["answer", "one\ntwo"]]


def test_words_are_marked_by_code_points(page: Page) -> None:
    script = """async ([text, spans]) => {
      const { markedText } = await import('/static/js/marked_text.js');
      return markedText(text, spans).map(part => typeof part === 'string' ? part : `[${part.textContent}]`).join('');
    }"""
    assert page.evaluate(script, ["🙂 a red car", [[4, 7]]]) == "🙂 a [red] car"
    assert page.evaluate(script, ["red", [[0, 3], [1, 2], [5, 9], [2, 1]]]) == "[red]"


def box(start: float, stop: float, left: float, *, line: int = 0) -> dict[str, float]:
    edges = {"left": left, "top": 0.5, "right": left + 0.2, "bottom": 0.6}
    return {"line": line, "start_seconds": start, "stop_seconds": stop, **edges}


def test_words_on_the_screen_are_where_they_are_at_that_time(call: Callable[..., Any]) -> None:
    boxes = [box(2, 4, 0.1), box(4, 6, 0.5), box(2, 9, 0.7, line=1)]

    def lefts(seconds: float) -> list[float]:
        return [round(one["left"], 3) for one in call("word_boxes", "boxesAt", boxes, seconds)]

    assert lefts(1.9) == []
    assert lefts(2.5) == [0.1, 0.7]
    assert lefts(3.5) == [0.2, 0.7]
    assert lefts(4.5) == [0.4, 0.7]
    assert lefts(5.5) == [0.5, 0.7]
    assert lefts(6) == [0.7]
    assert lefts(9) == []


@pytest.mark.parametrize(
    ("query", "field", "value", "made"),
    [
        ("a dog", "tag", "holiday", "a dog tag:holiday"),
        ("tag:old a dog", "tag", "new", "a dog tag:new"),
        ('a tag:"two words" dog', "tag", "", "a dog"),
        ("-tag:x dog", "tag", "y", "-tag:x dog tag:y"),
        ("dog", "duration", "1m..10m", "dog duration:1m..10m"),
        ("dog", "folder", "a (b)", 'dog folder:"a (b)"'),
    ],
)
def test_filters_inside_a_query(call: Callable[..., Any], query: str, field: str, value: str, made: str) -> None:
    assert call("query_fields", "withFilter", query, field, value) == made
