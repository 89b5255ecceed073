"""States that are hard to bring about: nothing there yet, the server gone, a key needed, something broken."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.chromium import Watch
from tests.helpers.fakes_library import FakeLibrary, job_record
from tests.helpers.fakes_service import FakeService
from tests.helpers.marks import thorough

OpenPage = Callable[..., Page]


def test_an_empty_library_says_how_to_fill_it(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    library.videos.clear()
    page = new_page()
    page.goto(service.address)
    expect(page.get_by_role("heading", name="No videos yet")).to_be_visible()
    expect(page.locator("pre")).to_have_text("reelseek index ~/Videos")
    expect(page.get_by_role("button", name="Add videos")).to_be_visible()
    page.get_by_role("link", name="Library").click()
    expect(page.get_by_role("heading", name="No videos yet")).to_be_visible()


def test_the_first_videos_are_being_indexed(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    library.videos.clear()
    library.jobs.append(job_record(1, "first.mp4"))
    page = new_page()
    page.goto(service.address)
    expect(page.get_by_role("heading", name="The first videos are being indexed")).to_be_visible()
    expect(page.locator(".activity-row")).to_contain_text("first.mp4")
    library.add_video(1, "first.mp4")
    library.jobs[0]["state"] = "done"
    expect(page.get_by_role("heading", name="Recently added")).to_be_visible()


@pytest.mark.thorough
def test_a_server_that_goes_is_told_and_waited_for(new_page: OpenPage, library: FakeLibrary, watch: Watch) -> None:
    service = FakeService(library)
    page = new_page()
    page.goto(service.address)
    expect(page.locator(".grid .card")).to_have_count(4)
    service.close()
    page.get_by_role("combobox", name="Search query").fill("red")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cannot reach Reelseek")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    service = FakeService(library, service.port)
    expect(page.get_by_text("4 moments in")).to_be_visible()
    service.close()
    watch.forgive("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")


def test_a_key_is_asked_for_and_then_all_goes_on(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, watch: Watch
) -> None:
    library.key = "right"
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    dialog = page.get_by_role("dialog", name="API key required")
    expect(dialog).to_be_visible()
    page.get_by_label("API key", exact=True).fill("wrong")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("This key is not valid.")
    page.get_by_label("API key", exact=True).fill("right")
    page.keyboard.press("Enter")
    expect(page.locator(".grid .card")).to_have_count(4)
    expect(dialog).to_have_count(0)
    assert "right" not in page.url
    watch.forgive("401")


@pytest.mark.parametrize(
    ("status", "kind", "title"),
    [
        (503, "model-missing", "Model not installed"),
        *thorough(
            (503, "busy", "Too many requests"),
            (400, "query", "This query is not valid"),
            (500, "internal", "Something went wrong"),
        ),
    ],
)
def test_a_refused_search_says_why_and_can_be_tried_again(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, watch: Watch, status: int, kind: str, title: str
) -> None:
    library.problems["GET /api/v1/search"] = (status, kind, "in the service's own words")
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("In the service's own words.")
    library.problems.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".grid .card")).to_have_count(4)
    watch.forgive(str(status))


def test_a_command_in_the_services_words_is_shown_as_one(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, watch: Watch
) -> None:
    library.problems["GET /api/v1/search"] = (503, "model-missing", "run `reelseek models fetch small`, or <b>`wait")
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    expect(page.get_by_role("alert").locator("p")).to_have_text("Run reelseek models fetch small, or <b>`wait.")
    expect(page.get_by_role("alert").locator("code")).to_have_text("reelseek models fetch small")
    watch.forgive("503")


def test_the_page_says_how_far_the_models_are_loaded(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    library.loading = {"step": "text model", "done": 1, "steps": 3}
    page = new_page()
    page.goto(service.address)
    line = page.get_by_text("Loading the text model (2 of 3)")
    expect(line).to_be_visible()
    box, edge = page.locator(".loading-models .loading").bounding_box(), page.locator(".view").bounding_box()
    assert box and edge and box["x"] == edge["x"] > 0
    library.loading = None
    expect(line).to_have_count(0)
