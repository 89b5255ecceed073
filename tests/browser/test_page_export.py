"""Results taken away from the page, and the chapters of a video under its player."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.chromium import Watch, wait_for_frames
from tests.helpers.fakes_library import HOSTILE, FakeLibrary
from tests.helpers.fakes_service import FakeService
from tests.helpers.marks import thorough

TALK = f"{1:032x}"
OpenPage = Callable[..., Page]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("EDL", "edl"), *thorough(("Clips", "clips"), ("Reel", "reel"))],
)
def test_the_results_are_taken_away(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, name: str, kind: str
) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    assert download.value.suggested_filename == "a cut.edl"
    assert Path(download.value.path()).read_bytes() == b"TITLE: a cut\n"
    (asked,) = library.exports
    assert asked["format"] == kind and asked["title"] == "red"
    shown = [(one["video_id"], one["start_seconds"], one["text"]) for one in asked["moments"]]
    assert shown == [(one["video_id"], one["start_seconds"], one["text"]) for one in library.moments]
    expect(page.locator(".menu")).not_to_have_attribute("open", "")


@pytest.mark.thorough
def test_what_a_file_lacks_is_said_in_the_menu(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    gone = {"video": HOSTILE, "start_seconds": 0, "stop_seconds": 1, "reason": "the file is gone"}
    library.not_exported = {"count": 12, "moments": [gone] * 10}
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    page.get_by_text("Export", exact=True).click()
    with page.expect_download():
        page.get_by_role("button", name="EDL").click()
    said = page.locator(".menu-state")
    expect(said).to_contain_text("Saved without 12 moments.")
    expect(said).to_contain_text(f"{HOSTILE}: the file is gone and 9 more.")


def test_a_refusal_is_said_in_the_menu_and_escape_closes_it(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, watch: Watch
) -> None:
    library.problems["POST /api/v1/export"] = (410, "vanished", "talk.mp4 is gone.")
    page = new_page(width=360)
    page.goto(f"{service.address}/?q=red")
    page.locator(".menu > summary").press("Enter")
    page.get_by_role("button", name="OTIO").press("Enter")
    expect(page.locator(".menu-state")).to_have_text("talk.mp4 is gone.")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.keyboard.press("Escape")
    expect(page.locator(".menu-sheet")).to_be_hidden()
    watch.errors.clear()  # the browser complains about the status


def test_chapters_stand_under_the_player_and_on_its_line(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    library.chapters = [
        {"start_seconds": 0, "stop_seconds": 6, "title": "Welcome", "source": "found"},
        {"start_seconds": 6, "stop_seconds": 24, "title": HOSTILE, "source": "found"},
    ]
    page = new_page()
    page.goto(f"{service.address}/?q=red&at={TALK}&start=4&stop=8")
    wait_for_frames(page)
    page.get_by_role("tab", name="Chapters").click()
    chapters = page.get_by_role("tabpanel", name="Chapters")
    expect(chapters.get_by_role("button")).to_have_count(2)
    mark, line = page.locator(".line-mark").bounding_box(), page.get_by_role("slider", name="Position").bounding_box()
    assert mark and line
    duration = page.evaluate("document.querySelector('video').duration")
    assert abs((mark["x"] + mark["width"] / 2 - line["x"]) / line["width"] - 6 / duration) < 0.01
    chapters.get_by_role("button").nth(1).click()
    page.wait_for_function("document.querySelector('video').currentTime >= 6")
