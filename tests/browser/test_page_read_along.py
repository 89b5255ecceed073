"""What is read beside the video: tabs of transcript, on-screen text, captions and chapters that follow the player."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.helpers.chromium import playing_time, until, wait_for_frames
from tests.helpers.fakes_library import FakeLibrary
from tests.helpers.fakes_service import FakeService

TALK, WALK = f"{1:032x}", f"{2:032x}"
OpenPage = Callable[..., Page]


def open_at(page: Page, service: FakeService, start: float) -> None:
    page.goto(f"{service.address}/?q=red&at={TALK}&start={start}&stop={start + 4}")
    wait_for_frames(page)
    page.evaluate("document.querySelector('video').pause()")


def test_the_texts_follow_the_player_and_seek_it(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    open_at(page, service, 13)
    page.get_by_role("tab", name="On screen").click()
    panel = page.get_by_role("tabpanel", name="On screen")
    expect(panel.get_by_role("button").filter(has_text="EXIT")).to_have_attribute("aria-current", "true")
    expect(panel.get_by_role("button").filter(has_text="Lecture 1")).to_have_attribute("aria-current", "true")
    page.get_by_role("tab", name="Captions").click()
    captions = page.get_by_role("tabpanel", name="Captions")
    expect(captions.locator("[aria-current]")).to_have_count(1)
    expect(captions.locator("[aria-current]")).to_contain_text("A green ring")
    captions.get_by_role("button", name="A red square.").click()
    until(page, "document.querySelector('video').currentTime < 8")
    expect(captions.locator("[aria-current]")).to_contain_text("A red square.")


@pytest.mark.thorough
def test_the_texts_are_searched_and_copied_with_their_times(
    new_page: OpenPage, service: FakeService, contexts: list[BrowserContext]
) -> None:
    page = new_page()
    contexts[-1].grant_permissions(["clipboard-read", "clipboard-write"])
    open_at(page, service, 4)
    page.get_by_role("tab", name="On screen").click()
    panel = page.get_by_role("tabpanel", name="On screen")
    panel.get_by_role("button", name="Copy with times").click()
    expect(page.locator("#announcer")).to_have_text("2 lines copied.")
    assert page.evaluate("navigator.clipboard.readText()") == "0:00  Lecture 1 / Squares\n0:12  EXIT"
    panel.get_by_role("searchbox").fill("exit")
    expect(panel.locator("li")).to_have_count(1)
    expect(panel.locator("mark")).to_have_text("EXIT")
    panel.get_by_role("button", name="Copy with times").click()
    expect(page.locator("#announcer")).to_have_text("1 line copied.")
    assert page.evaluate("navigator.clipboard.readText()") == "0:12  EXIT"


@pytest.mark.thorough
def test_the_texts_stay_inside_the_panel_of_the_player(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    open_at(page, service, 4)
    expect(page.get_by_role("tabpanel", name="Transcript")).to_be_visible()
    bottom = "document.querySelector('{}').getBoundingClientRect().bottom"
    assert page.evaluate(bottom.format(".read-along .transcript")) <= page.evaluate(bottom.format(".stage-panel"))


@pytest.mark.thorough
def test_the_tabs_are_moved_through_with_the_arrow_keys(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    open_at(page, service, 4)
    before = playing_time(page)
    page.get_by_role("tab", name="Transcript").focus()
    for name in ("On screen", "Captions", "Chapters", "Transcript"):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name=name)).to_be_focused()
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("tabpanel")).to_have_count(1)
    assert playing_time(page) == before


def test_only_what_a_video_has_is_offered(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    library.texts = {"subtitle": [], "screen_text": [(2, 3, "EXIT")]}
    page = new_page()
    open_at(page, service, 4)
    expect(page.get_by_role("tab")).to_have_text(["On screen", "Chapters"])
    expect(page.get_by_role("tabpanel", name="On screen")).to_be_visible()
    library.texts = {}
    page.goto(f"{service.address}/?q=red&at={WALK}&start=10.5&stop=14")
    expect(page.locator(".stage-chapters").get_by_role("button").first).to_be_visible()
    expect(page.get_by_role("tab")).to_have_count(0)
