"""The library in the page: what is in it, what is being added, what went wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.chromium import Watch, expect_address, playing_time, until, wait_for_frames
from tests.helpers.fakes_library import FakeLibrary, job_record
from tests.helpers.fakes_service import FakeService

OpenPage = Callable[..., Page]


def test_videos_stand_with_duration_and_state(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?view=library")
    cards = page.locator(".card-video")
    expect(cards).to_have_count(4)
    expect(cards.first).to_contain_text("0:24")
    expect(page.locator(".state-partial")).to_have_text("Partly indexed; ready: picture; failed: on-screen text")
    expect(page.locator(".state-failed")).to_have_text("Not indexed: no picture")


def test_a_video_plays_in_place(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?view=library")
    page.locator(".card-video a.frame").nth(1).click()
    wait_for_frames(page)
    assert playing_time(page) < 3
    page.locator(".chapter").nth(1).click()
    until(page, "document.querySelector('video').currentTime >= 2")
    expect_address(page, {"view": "library", "at": f"{2:032x}"})


def test_finding_filtering_and_sorting_stand_in_the_address(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?view=library")
    page.get_by_role("searchbox", name="Find videos by name").fill("walk")
    expect(page.locator(".card-video")).to_have_count(1)
    page.get_by_role("searchbox", name="Find videos by name").fill("")
    expect(page.locator(".card-video")).to_have_count(4)
    page.get_by_label("State").select_option("failed")
    expect(page.locator(".card-video")).to_have_count(1)
    page.get_by_label("Sort").select_option("name-asc")
    page.wait_for_url("**sort=name-asc")
    expect_address(page, {"view": "library", "state": "failed", "sort": "name-asc"})
    page.get_by_role("searchbox", name="Find videos by name").fill("none such")
    expect(page.get_by_role("heading", name="No videos match these filters")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".card-video")).to_have_count(4)


def test_an_upload_is_sent_followed_and_then_in_the_library(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, film: Path
) -> None:
    page = new_page()
    page.goto(f"{service.address}/?view=library")
    page.locator("#picker").set_input_files({"name": "neu.mp4", "mimeType": "video/mp4", "buffer": film.read_bytes()})
    row = page.locator(".activity-row")
    expect(row).to_contain_text("neu.mp4")
    expect(row).to_contain_text("Indexing: picture · 40%")
    expect(page.locator("#busy")).to_have_text("Indexing 40%")
    assert library.uploads == [("neu.mp4", film.stat().st_size)]
    library.jobs[0] |= {"progress": 0.8, "stage": "screen_text"}
    expect(row).to_contain_text("Indexing: on-screen text · 80%")
    library.add_video(9, "neu.mp4")
    library.jobs[0] |= {"state": "done", "progress": 1.0}
    expect(row).to_contain_text("Ready to search")
    expect(page.locator(".card-video")).to_have_count(5)
    expect(page.locator("#busy")).to_be_hidden()
    page.get_by_role("button", name="Dismiss neu.mp4").click()
    expect(row).to_have_count(0)


def test_a_dropped_file_is_uploaded_from_any_view(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    page = new_page()
    page.goto(service.address)
    drop = """type => {
      const data = new DataTransfer();
      data.items.add(new File(['x'.repeat(1000)], 'dropped.mp4', { type: 'video/mp4' }));
      window.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(drop, "dragenter")
    expect(page.locator("#drop-cover")).to_be_visible()
    page.evaluate(drop, "drop")
    expect(page.locator("#drop-cover")).to_be_hidden()
    expect(page.locator(".activity-row")).to_contain_text("dropped.mp4")
    expect_address(page, {"view": "library"})
    expect(page.locator(".activity-row")).to_contain_text("Indexing")
    assert library.uploads == [("dropped.mp4", 1000)]


@pytest.mark.thorough
def test_a_refused_upload_says_why_and_the_next_goes_on(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, watch: Watch
) -> None:
    library.problems["POST /api/v1/videos"] = (415, "unsupported-media", "notes.mp4 holds no video")
    page = new_page()
    page.goto(f"{service.address}/?view=library")
    page.locator("#picker").set_input_files({"name": "notes.mp4", "mimeType": "video/mp4", "buffer": b"text"})
    row = page.locator(".activity-row.is-failed")
    expect(row).to_contain_text("notes.mp4 holds no video")
    library.problems.clear()
    page.locator("#picker").set_input_files({"name": "good.mp4", "mimeType": "video/mp4", "buffer": b"more"})
    expect(page.locator(".activity-row")).to_have_count(2)
    expect(page.locator(".activity-row").nth(1)).to_contain_text("Indexing")
    watch.forgive("415")


@pytest.mark.thorough
def test_a_job_that_failed_says_why(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    library.jobs.append(job_record(1, "broken.mkv", progress=0.1))
    page = new_page()
    page.goto(f"{service.address}/?view=library")
    expect(page.locator(".activity-row")).to_contain_text("Indexing")
    library.jobs[0] |= {"state": "failed", "error": {"type": "unreadable", "detail": "the file ends early"}}
    expect(page.locator(".activity-row.is-failed")).to_contain_text("the file ends early")


@pytest.mark.thorough
def test_searching_while_videos_are_indexed_says_so(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    library.jobs.append(job_record(1, "long.mkv"))
    page = new_page()
    page.goto(f"{service.address}/?view=library")
    expect(page.locator("#busy")).to_be_visible()
    page.get_by_role("combobox", name="Search query").fill("nothing")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("Some videos are still being indexed")
    library.jobs[0]["state"] = "done"


def test_removing_asks_first(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    page = new_page()
    page.goto(f"{service.address}/?view=library")
    remove = page.get_by_role("button", name="Remove video talk.mp4")
    remove.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cancel").click()
    assert len(library.videos) == 4
    remove.click()
    page.get_by_role("button", name="Remove video", exact=True).click()
    expect(page.locator(".card-video")).to_have_count(3)
    assert len(library.videos) == 3
