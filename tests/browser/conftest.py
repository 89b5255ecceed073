"""A real Chromium for the page's tests, and what all of them hold: no errors, no other host."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.helpers.chromium import ARGUMENTS, Watch, chromium_path
from tests.helpers.fakes_library import FakeLibrary
from tests.helpers.fakes_service import FakeService
from tests.helpers.media import write_video
from tests.helpers.shared_folder import make_once

FILM_SECONDS = 24
PATIENCE_MILLISECONDS = 60_000
"""Nothing takes so long; a machine that is busy with other things may."""
expect.set_options(timeout=PATIENCE_MILLISECONDS)
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a file of tests; skips where there is none."""
    path = chromium_path()
    if path is None:
        pytest.skip("there is no chromium here, so the page was not opened; CHROMIUM=/path names one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What the browser complained about; a test that expects complaints clears them."""
    watch = Watch()
    yield watch
    assert watch.errors == []
    assert watch.elsewhere == []


@pytest.fixture
def contexts() -> Iterator[list[BrowserContext]]:
    """What is open; closed before the service is, so that no request is cut off."""
    contexts: list[BrowserContext] = []
    yield contexts
    close_all(contexts)


@pytest.fixture
def new_page(browser: Browser, watch: Watch, contexts: list[BrowserContext]) -> OpenPage:
    """Makes pages of their own context: `new_page(width=360, color_scheme="dark")`."""

    def make(*, width: int = 1280, height: int = 800, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        watch.attach(page)
        return page

    return make


def close_all(contexts: list[BrowserContext]) -> None:
    while contexts:
        contexts.pop().close()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small H.264 file that Chromium plays."""

    def draw(folder: Path) -> None:
        write_video(folder / "film.mp4", range(0, FILM_SECONDS * 1000, 200), width=320, height=240, key_every=5)

    return make_once(tmp_path_factory, "film", draw) / "film.mp4"


@pytest.fixture
def library(film: Path) -> FakeLibrary:
    """Three videos and four moments."""
    library = FakeLibrary(film, FILM_SECONDS)
    talk = library.add_video(1, "talk.mp4", folder="lectures")
    walk = library.add_video(2, "a walk by the river.mkv")
    lost = {"stage": "screen_text", "kind": "unexpected", "reason": "unexpected ValueError", "log": "failures.log"}
    library.add_video(3, "half.mp4", state="partial", stages=["picture"], stage_failures=[lost])
    library.add_video(
        4, "bad.avi", state="failed", duration_seconds=0, failure={"kind": "unreadable", "reason": "no picture"}
    )
    signals = {"picture": 2, "subtitle_words": 1}
    words = "the red square moves"
    library.add_moment(talk, 4, 8, text=words, matched=[[4, 7], [8, 14]], signals=signals, caption="A red square.")
    library.add_moment(walk, 10.5, 14, caption="A green ring over grey stripes.")
    library.add_moment(talk, 12, 16, signals={"screen_text": 1}, text="EXIT")
    library.add_moment(walk, 18, 20)
    cited = [{**library.moments[0], "why": "the square is red"}, {**library.moments[1], "why": "seen again"}]
    library.answer = {
        "question": "?", "found": True, "answer": "The square is red.", "moments": cited, "model": "tiny",
        "seconds": 1.5,
        "evidence": {"clips": 4, "frames": 12, "tokens": 900, "context_limit": 2048, "passes": 1}, "warnings": [],
    }  # fmt: skip
    library.texts = {
        "subtitle": [(4, 7, "The red square moves."), (7, 12, "Now it stands still.")],
        "screen_text": [(0, 24, "Lecture 1\nSquares"), (12, 20, "EXIT")],
        "caption": [(0, 8, "A red square."), (8, 16, "A green ring over grey stripes.")],
    }
    library.words = ["The square", " is", " red."]
    return library


@pytest.fixture
def service(library: FakeLibrary, contexts: list[BrowserContext]) -> Iterator[FakeService]:
    """The fake service over `library`."""
    service = FakeService(library)
    yield service
    close_all(contexts)
    service.close()
