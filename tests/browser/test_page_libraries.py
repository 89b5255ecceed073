"""The page leads to the other libraries of the person who runs the service."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.helpers.fakes_library import FakeLibrary
from tests.helpers.fakes_service import FakeService

OpenPage = Callable[..., Page]


def test_other_libraries_are_linked_or_say_how_they_start(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    elsewhere = f"{service.address}/?view=library"
    library.libraries = [
        {"name": "films", "is_this": True, "url": None, "command": ""},
        {"name": "lectures", "is_this": False, "url": elsewhere, "command": ""},
        {"name": "archive", "is_this": False, "url": None, "command": "reelseek serve --library /data/archive"},
    ]
    page = new_page(width=360)
    page.goto(service.address)
    others = page.get_by_role("navigation", name="Other libraries")
    expect(others.get_by_role("listitem")).to_have_text(["lectures", "archive (not running)"])
    others.get_by_role("button").click()
    expect(page.locator("#toast")).to_contain_text("reelseek serve --library /data/archive")
    others.get_by_role("link", name="lectures").click()
    page.wait_for_url(elsewhere)


def test_a_single_library_is_not_listed(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    library.libraries = [{"name": "films", "is_this": True, "url": None, "command": ""}]
    page = new_page()
    with page.expect_response("**/api/v1/libraries"):
        page.goto(service.address)
    expect(page.get_by_role("navigation", name="Other libraries")).to_have_count(0)
