"""Tags and what containers say, in the page."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.helpers.chromium import Watch, expect_address
from tests.helpers.fakes_library import HOSTILE, FakeLibrary
from tests.helpers.fakes_service import FakeService

OpenPage = Callable[..., Page]


def test_tags_are_given_in_place_and_filter_the_library(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    page = new_page()
    page.goto(f"{service.address}/?view=library")
    expect(page.locator(".card-video")).to_have_count(4)
    expect(page.get_by_label("Tag", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Edit the tags of talk.mp4").click()
    field = page.get_by_role("textbox", name="Tags of talk.mp4, separated by commas")
    expect(field).to_be_focused()
    field.fill("holiday,  summer 2023, ")
    page.keyboard.press("Enter")
    card = page.locator(".card-video").filter(has_text="talk.mp4")
    expect(card.locator(".tag")).to_have_text(["holiday", "summer 2023"])
    assert library.videos[0]["tags"] == ["holiday", "summer 2023"]
    card.get_by_role("link", name="holiday").click()
    expect(page.locator(".card-video")).to_have_count(1)
    expect_address(page, {"view": "library", "tag": "holiday"})
    expect(page.get_by_label("Tag", exact=True)).to_have_value("holiday")
    page.get_by_label("Tag", exact=True).select_option("")
    expect(page.locator(".card-video")).to_have_count(4)


def test_escape_changes_nothing_and_a_refusal_is_shown(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, watch: Watch
) -> None:
    library.problems["PUT /api/v1/videos"] = (409, "library-locked", "The library is being written to.")
    page = new_page()
    page.goto(f"{service.address}/?view=library")
    page.get_by_role("button", name="Edit the tags of talk.mp4").click()
    page.keyboard.type("holiday")
    page.keyboard.press("Enter")
    expect(page.locator(".tag-form .form-error")).to_have_text("The library is being written to.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Edit the tags of talk.mp4")).to_be_focused()
    assert library.videos[0]["tags"] == []
    watch.forgive("409")


def test_the_player_tells_what_the_container_says_and_jumps_by_its_chapters(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    library.metadata = {
        "title": HOSTILE, "camera": "Apple iPhone 14 Pro", "place_name": "", "artist": "", "comment": "",
        "description": "", "place": {"latitude_degrees": 51.5334, "longitude_degrees": -0.1255},
        "chapters": [
            {"start_seconds": 0, "stop_seconds": 6, "title": "Arrival"},
            {"start_seconds": 6, "stop_seconds": 20, "title": HOSTILE},
        ],
    }  # fmt: skip
    library.videos[0]["tags"] = ["holiday"]
    page = new_page()
    page.goto(f"{service.address}/?view=library")
    page.locator(".card-video a.frame").first.click()
    facts = page.locator(".facts")
    expect(facts).to_contain_text("Apple iPhone 14 Pro")
    expect(facts).to_contain_text("51.5334° N, 0.1255° W")
    expect(facts).to_contain_text("9 May 2023, 11:41 UTC")
    expect(facts).to_contain_text(HOSTILE)
    page.get_by_role("tab", name="Chapters").click()
    chapters = page.locator(".stage-chapters .chapters").first.locator(".chapter")
    expect(chapters).to_have_count(2)
    chapters.nth(1).click()
    page.wait_for_function("document.querySelector('video').currentTime >= 6")
    assert page.evaluate("window.hacked") is None
