"""The query language in the page: taught by examples, shown as understood, faults under the box, steps."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.chromium import Watch, expect_address, wait_for_frames
from tests.helpers.fakes_library import FakeLibrary
from tests.helpers.fakes_service import FakeService

OpenPage = Callable[..., Page]


def test_chips_say_how_a_query_was_understood(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=" + "a red car -people then said:bus within 30s -tag:draft".replace(" ", "+"))
    chips = page.locator(".understood li")
    expect(chips).to_have_text(
        ["first a red car", "without people", re.compile("^said bus$"), "not tag draft"], use_inner_text=True
    )
    page.goto(f"{service.address}/?q=a+red+car")
    expect(page.locator(".card").first).to_be_visible()
    expect(chips).to_have_count(0)


def test_a_fault_stands_under_the_box_and_goes_when_mended(
    new_page: OpenPage, service: FakeService, watch: Watch
) -> None:
    page = new_page()
    page.goto(service.address)
    box = page.get_by_role("combobox", name="Search query")
    box.fill('a sign "exit')
    page.keyboard.press("Enter")
    fault = page.locator(".box-fault")
    expect(fault).to_contain_text("This quote is not closed")
    expect(fault.locator("mark")).to_have_text('"exit')
    expect(box).to_have_attribute("aria-invalid", "")
    box.fill('a sign "exit"')
    expect(fault).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator(".understood li")).to_have_text(["find a sign exit", "words “exit”"])
    watch.forgive("400 (Bad Request)")


def test_the_panel_teaches_by_examples_that_can_be_clicked(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(service.address)
    examples = page.locator(".how a")
    expect(examples.first).to_be_hidden()
    page.get_by_text("Search tips").click()
    expect(examples.first).to_be_visible()
    for place in range(examples.count()):
        link = examples.nth(place)
        words = link.inner_text()
        link.click()
        expect_address(page, {"q": words})
        expect(page.locator(".understood li").first).to_be_visible()
        expect(page.locator(".box-fault")).to_be_hidden()


@pytest.mark.thorough
def test_steps_stand_on_the_card_and_on_the_time_line(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    spans = [(4.0, 5.0), (6.0, 8.0)]
    library.moments[0]["parts"] = [
        {"start_seconds": start, "stop_seconds": stop, "best_frame_seconds": start, "signals": {}, "text": ""}
        for start, stop in spans
    ]
    page = new_page()
    page.goto(f"{service.address}/?q=red+then+blue")
    expect(page.locator(".card").first).to_contain_text("0:04–0:05, then 0:06–0:08")
    page.locator(".card a.frame").first.click()
    wait_for_frames(page)
    marks = page.locator(".line-part")
    expect(marks).to_have_count(2)
    line = page.get_by_role("slider", name="Position").bounding_box()
    duration = page.evaluate("document.querySelector('video').duration")
    assert line
    for mark, (start, _) in zip(marks.all(), spans, strict=True):
        box = mark.bounding_box()
        assert box
        assert abs((box["x"] - line["x"]) / line["width"] - start / duration) < 0.02
    page.locator(".parts button").nth(1).click()
    assert page.evaluate("document.querySelector('video').currentTime") >= 5.9
