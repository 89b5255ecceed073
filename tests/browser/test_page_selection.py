"""Moments that a person ticks: asked about, exported, and fitting every screen."""

import json
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.helpers.chromium import expect_address
from tests.helpers.fakes_library import FakeLibrary
from tests.helpers.fakes_service import FakeService
from tests.helpers.marks import thorough

OpenPage = Callable[..., Page]
CLIPS = [f"{1:032x}@4-8", f"{2:032x}@10.5-14"]


def asked(library: FakeLibrary) -> list[dict[str, object]]:
    return [
        json.loads(body)
        for (_, path), body in zip(library.requests, library.bodies, strict=True)
        if path == "/api/v1/ask"
    ]


def bar_of(page: Page) -> Locator:
    return page.get_by_role("region", name="Selected moments")


def test_ticked_moments_are_asked_about_and_stay_in_the_address(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=a+red+square")
    ticks, bar = page.locator(".card-tick"), bar_of(page)
    expect(ticks).to_have_count(4)
    expect(bar).to_be_hidden()
    ticks.nth(0).click()
    ticks.nth(2).click()
    page.locator(".card a.frame").nth(1).focus()
    page.keyboard.press("s")
    count = bar.get_by_text("3 moments selected")
    count.click()
    page.get_by_role("button", name="Deselect talk.mp4 0:12").click()
    expect(ticks.nth(2)).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Ask about these").click()
    page.get_by_label("Question about the selected moments").fill("are these alike?")
    bar.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".answer-text:not(.is-coming)")).to_contain_text("The square is red.")
    assert asked(library) == [{"question": "are these alike?", "clips": CLIPS}]
    expect_address(page, {"q": "are these alike?", "mode": "ask", "clips": ",".join(CLIPS)})
    page.reload()
    expect(bar).to_contain_text("2 moments selected")
    assert asked(library)[-1]["clips"] == CLIPS
    bar.get_by_role("button", name="Clear", exact=True).click()
    expect(bar).to_be_hidden()


def test_ticks_stay_from_one_search_to_the_next_and_they_alone_are_exported(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=a+red+square")
    page.locator(".card-tick").nth(1).click()
    page.get_by_role("combobox", name="Search query").fill("a ring")
    page.keyboard.press("Enter")
    expect_address(page, {"q": "a ring"})
    expect(page.locator(".card-tick").nth(1)).to_have_attribute("aria-pressed", "true")
    page.locator(".card-tick").nth(3).click()
    bar_of(page).get_by_text("Export", exact=True).click()
    with page.expect_download():
        bar_of(page).get_by_role("button", name="EDL").click()
    (exported,) = library.exports
    spans = [(one["start_seconds"], one["stop_seconds"]) for one in exported["moments"]]
    assert spans == [(10.5, 14), (18, 20)]


@pytest.mark.thorough
def test_more_than_can_be_asked_about_are_refused_before_they_are_sent(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    for start in range(10):
        library.add_moment(f"{1:032x}", start, start + 0.5)
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    for place in range(13):
        page.locator(".card-tick").nth(place).click()
    page.get_by_role("button", name="Ask about these").click()
    expect(bar_of(page)).to_contain_text("You can ask about up to 12 moments at a time.")
    expect(bar_of(page).get_by_role("button", name="Ask", exact=True)).to_be_disabled()
    page.locator(".card-tick").nth(0).click()
    expect(bar_of(page).get_by_role("button", name="Ask", exact=True)).to_be_enabled()


def test_without_a_model_nothing_is_asked_about(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    library.health = {"models": {"ask": False}}
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    expect(page.get_by_role("radio", name="Ask")).to_be_hidden()
    page.locator(".card-tick").first.click()
    expect(bar_of(page).get_by_text("Add to collection")).to_be_visible()
    expect(page.get_by_role("button", name="Ask about these")).to_be_hidden()


@pytest.mark.parametrize("width", [360, *thorough(320, 1280)])
def test_the_bar_fits_every_screen(new_page: OpenPage, service: FakeService, width: int) -> None:
    page = new_page(width=width, reduced_motion="reduce")
    page.goto(f"{service.address}/?q=a+red+square")
    for place in range(4):
        page.locator(".card-tick").nth(place).click()
    expect(bar_of(page)).to_contain_text("4 moments selected")
    for opener in ("Add to collection", "Export"):
        bar_of(page).get_by_text(opener, exact=True).click()
        sheet = bar_of(page).locator(".menu[open] .menu-sheet").bounding_box()
        assert sheet and sheet["x"] >= 0 and sheet["x"] + sheet["width"] <= width and sheet["y"] >= 0
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
