"""Selects on the page, over a real service: ticked, trimmed with an editor's keys, noted, arranged, exported alone."""

import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from indexer.pipeline.index import index_paths
from tests.browser.conftest import close_all
from tests.helpers.chromium import Watch, eventually, playing_time, wait_for_frames
from tests.helpers.media import write_video
from tests.helpers.service import RunningService, demo_settings, serving

OpenPage = Callable[..., Page]
FPS = 25
LINES = [(0.5, 2.5, "The harbour is closed."), (3.0, 5.0, "Bring the red lantern."), (6.0, 7.5, "Thank you.")]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of one video with three subtitles, found by their words."""
    folder = tmp_path_factory.mktemp("selects")
    film = folder / "films" / "harbour.mp4"
    film.parent.mkdir()
    write_video(film, range(0, 8000, 1000 // FPS), width=320, height=240, key_every=5)
    cues = [
        f"{n}\n00:00:0{start},000 --> 00:00:0{stop},000\n{text}\n" for n, (start, stop, text) in enumerate(LINES, 1)
    ]
    film.with_suffix(".srt").write_text("\n".join(cues).replace(".5,000", ",500").replace(".0,000", ",000"))
    index_paths([film.parent], settings=replace(demo_settings(folder / "library"), captions=False))
    return folder / "library"


@pytest.fixture
def selects(
    indexed: Path, tmp_path: Path, browser: Browser, contexts: list[BrowserContext]
) -> Iterator[RunningService]:
    with serving(demo_settings(Path(shutil.copytree(indexed, tmp_path / "library")))) as running:
        yield running
        close_all(contexts)


def collections(service: RunningService) -> list[dict[str, Any]]:
    with service.client() as client:
        found = client.get("/api/v1/collections").json()["collections"]
        return [client.get(f"/api/v1/collections/{one['collection_id']}").json() for one in found]


def moments(service: RunningService) -> list[dict[str, Any]]:
    made = collections(service)
    return made[0]["moments"] if made else []


def search(page: Page, service: RunningService, query: str) -> None:
    page.goto(f"{service.url}/?q={query}&signals=said")
    expect(page.locator(".grid .card").first).to_be_visible()


def seek(page: Page, seconds: float) -> None:
    page.evaluate("at => { const v = document.querySelector('video'); v.pause(); v.currentTime = at; }", seconds)
    wait_for_frames(page)


@pytest.mark.thorough
def test_ticked_moments_are_added_to_a_new_collection_and_to_one_that_is_there(
    new_page: OpenPage, selects: RunningService
) -> None:
    page = new_page()
    add = page.get_by_text("Add to collection", exact=True)
    search(page, selects, "red+lantern")
    page.locator(".card-tick").first.click()
    add.click()
    name = page.get_by_role("textbox", name="Name of the new collection")
    expect(name).to_have_value("Selects")
    name.fill("Harbour")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("#toast")).to_have_text("1 moment added to “Harbour”.")
    expect(page.locator(".card-tick").first).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("region", name="Selected moments")).to_be_hidden()
    search(page, selects, "thank+you")
    page.locator(".card-tick").first.click()
    add.click()
    page.get_by_role("button", name="Harbour (1)").click()
    expect(page.locator("#toast")).to_have_text("1 moment added to “Harbour”.")
    (made,) = collections(selects)
    assert (made["name"], [one["text"] for one in made["moments"]]) == ("Harbour", [LINES[1][2], LINES[2][2]])
    page.locator(".card-tick").first.click()
    add.click()
    page.get_by_role("button", name="Harbour (2)").click()
    expect(page.locator("#toast")).to_have_text("These moments are already in the collection.")
    assert len(moments(selects)) == 2


def test_a_moment_is_trimmed_to_frames_noted_and_exported(new_page: OpenPage, selects: RunningService) -> None:
    page = new_page()
    search(page, selects, "red+lantern")
    page.locator(".grid .card a.frame").first.click()
    wait_for_frames(page)
    page.get_by_role("button", name="Add to “Selects”").click()
    expect(page.get_by_role("button", name="Remove from “Selects”")).to_be_visible()
    page.locator(".stage-panel").focus()
    seek(page, 3.25)
    page.keyboard.press("i")
    eventually(page, lambda: moments(selects)[0]["start_seconds"] == 81 / FPS, what="in at frame 81")
    seek(page, 4.43)
    page.keyboard.press("o")
    eventually(page, lambda: moments(selects)[0]["stop_seconds"] == 111 / FPS, what="out after frame 110")
    expect(page.locator(".trim-times")).to_have_text("0:03.24 – 0:04.44  (1.20 s)")
    assert "start=3.24" in page.url and "stop=4.44" in page.url
    page.get_by_role("combobox", name="Handles").select_option("0.5")
    eventually(page, lambda: moments(selects)[0]["handle_seconds"] == 0.5, what="handles")
    seek(page, 4.0)
    page.locator(".stage-panel").focus()
    page.keyboard.press("n")
    page.keyboard.type("too dark")
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Notes")).to_contain_text("too dark")
    page.get_by_role("link", name="Collections").click()
    expect(page.locator(".collection .card")).to_have_count(1)
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="FCPXML").click()
    assert download.value.suggested_filename == "Selects.fcpxml"
    (clip,) = ElementTree.parse(download.value.path()).iter("asset-clip")
    assert (clip.get("start"), clip.get("duration")) == (f"{81 - 12}/25s", f"{30 + 2 * 12}/25s")
    assert {mark.get("value"): mark.get("start") for mark in clip.iter("marker")}["too dark"] == "100/25s"


@pytest.mark.thorough
def test_the_keys_of_editors_move_the_player(new_page: OpenPage, selects: RunningService) -> None:
    page = new_page()
    search(page, selects, "red+lantern")
    page.locator(".grid .card a.frame").first.click()
    wait_for_frames(page)
    page.locator(".stage-panel").focus()
    page.keyboard.press("k")
    seek(page, 3.01)
    for key, frame in ((".", 76), (".", 77), (",", 76)):
        page.keyboard.press(key)
        wait_for_frames(page)
        eventually(page, lambda frame=frame: int(playing_time(page) * FPS) == frame, what=f"frame {frame}")
    page.keyboard.press("5")
    eventually(page, lambda: abs(playing_time(page) - 4) < 0.1, what="the middle")
    page.keyboard.press("l")
    page.keyboard.press("l")
    eventually(page, lambda: page.evaluate("document.querySelector('video').playbackRate") == 2, what="twice as fast")
    page.keyboard.press("k")
    assert page.evaluate("document.querySelector('video').paused")
    seek(page, 4)
    page.keyboard.press("j")
    eventually(page, lambda: playing_time(page) < 3.7, what="plays back")
    page.keyboard.press("k")
    assert page.url.startswith(f"{selects.url}/?q=")  # `l` goes to the library only while nothing is open


def starts(page: Page) -> list[float]:
    """Start times, in seconds, of the collection's moments as the page orders them."""
    return page.evaluate(
        "[...document.querySelectorAll('.collection .card')].map((card) => Number(card.dataset.start))"
    )


def test_a_collection_is_named_arranged_and_removed(new_page: OpenPage, selects: RunningService, watch: Watch) -> None:
    with selects.client() as client:
        (video,) = client.get("/api/v1/videos").json()["videos"]
        rows = [{"video_id": video["video_id"], "start_seconds": n, "stop_seconds": n + 1} for n in range(3)]
        client.post("/api/v1/collections", json={"name": "Rough", "moments": rows})
    page = new_page(reduced_motion="reduce")
    page.goto(f"{selects.url}/?view=collections")
    cards = page.locator(".collection .card")
    expect(cards).to_have_count(3)
    page.get_by_role("button", name="Move 3 earlier").click()
    eventually(page, lambda: [one["start_seconds"] for one in moments(selects)] == [0, 2, 1], what="moved by a button")
    eventually(page, lambda: starts(page) == [0, 2, 1], what="the page shows the new order")
    cards.nth(0).drag_to(cards.nth(2))
    eventually(page, lambda: [one["start_seconds"] for one in moments(selects)] == [2, 1, 0], what="moved by dragging")
    eventually(page, lambda: starts(page) == [2, 1, 0], what="the page shows the new order")
    page.get_by_role("button", name="Remove moment 2 from the collection").click()
    expect(cards).to_have_count(2)
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Name of the collection").fill("Fine cut")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("combobox", name="Collection")).to_contain_text("Fine cut (2)")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = [
            one["id"] for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")
        ]
        assert found == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("button", name="New collection").click()
    page.get_by_role("textbox", name="Name of the collection").fill("fine CUT")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("already")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Remove collection").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove collection").click()
    expect(page.get_by_role("heading", name="No collections yet")).to_be_visible()
    assert collections(selects) == []
    watch.forgive("400")  # the name that is taken
