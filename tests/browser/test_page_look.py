"""What can be measured of the look: accessibility in every state, all widths, what the first load weighs."""

from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.helpers.chromium import Watch, until, wait_for_frames
from tests.helpers.fakes_library import FakeLibrary, job_record
from tests.helpers.fakes_service import FakeService
from tests.helpers.marks import thorough

OpenPage = Callable[..., Page]
TALK = f"{1:032x}"
FIRST_LOAD_BYTES = 150_000
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
STATES = {
    "home": "/",
    "search": "/?q=a+red+square",
    "moment": f"/?q=a+red+square&at={TALK}&start=4&stop=8",
    "nothing": "/?q=nothing",
    "answer": "/?q=what+is+red%3F&mode=ask",
    "library": "/?view=library",
    "programs": "/api-docs",
}


def settle(page: Page) -> None:
    """Until what a state shows is there."""
    until(page, "document.querySelector('.grid .card, .notice, #api section, .answer-text, .activity-row') !== null")
    if "at=" in page.url:
        wait_for_frames(page)


def serious(page: Page) -> list[str]:
    """What axe-core finds of serious or critical impact."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {[node['html'] for node in one['nodes']]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("state", ["search", "answer", *thorough(*sorted(STATES.keys() - {"search", "answer"}))])
def test_axe_finds_nothing_serious(new_page: OpenPage, service: FakeService, state: str) -> None:
    page = new_page(reduced_motion="reduce")
    page.goto(service.address + STATES[state])
    settle(page)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert serious(page) == [], scheme


@pytest.mark.thorough
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_serious_where_something_is_wrong(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, watch: Watch, scheme: str
) -> None:
    page = new_page(color_scheme=scheme, reduced_motion="reduce")
    library.jobs += [job_record(1, "a.mp4"), job_record(2, "b.mp4", state="queued")]
    page.goto(f"{service.address}/?view=library")
    expect(page.locator(".activity-row")).to_have_count(2)
    library.jobs[0] |= {"state": "failed", "error": {"type": "unreadable", "detail": "cut off"}}
    expect(page.locator(".activity-row.is-failed")).to_have_count(1)
    assert serious(page) == []
    page.keyboard.press("?")
    assert serious(page) == []
    library.jobs.clear()
    library.key = "key"
    page.goto(f"{service.address}/?q=red")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert serious(page) == []
    library.key = ""
    library.problems["GET /api/v1/search"] = (503, "busy", "the queue is full")
    page.goto(f"{service.address}/?q=red")
    settle(page)
    assert serious(page) == []
    library.videos.clear()
    page.goto(service.address)
    settle(page)
    assert serious(page) == []
    watch.forgive("401", "503")


@pytest.mark.thorough
@pytest.mark.parametrize("state", STATES)
def test_no_screen_scrolls_sideways(new_page: OpenPage, service: FakeService, library: FakeLibrary, state: str) -> None:
    library.add_video(7, "a-name-without-a-single-blank-" * 6 + ".mp4")
    page = new_page()
    page.goto(service.address + STATES[state])
    settle(page)
    for width in (320, 360, 768, 2560, 3840):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_telephone_shows_the_query_and_all_tabs_in_a_row(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    library.chapters = [{"index": 0, "start_seconds": 0, "stop_seconds": 24, "title": "One", "segments": 1}]
    page = new_page(width=360)
    page.goto(f"{service.address}/?q=a+red+square&at={TALK}&start=4&stop=8")
    field = page.get_by_role("combobox", name="Search query")
    assert field.evaluate("field => field.scrollWidth <= field.clientWidth"), "the query is cut off"
    wait_for_frames(page)
    tabs = page.get_by_role("tab")
    expect(tabs).to_have_count(4)  # all of them: they come with what is known of the video
    places = [tab.bounding_box() for tab in tabs.all()]
    assert len({place["y"] for place in places if place}) == 1
    assert all(place and place["x"] + place["width"] <= 360 for place in places)


def test_the_first_load_is_small_and_from_here_alone(new_page: OpenPage, service: FakeService, watch: Watch) -> None:
    page = new_page()
    sizes: dict[str, int] = {}
    page.on("requestfinished", lambda request: sizes.update({request.url: request.sizes()["responseBodySize"]}))
    page.goto(service.address, wait_until="networkidle")
    assert any(name.endswith("main.js") for name in sizes)
    assert sum(sizes.values()) < FIRST_LOAD_BYTES, sizes
    assert watch.elsewhere == []


@pytest.mark.thorough
def test_motion_is_left_out_where_it_is_not_wanted(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    library.pause_seconds = 0.5
    page = new_page(reduced_motion="reduce")
    page.goto(f"{service.address}/?q=what%3F&mode=ask")
    expect(page.locator(".pulse")).to_be_visible()
    assert page.locator(".pulse").evaluate("one => getComputedStyle(one).animationName") == "none"


def test_what_changes_is_said_to_screen_readers(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    expect(page.locator("#announcer")).to_have_text("4 moments found.")
    for landmark in ("banner", "main", "search", "navigation", "contentinfo"):
        expect(page.get_by_role(landmark)).to_have_count(1)  # pyright: ignore[reportArgumentType]
    expect(page.get_by_role("heading", level=1)).to_have_text("Moments for “red”")
