"""Questions in the page: recognised, streamed, cited, stopped."""

import json
import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.chromium import Watch, expect_address, playing_time, until, wait_for_frames
from tests.helpers.fakes_library import FakeLibrary
from tests.helpers.fakes_service import FakeService

OpenPage = Callable[..., Page]


def test_the_switch_follows_the_words_until_somebody_sets_it(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(service.address)
    box, ask, search = (
        page.get_by_role("combobox", name="Search query"),
        page.get_by_role("radio", name="Ask"),
        page.get_by_role("radio", name="Search"),
    )
    box.fill("a red square")
    expect(search).to_be_checked()
    box.fill("what is red?")
    expect(ask).to_be_checked()
    box.fill("")
    ask.click()
    box.fill("squares")
    expect(ask).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.locator(".answer-text")).to_contain_text("The square is red.")
    expect_address(page, {"q": "squares", "mode": "ask"})


def test_an_answer_streams_then_cites_and_a_citation_moves_the_player(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    library.steps = threading.Semaphore(0)
    page = new_page()
    page.goto(service.address)
    page.get_by_role("combobox", name="Search query").fill("what is red?")
    page.keyboard.press("Enter")
    expect(page.locator(".evidence li")).to_have_count(4)
    library.steps.release()
    expect(page.locator(".answer-text.is-coming")).to_have_text("The square")
    expect(page.locator(".citation")).to_have_count(0)
    library.steps.release()
    expect(page.locator(".answer-text.is-coming")).to_have_text("The square is")
    library.steps.release(2)
    expect(page.locator(".citation")).to_have_count(2)
    expect(page.locator(".answer-text:not(.is-coming)")).to_contain_text("The square is red.")
    page.locator(".citation").nth(1).click()
    wait_for_frames(page)
    assert 10.4 <= playing_time(page) < 15
    page.locator(".citation").first.click()
    until(page, "document.querySelector('video').currentTime < 8")
    wait_for_frames(page)
    assert 3.9 <= playing_time(page) < 8
    expect_address(page, {"mode": "ask"}, exactly=False)


def test_citations_stand_in_the_sentence_and_show_what_they_cite(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    library.answer |= {
        "answer": "The square is red. It is seen again.",
        "model": "Qwen/Qwen2-VL-2B-Instruct 0a1b transformers 5",
    }
    page = new_page(width=360)
    page.goto(f"{service.address}/?q=what+is+red%3F&mode=ask")
    text = page.locator(".answer-text:not(.is-coming)")
    expect(text).to_have_text("The square is red.1 It is seen again.2")
    expect(page.locator(".answer")).to_contain_text("Qwen2-VL 2B examined 4 clips (12 frames)")
    second = page.get_by_role("link", name="2: a walk by the river.mkv, 10 seconds. seen again")
    preview = second.locator(".citation-preview")
    second.hover()
    expect(preview).to_contain_text("0:10–0:14a walk by the river.mkvseen again")
    until(page, "document.querySelector('.citation-preview img').naturalWidth > 0")
    box = preview.bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= 360
    page.mouse.move(0, 0)
    expect(preview).to_have_count(0)
    page.locator(".citation").first.focus()
    page.keyboard.press("Tab")
    expect(preview).to_be_visible()
    page.keyboard.press("Escape")
    expect(preview).to_have_count(0)
    page.keyboard.press("Enter")
    wait_for_frames(page)
    assert 10.4 <= playing_time(page) < 15
    expect_address(page, {"mode": "ask", "start": "10.5"}, exactly=False)


@pytest.mark.thorough
def test_a_draft_is_told_and_then_replaced(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    library.steps = threading.Semaphore(0)
    library.draft = ["Blue", " or so"]
    page = new_page()
    page.goto(f"{service.address}/?q=what+is+red%3F&mode=ask")
    library.steps.release(2)
    expect(page.locator(".answer-text.is-draft")).to_have_text("Blue or so")
    expect(page.locator(".loading")).to_contain_text("from captions")
    library.steps.release()
    expect(page.locator(".answer-text.is-coming:not(.is-draft)")).to_have_text("The square")
    library.steps.release(3)
    expect(page.locator(".answer-text:not(.is-coming)")).to_contain_text("The square is red.")


def test_a_question_follows_an_answer(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, watch: Watch
) -> None:
    library.answer |= {"conversation": "abc"}
    page = new_page()
    page.goto(f"{service.address}/?q=what+is+red%3F&mode=ask")
    box = page.get_by_role("textbox", name="Follow-up question")
    expect(box).to_be_visible()
    library.understood = {"question": "Where is the red square?", "within": "in trip.mp4", "resolved_by": "rules"}
    library.answer |= {"answer": "On the left."}
    box.fill("and where is it?")
    box.press("Enter")
    expect(page.locator(".answer-text:not(.is-coming)")).to_contain_text("On the left.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Where is the red square? (in trip.mp4)")
    expect(page.locator(".earlier li")).to_have_text(["what is red?The square is red."])
    sent = zip(library.requests, library.bodies, strict=True)
    asked = [json.loads(body) for (_, path), body in sent if path == "/api/v1/ask"]
    assert asked == [{"question": "what is red?"}, {"question": "and where is it?", "conversation": "abc"}]
    library.problems["POST /api/v1/ask"] = (404, "conversation", "no conversation has this id")
    box.fill("and when again?")
    box.press("Enter")
    expect(page.locator(".answer")).to_have_text("no conversation has this id")
    expect(box).to_be_visible()
    watch.errors.clear()


@pytest.mark.thorough
def test_going_back_to_an_answer_does_not_ask_again(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=what+is+red%3F&mode=ask")
    expect(page.locator(".citation")).to_have_count(2)
    page.locator(".card a.frame").first.click()
    page.get_by_role("link", name="Library").click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    page.go_back()
    expect(page.locator(".citation")).to_have_count(2)
    assert [path for _, path in service.library.requests if path == "/api/v1/ask"] == ["/api/v1/ask"]


def test_an_answer_can_be_stopped(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    library.pause_seconds = 0.5
    page = new_page()
    page.goto(f"{service.address}/?q=what+is+red%3F&mode=ask")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Ask again")).to_be_visible()
    library.pause_seconds = 0
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".citation")).to_have_count(2)


def test_not_found_is_said_with_the_closest_and_a_way_on(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    library.answer |= {"found": False, "answer": "This was not found in the library."}
    page = new_page()
    page.goto(f"{service.address}/?q=who+sings%3F&mode=ask")
    expect(page.locator(".answer-text")).to_have_text("This was not found in the library.")
    expect(page.get_by_role("heading", name="Closest moments")).to_be_visible()
    expect(page.locator(".citation")).to_have_count(0)
    page.get_by_role("button", name="Search instead").click()
    expect(page.locator(".grid .card")).to_have_count(4)
    expect_address(page, {"q": "who sings?"})


def test_without_a_model_the_page_says_so_and_searches_instead(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, watch: Watch
) -> None:
    library.problems["POST /api/v1/ask"] = (503, "model-missing", "the profile 'text' has no vision-language model")
    page = new_page()
    page.goto(f"{service.address}/?q=what+is+red%3F&mode=ask")
    expect(page.get_by_role("heading", name="Model not installed")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("The profile 'text' has no vision-language model.")
    page.get_by_role("button", name="Search instead").click()
    expect(page.locator(".grid .card")).to_have_count(4)
    watch.forgive("503")
