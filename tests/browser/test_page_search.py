"""Search in the page: what is found is shown, played from its moment, and said in the address."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.chromium import Watch, expect_address, playing_time, until, wait_for_frames
from tests.helpers.fakes_library import FakeLibrary
from tests.helpers.fakes_service import FakeService

TALK = f"{1:032x}"
OpenPage = Callable[..., Page]


def test_a_query_shows_moments_with_times_signals_and_marked_words(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(service.address)
    page.get_by_role("combobox", name="Search query").fill("a red square")
    page.keyboard.press("Enter")
    cards = page.locator(".grid .card")
    expect(cards).to_have_count(4)
    expect(cards.first).to_contain_text("0:04–0:08")
    expect(cards.first.locator("mark")).to_have_text(["red", "square"])
    expect(cards.first.locator(".signals li")).to_have_text(["Speech", "Picture"])
    expect(page).to_have_title("a red square · Reelseek")
    expect_address(page, {"q": "a red square"})


def test_a_click_plays_in_place_from_the_moment(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    page.locator(".card a.frame").nth(1).click()
    wait_for_frames(page)
    assert 10.4 <= playing_time(page) < 16
    until(page, "document.querySelector('video').currentTime > 10.7")
    assert page.locator(".card.is-open + .stage").count() == 1
    expect_address(page, {"q": "red", "at": f"{2:032x}", "start": "10.5", "stop": "14"})


def test_the_time_line_marks_the_span_shows_heat_and_seeks(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red&at={TALK}&start=4&stop=8")
    wait_for_frames(page)
    line = page.get_by_role("slider", name="Position")
    expect(page.locator(".heat path")).to_have_count(1)
    box, span = line.bounding_box(), page.locator(".line-span").bounding_box()
    assert box and span
    duration = page.evaluate("document.querySelector('video').duration")
    assert abs((span["x"] - box["x"]) / box["width"] - 4 / duration) < 0.01
    assert abs(span["width"] / box["width"] - 4 / duration) < 0.01
    line.hover(position={"x": box["width"] / 2, "y": 20})
    expect(page.locator(".peek")).to_contain_text("0:11")
    until(page, "performance.getEntriesByType('resource').some(one => one.name.endsWith('sprites.vtt'))")
    line.hover(position={"x": box["width"] / 2 + 3, "y": 20})
    expect(page.locator(".peek-picture")).to_be_visible()
    assert "sprites.jpg" in page.locator(".peek-picture").evaluate("shot => shot.style.backgroundImage")
    line.click(position={"x": box["width"] * 0.75, "y": 20})
    wait_for_frames(page)
    assert abs(playing_time(page) - duration * 0.75) < 1.5
    page.locator("video").evaluate("video => video.pause()")
    line.focus()
    before = playing_time(page)
    page.keyboard.press("ArrowLeft")
    wait_for_frames(page)
    assert abs(playing_time(page) - (before - 5)) < 0.3


def test_weaker_matches_stand_below_a_line(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    for moment in library.moments[2:]:
        moment["grade"] = "weak"
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    expect(page.get_by_text("2 moments in")).to_be_visible()
    expect(page.locator(".grid .card")).to_have_count(4)
    expect(page.locator(".grid > li")).to_contain_text(["talk.mp4", "a walk", "Weaker matches", "talk.mp4", "a walk"])
    tops = [page.locator(".grid > li").nth(place).bounding_box() for place in range(5)]
    heights = [box["y"] for box in tops if box]
    assert heights[1] < heights[2] < heights[3], "nothing weak fills a gap above the line"


def test_a_link_reopens_the_query_the_filters_and_the_moment(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red&signals=picture,said&video={TALK}&at={TALK}&start=12&stop=16&t=14.5")
    wait_for_frames(page)
    assert 14.4 <= playing_time(page) < 16
    expect(page.get_by_role("combobox", name="Search query")).to_have_value("red")
    expect(page.get_by_role("checkbox", name="Picture")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Caption")).not_to_be_checked()
    expect(page.get_by_label("In", exact=True)).to_have_value(TALK)
    asked = next(path for _, path in service.library.requests if path.startswith("/api/v1/search"))
    given = parse_qs(urlsplit(asked).query)
    assert given["signals"] == ["picture,subtitle,subtitle_words,speech,speech_words"]
    assert given["video"] == [TALK]


@pytest.mark.thorough
def test_a_link_to_a_moment_alone_opens_it(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?at={TALK}&start=3&stop=6.5")
    wait_for_frames(page)
    assert 2.9 <= playing_time(page) < 6
    expect(page.get_by_role("heading", name="talk.mp4")).to_be_visible()


def test_back_and_forward_walk_through_what_was_shown(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(service.address)
    box = page.get_by_role("combobox", name="Search query")
    box.fill("red")
    box.press("Enter")
    page.locator(".card a.frame").first.click()
    expect(page.locator(".stage")).to_be_visible()
    page.go_back()
    expect(page.locator(".stage")).to_have_count(0)
    expect(page.locator(".grid .card")).to_have_count(4)
    page.go_back()
    expect(page.get_by_role("heading", name="Recently added")).to_be_visible()
    expect(box).to_have_value("")
    page.go_forward()
    expect(box).to_have_value("red")
    page.go_forward()
    expect(page.locator(".stage")).to_be_visible()


def test_filters_narrow_and_stand_in_the_address(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    page.get_by_role("checkbox", name="Caption").click()
    page.wait_for_url("**signals=caption**")
    page.get_by_label("In", exact=True).focus()
    until(page, "document.querySelectorAll('.tools select option').length > 2")
    page.get_by_label("In", exact=True).select_option(label="a walk by the river.mkv")
    expect(page.locator(".grid .card")).to_have_count(2)
    expect_address(page, {"q": "red", "signals": "caption", "video": f"{2:032x}"})


def test_nothing_found_says_so_and_offers_the_closest_as_such(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=nothing")
    expect(page.get_by_role("heading", name="No results for “nothing”")).to_be_visible()
    expect(page.get_by_role("heading", name="Closest moments")).to_be_visible()
    expect(page.locator(".grid.is-closest .card")).to_have_count(2)


def test_more_moments_come_when_asked_for(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    for second in range(40):
        library.add_moment(TALK, second / 2, second / 2 + 0.4)
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    expect(page.locator(".grid .card")).to_have_count(24)
    page.get_by_role("button", name="Show more moments").click()
    expect(page.locator(".grid .card")).to_have_count(44)
    expect(page.get_by_role("button", name="Show more moments")).to_have_count(0)


def test_the_link_and_the_clip_of_a_moment_can_be_taken_along(new_page: OpenPage, service: FakeService) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{service.address}/?q=red&at={TALK}&start=4&stop=8")
    wait_for_frames(page)
    page.locator("video").evaluate("video => { video.pause(); video.currentTime = 4.2; }")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#toast")).to_have_text("Link copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{service.address}/?q=red&at={TALK}&start=4&stop=8"
    clip = page.get_by_role("link", name="Download clip").get_attribute("href")
    assert clip == f"/api/v1/videos/{TALK}/clip?start=4&stop=8"


@pytest.mark.thorough
def test_missing_thumbnails_leave_a_quiet_picture(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, watch: Watch
) -> None:
    library.problems["GET /api/v1/videos/" + TALK + "/thumbnail"] = (404, "not-found", "gone")
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    expect(page.locator(".grid .card")).to_have_count(4)
    expect(page.locator(".card").first.locator("img")).to_have_count(0)
    expect(page.locator(".card").first.locator(".picture .icon")).to_be_visible()
    watch.forgive("404")


@pytest.mark.thorough
def test_a_video_that_cannot_be_played_says_so(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, watch: Watch
) -> None:
    library.problems[f"GET /api/v1/videos/{TALK}/media"] = (410, "vanished", "gone")
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    page.locator(".card a.frame").first.click()
    expect(page.locator(".screen-note")).to_contain_text("cannot play this file")
    watch.forgive("410")


@pytest.mark.thorough
def test_a_link_to_a_video_that_was_removed_says_so(new_page: OpenPage, service: FakeService, watch: Watch) -> None:
    page = new_page()
    page.goto(f"{service.address}/?at={99:032x}&start=1&stop=2")
    expect(page.locator(".screen-note")).to_have_text("This video is no longer in the library.")
    watch.forgive("404")


def test_searching_within_a_video_keeps_the_query(new_page: OpenPage, service: FakeService) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red&at={TALK}&start=4&stop=8")
    page.get_by_role("button", name="Search in this video").click()
    page.wait_for_url(re.compile(rf"q=red&video={TALK}$"))
    expect(page.get_by_label("In", exact=True)).to_have_value(TALK)
    expect(page.locator(".grid .card")).to_have_count(2)
