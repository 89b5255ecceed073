"""Show me where: boxes over the picture on screen, and what is said where there are none."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.helpers.chromium import Watch, wait_for_frames
from tests.helpers.fakes_library import FakeLibrary
from tests.helpers.fakes_service import FakeService

OpenPage = Callable[..., Page]
MOMENT = f"/?q=a+red+square&at={1:032x}&start=4&stop=8"
BOXES = ".screen .word-boxes rect"


def open_moment(page: Page, service: FakeService) -> None:
    page.goto(service.address + MOMENT)
    wait_for_frames(page)
    page.locator("video").evaluate("video => video.pause()")  # a browser may not have started it without a click
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_boxes_are_drawn_over_the_picture_and_go_with_it(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    library.boxes = [{"left": 0.25, "top": 0.5, "right": 0.75, "bottom": 1.0, "label": "square"}]
    page = new_page()
    open_moment(page, service)
    where = page.get_by_role("button", name="Show me where")
    where.click()
    expect(page.locator(BOXES)).to_have_count(1)
    expect(where).to_have_attribute("aria-pressed", "true")
    x, width = (float(page.locator(BOXES).get_attribute(name) or 0) for name in ("x", "width"))
    assert abs((x + width / 2) / 320 - 0.5) < 0.01, "in the middle of a picture 320 pixels wide"
    assert any("/boxes?query=a+red+square&t=" in path for _, path in library.requests)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(BOXES)).to_have_count(0)
    expect(where).to_have_attribute("aria-pressed", "false")


def test_nothing_there_and_a_model_without_boxes_are_said(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, watch: Watch
) -> None:
    page = new_page()
    open_moment(page, service)
    page.get_by_role("button", name="Show me where").click()
    expect(page.locator("#toast")).to_have_text("The model could not find it in this frame.")
    path = f"GET /api/v1/videos/{1:032x}/boxes"
    library.problems[path] = (422, "no-boxes", "the model was not trained for boxes")
    page.get_by_role("button", name="Show me where").click()
    expect(page.locator("#toast")).to_have_text("The model was not trained for boxes.")
    expect(page.locator(BOXES)).to_have_count(0)
    watch.forgive("422")


def test_without_words_there_is_nothing_to_look_for(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?view=library&at={1:032x}")
    wait_for_frames(page)
    expect(page.get_by_role("button", name="Show me where")).to_be_hidden()
