"""The page by keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.chromium import expect_address, playing_time, until, wait_for_frames
from tests.helpers.fakes_service import FakeService

OpenPage = Callable[..., Page]


def focused(page: Page) -> str:
    """What has the focus, as a screen reader names it."""
    return page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName")


def test_search_walk_open_play_close(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(service.address)
    expect(page.locator(".grid .card")).to_have_count(4)
    keys = page.keyboard
    keys.press("/")
    keys.type("a red square")
    keys.press("Enter")
    expect(page.get_by_text("4 moments in")).to_be_visible()
    keys.press("ArrowDown")
    assert focused(page) == "Play talk.mp4 from 4 seconds"
    keys.press("ArrowRight")
    assert focused(page) == "Play a walk by the river.mkv from 10 seconds"
    keys.press("ArrowLeft")
    keys.press("Enter")
    wait_for_frames(page)
    assert focused(page).startswith("Player: talk.mp4")
    until(page, "!document.querySelector('video').paused")
    keys.press("Space")
    until(page, "document.querySelector('video').paused")
    before = playing_time(page)
    keys.press("]")
    wait_for_frames(page)
    assert abs(playing_time(page) - before - 5) < 0.3
    keys.press("m")
    assert page.evaluate("document.querySelector('video').muted")
    keys.press("Escape")
    expect(page.locator(".stage")).to_have_count(0)
    assert focused(page) == "Play talk.mp4 from 4 seconds"
    keys.press("ArrowRight")
    keys.press("Space")
    wait_for_frames(page)
    expect_address(page, {"at": f"{2:032x}"}, exactly=False)


@pytest.mark.thorough
def test_arrows_go_up_and_down_the_rows(new_page: OpenPage, service: FakeService) -> None:
    page = new_page(width=700)
    page.goto(f"{service.address}/?q=red")
    expect(page.locator(".grid .card")).to_have_count(4)
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Play talk.mp4 from 4 seconds"
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Play talk.mp4 from 12 seconds"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    assert focused(page) == "Play a walk by the river.mkv from 10 seconds"


def test_the_keys_are_told_and_escape_closes_them(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(service.address)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("Play or pause")
    expect(dialog.locator("dt").filter(has_text="i and o").locator("kbd")).to_have_text(["i", "o"])
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("l")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()


def test_letters_in_a_field_stay_letters(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red&at={1:032x}&start=4&stop=8")
    wait_for_frames(page)
    page.keyboard.press("/")
    page.keyboard.type("l m f c / ?")
    expect(page.get_by_role("combobox", name="Search query")).to_have_value("l m f c / ?")
    expect(page.locator(".stage")).to_be_visible()


@pytest.mark.thorough
def test_everything_that_acts_can_be_tabbed_to(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red&at={1:032x}&start=4&stop=8")
    wait_for_frames(page)
    expect(page.locator(".stage-chapters .chapter")).to_have_count(4)
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    reached: list[str] = []
    page.locator(".skip").focus()
    for _ in range(60):
        reached.append(focused(page))
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
    for name in ("Position", "Full screen", "Close player", "Keyboard shortcuts", "Go"):
        assert name in reached


def test_the_skip_link_goes_to_the_results(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    expect(page.locator(".grid .card")).to_have_count(4)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    expect(page.locator(".grid .card")).to_have_count(4)
