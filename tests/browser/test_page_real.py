"""The page over the real service, real models and a small drawn library: the ways people go, end to end."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest
from playwright.sync_api import Page, expect

from api.service.api_keys import KeyStore
from demo.world.make import make_world
from tests.helpers.chromium import Watch, playing_time, until, wait_for_frames
from tests.helpers.service import (
    RunningService,
    demo_library,  # noqa: F401 # pyright: ignore[reportUnusedImport] - a fixture
    demo_settings,
    own_library,  # noqa: F401 # pyright: ignore[reportUnusedImport] - a fixture
    serving,
)

pytestmark = pytest.mark.thorough

FOUND = ".grid .card[data-start]"
"""A result; the newest videos, which stand on the start page until there are results, have no start."""

OpenPage = Callable[..., Page]
SLOW_MILLISECONDS = 120_000
HOSTILE_NAME = "<img src=x onerror=alert(1)>.mp4"


@pytest.fixture(scope="module")
def real(demo_library: Path) -> Iterator[RunningService]:  # noqa: F811
    """The real service over the drawn library."""
    with serving(demo_settings(demo_library)) as running:
        yield running


def lines(path: Path, kind: str) -> list[dict[str, object]]:
    """The truth's lines of a kind."""
    return [one for one in map(json.loads, path.read_text().splitlines()) if one["kind"] == kind]


def test_search_play_and_seek(new_page: OpenPage, real: RunningService, world: Path) -> None:
    said = lines(world / "truth.jsonl", "said")[0]
    page = new_page()
    page.goto(real.url)
    page.get_by_role("combobox", name="Search query").fill(str(said["query"]))
    page.keyboard.press("Enter")
    card = page.locator(FOUND).first
    expect(card).to_contain_text(str(said["video"]), timeout=SLOW_MILLISECONDS)
    until(page, "document.querySelector('.card img')?.naturalWidth > 0")
    start = float(card.get_attribute("data-start") or "nan")
    card.locator("a.frame").click()
    wait_for_frames(page)
    until(page, f"document.querySelector('video').currentTime > {start} + 0.3")
    assert playing_time(page) < start + 15
    expect(page.locator(".heat path")).to_have_count(1, timeout=SLOW_MILLISECONDS)
    line = page.get_by_role("slider", name="Position")
    box = line.bounding_box()
    assert box
    line.hover(position={"x": box["width"] * 0.3, "y": 15})
    page.wait_for_timeout(500)
    until(
        page,
        "performance.getEntriesByType('resource').some(one => one.name.endsWith('sprites.vtt') && one.responseEnd > 0)",
    )
    line.hover(position={"x": box["width"] * 0.5, "y": 15})
    expect(page.locator(".peek-picture")).to_be_visible(timeout=SLOW_MILLISECONDS)
    line.click(position={"x": box["width"] * 0.5, "y": 15})
    wait_for_frames(page)
    half = page.evaluate("document.querySelector('video').duration") / 2
    assert half - 0.5 < playing_time(page) < half + 3


def test_a_link_reopens_the_moment_in_a_new_browser(new_page: OpenPage, real: RunningService, world: Path) -> None:
    query = str(lines(world / "truth.jsonl", "picture")[0]["query"])
    page = new_page()
    page.goto(real.url)
    page.get_by_role("combobox", name="Search query").fill(query)
    page.keyboard.press("Enter")
    page.locator(f"{FOUND} a.frame").first.click(timeout=SLOW_MILLISECONDS)
    wait_for_frames(page)
    start = float(page.locator(".card.is-open").get_attribute("data-start") or "nan")
    other = new_page()
    other.goto(page.url)
    wait_for_frames(other)
    assert start - 0.1 <= playing_time(other) < start + 10
    expect(other.locator(".card.is-open + .stage")).to_have_count(1)


def test_ask_streams_and_its_citation_plays(new_page: OpenPage, real: RunningService, world: Path) -> None:
    page = new_page()
    for question in lines(world / "questions.jsonl", "when")[:4]:
        page.goto(real.url)
        page.get_by_role("combobox", name="Search query").fill(str(question["question"]))
        expect(page.get_by_role("radio", name="Ask")).to_be_checked()
        page.keyboard.press("Enter")
        expect(page.locator(".answer-text:not(.is-coming)")).to_be_visible(timeout=SLOW_MILLISECONDS)
        if page.locator(".citation").count():
            break
    citation = page.locator(".citation").first
    expect(citation).to_be_visible()
    citation.click()
    wait_for_frames(page)
    start = float(page.locator(".card.is-open").get_attribute("data-start") or "nan")
    assert start - 0.1 <= playing_time(page) < start + 15


def test_a_clip_is_downloaded_and_plays(new_page: OpenPage, real: RunningService, world: Path, tmp_path: Path) -> None:
    query = str(lines(world / "truth.jsonl", "picture")[1]["query"])
    page = new_page(accept_downloads=True)
    page.goto(real.url)
    page.get_by_role("combobox", name="Search query").fill(query)
    page.keyboard.press("Enter")
    page.locator(f"{FOUND} a.frame").first.click(timeout=SLOW_MILLISECONDS)
    wait_for_frames(page)
    card = page.locator(".card.is-open")
    length = float(card.get_attribute("data-stop") or "nan") - float(card.get_attribute("data-start") or "nan")
    with page.expect_download(timeout=SLOW_MILLISECONDS) as download:
        page.get_by_role("link", name="Download clip").click()
    path = tmp_path / "clip.mp4"
    download.value.save_as(path)
    with av.open(str(path)) as clip:
        assert clip.duration is not None
        assert abs(clip.duration / 1e6 - length) < 0.35


def test_an_upload_with_a_hostile_name_becomes_searchable(
    new_page: OpenPage,
    own_library: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    make_world(tmp_path / "new", minutes=0.5, seed=77)
    video = next((tmp_path / "new").glob("*.mp4"))
    query = str(lines(tmp_path / "new" / "truth.jsonl", "picture")[0]["query"])
    hostile = shutil.copy(video, tmp_path / HOSTILE_NAME)
    with serving(demo_settings(own_library)) as running:
        page = new_page()
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        page.goto(f"{running.url}/?view=library")
        expect(page.locator(".card-video")).to_have_count(3, timeout=SLOW_MILLISECONDS)
        page.locator("#picker").set_input_files(hostile)
        row = page.locator(".activity-row")
        expect(row).to_contain_text("img src=x")
        expect(row).not_to_contain_text("Indexing", timeout=SLOW_MILLISECONDS)
        expect(page.locator(".card-video")).to_have_count(4, timeout=SLOW_MILLISECONDS)
        name = page.locator(".card-video .name").first.inner_text()
        assert "img src=x onerror" in name
        page.get_by_role("combobox", name="Search query").fill(query)
        page.keyboard.press("Enter")
        expect(page.locator(".grid .card .name", has_text="img src=x").first).to_be_visible(timeout=SLOW_MILLISECONDS)
        page.goto("about:blank")


def test_a_key_opens_pictures_and_videos_too(
    new_page: OpenPage,
    own_library: Path,  # noqa: F811
    watch: Watch,
) -> None:
    _, key = KeyStore(own_library).add("browser")
    with serving(demo_settings(own_library), require_key=True) as running:
        page = new_page()
        page.goto(f"{running.url}/?view=library")
        page.get_by_label("API key", exact=True).fill(key)
        page.keyboard.press("Enter")
        expect(page.locator(".card-video")).to_have_count(3, timeout=SLOW_MILLISECONDS)
        until(page, "document.querySelector('.card img')?.naturalWidth > 0")
        page.locator(".card-video a.frame").first.click()
        wait_for_frames(page)
        page.goto("about:blank")
    watch.forgive("401")
