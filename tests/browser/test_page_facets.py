"""Narrowing a search on the page, completing it as one types, and skimming what it finds."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.chromium import eventually, expect_address
from tests.helpers.fakes_library import FakeLibrary
from tests.helpers.fakes_service import FakeService

OpenPage = Callable[..., Page]


def test_a_facet_is_written_into_the_query_and_removed_again(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    library.videos[0]["tags"] = ["summer 2023"]
    page = new_page()
    page.goto(f"{service.address}/?q=red+square")
    page.get_by_text("More filters").click()
    page.get_by_role("combobox", name="Tag").select_option("summer 2023")
    expect_address(page, {"q": 'red square tag:"summer 2023"'})
    page.get_by_role("combobox", name="Length").select_option("1 to 10 minutes")
    expect_address(page, {"q": 'red square tag:"summer 2023" duration:1m..10m'})
    expect(page.get_by_text("More filters (2)")).to_be_visible()
    expect(page.get_by_role("combobox", name="Search query")).to_have_value(
        'red square tag:"summer 2023" duration:1m..10m'
    )
    page.get_by_role("combobox", name="Tag").select_option("All")
    expect_address(page, {"q": "red square duration:1m..10m"})
    page.goto(f"{service.address}/?q=square+speaker%3Aanna")
    page.get_by_text("More filters (1)").click()
    page.get_by_role("combobox", name="Language").select_option("German (1)")
    expect_address(page, {"q": "square speaker:anna language:de"})
    expect(page.get_by_role("combobox", name="Speaker")).to_have_value("Anna")


@pytest.mark.thorough
def test_results_are_sorted_and_put_under_their_videos(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    sort = page.get_by_role("combobox", name="Sort")
    expect(sort).to_have_value("relevance")
    sort.select_option("Newest videos")
    expect_address(page, {"q": "red", "order": "newest"})
    expect(page.locator(".grid h2")).to_have_count(0)
    library.moments.sort(key=lambda one: (one["video_id"], one["start_seconds"]))
    sort.select_option("By video")
    expect(page.locator(".grid h2")).to_have_text(["talk.mp4", "a walk by the river.mkv"])
    asked = [path for _, path in library.requests if path.startswith("/api/v1/search")]
    assert ["sort=newest" in path for path in asked] == [False, True, False]
    assert "sort=video" in asked[-1]
    page.reload()
    expect(sort).to_have_value("video")
    expect(page.locator(".grid > li").first).to_have_text("talk.mp4")


@pytest.mark.thorough
def test_a_search_is_saved_found_on_the_start_page_and_removed(new_page: OpenPage, service: FakeService) -> None:
    page = new_page(width=360)
    page.goto(f"{service.address}/?q=red+square&signals=said&order=newest")
    page.get_by_role("button", name="Save search").click()
    expect(page.get_by_role("button", name="Saved")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Reelseek").click()
    saved = page.get_by_role("list", name="Saved searches")
    saved.get_by_role("link", name="red square").click()
    expect_address(page, {"q": "red square", "signals": "said", "order": "newest"})
    expect(page.get_by_role("button", name="Saved")).to_be_visible()
    page.goto(service.address)
    page.get_by_role("button", name="Remove saved search “red square”").click()
    expect(saved).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Recently added")).to_be_visible()
    expect(saved).to_have_count(0)


def options(page: Page) -> list[Any]:
    return page.locator("#suggestions option").evaluate_all("all => all.map(one => one.value)")


def test_a_query_is_completed_as_one_types_and_remembered(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(service.address)
    box = page.get_by_label("Search query or question")
    box.fill("a re")
    eventually(page, lambda: options(page) == ["a red square"], what="completed by the library")
    box.press("Enter")
    expect(page.locator(".grid .card").first).to_be_visible()
    page.goto(service.address)
    box.focus()
    eventually(page, lambda: options(page) == ["a re"], what="remembered")


@pytest.mark.thorough
def test_a_card_is_skimmed_with_the_pointer(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    frame = page.locator(".grid .card a.frame").first
    box = frame.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2)
    expect(frame.locator(".skim")).to_have_attribute("src", f"/api/v1/videos/{1:032x}/thumbnail?t=7.67")
    page.mouse.move(5, 5)
    expect(frame.locator(".skim")).to_have_count(0)


def test_what_the_library_cannot_do_is_not_offered(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    how = "index with --speech-model MODEL"
    library.health = {
        "models": {"ask": False},
        "signals": [
            {"stage": "picture", "state": "ready", "videos": 4, "how": ""},
            {"stage": "subtitles", "state": "off", "videos": 0, "how": ""},
            {"stage": "speech", "state": "off", "videos": 0, "how": how},
        ],
    }
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    expect(page.get_by_text(f"Speech cannot be searched here: {how}.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Speech")).to_be_hidden()
    expect(page.get_by_role("checkbox", name="Picture")).to_be_visible()
    expect(page.get_by_role("radio", name="Ask")).to_be_hidden()
    page.get_by_role("combobox", name="Search query").fill("what is red?")
    page.get_by_role("combobox", name="Search query").press("Enter")
    expect_address(page, {"q": "what is red?"})
