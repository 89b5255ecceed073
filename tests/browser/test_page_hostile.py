"""Names, captions, subtitles and problems that try to be markup are shown as the text they are."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.chromium import Watch, wait_for_frames
from tests.helpers.fakes_library import HOSTILE, FakeLibrary, job_record
from tests.helpers.fakes_service import FakeService
from tests.helpers.marks import thorough

OpenPage = Callable[..., Page]


@pytest.fixture
def hostile(library: FakeLibrary) -> FakeLibrary:
    """Every text that comes out of a video or its name is hostile."""
    library.videos.clear()
    library.moments.clear()
    one = library.add_video(1, HOSTILE, folder=HOSTILE)
    library.add_video(2, HOSTILE, state="failed", failure={"kind": "unreadable", "reason": HOSTILE})
    moment = library.add_moment(one, 2, 5, text=HOSTILE, caption=HOSTILE, matched=[[5, 8]], signals={HOSTILE: 1})
    library.answer |= {
        "answer": HOSTILE,
        "moments": [moment | {"why": HOSTILE}],
        "model": HOSTILE,
        "warnings": [HOSTILE],
    }
    library.words = [HOSTILE]
    library.jobs.append(job_record(1, HOSTILE, stage=HOSTILE))
    return library


def assert_unharmed(page: Page) -> None:
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[onerror], main script, [src='x']").count() == 0


@pytest.mark.parametrize(
    "at",
    [
        f"?q={HOSTILE}",
        *thorough("", "?q=red", "?view=library", "?q=what%3F&mode=ask"),
    ],
)
def test_hostile_words_stay_words(new_page: OpenPage, service: FakeService, hostile: FakeLibrary, at: str) -> None:
    page = new_page()
    page.goto(f"{service.address}/{at}")
    expect(page.locator(".grid .card .name").first).to_have_text(HOSTILE)
    assert_unharmed(page)
    hostile.jobs.clear()


@pytest.mark.thorough
def test_in_the_player_they_stay_words_too(new_page: OpenPage, service: FakeService, hostile: FakeLibrary) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    page.locator(".card a.frame").click()
    wait_for_frames(page)
    expect(page.locator(".stage-name")).to_have_text(HOSTILE)
    expect(page.locator(".chapter-caption")).to_have_text(HOSTILE)
    page.get_by_role("button", name="Subtitles").click()
    page.wait_for_timeout(300)
    assert_unharmed(page)
    hostile.jobs.clear()


@pytest.mark.thorough
def test_a_problem_and_an_upload_stay_words(
    new_page: OpenPage, service: FakeService, hostile: FakeLibrary, watch: Watch
) -> None:
    hostile.problems["POST /api/v1/videos"] = (415, "unsupported-media", HOSTILE)
    page = new_page()
    page.goto(f"{service.address}/?view=library")
    page.locator("#picker").set_input_files({"name": "<img src=x>.mp4", "mimeType": "video/mp4", "buffer": b"x"})
    expect(page.locator(".activity-row.is-failed")).to_contain_text(HOSTILE)
    assert_unharmed(page)
    hostile.jobs.clear()
    watch.forgive("415")


@pytest.mark.thorough
@pytest.mark.parametrize(
    "at", ["?q=red&at=../../etc&start=1&stop=2", "?view=nonsense", "?signals=__proto__&q=red", "?q=red&t=-1&start=x"]
)
def test_a_mangled_address_harms_nothing(new_page: OpenPage, service: FakeService, at: str) -> None:
    page = new_page()
    page.goto(f"{service.address}/{at}")
    expect(page.locator(".grid .card").first).to_be_visible()
    expect(page.locator(".stage")).to_have_count(0)
