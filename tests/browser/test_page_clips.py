"""Moments that a person chooses and asks about."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.chromium import expect_address
from tests.helpers.fakes_library import FakeLibrary
from tests.helpers.fakes_service import FakeService

OpenPage = Callable[..., Page]
CLIPS = [f"{1:032x}@4-8", f"{2:032x}@10.5-14"]


def asked(library: FakeLibrary) -> list[dict[str, object]]:
    return [
        json.loads(body)
        for (_, path), body in zip(library.requests, library.bodies, strict=True)
        if path == "/api/v1/ask"
    ]


def test_chosen_moments_are_asked_about_and_stay_in_the_address(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=a+red+square")
    tray = page.get_by_role("form", name="Ask about chosen moments")
    expect(page.locator(".card-choose")).to_have_count(4)
    expect(tray).to_be_hidden()
    page.locator(".card-choose").nth(0).click()
    page.locator(".card-choose").nth(2).click()
    page.locator(".card-choose").nth(1).click()
    expect(page.locator(".tray-count")).to_have_text("3 moments chosen")
    page.get_by_role("button", name="Leave out talk.mp4 0:12").click()
    expect(page.locator(".card-choose").nth(2)).to_have_attribute("aria-pressed", "false")
    page.get_by_label("Question about the chosen moments").fill("are these alike?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".answer-text:not(.is-coming)")).to_have_text("The square is red.")
    assert asked(library) == [{"question": "are these alike?", "clips": CLIPS}]
    expect_address(page, {"q": "are these alike?", "mode": "ask", "clips": ",".join(CLIPS)})
    page.reload()
    expect(page.locator(".tray-count")).to_have_text("2 moments chosen")
    assert asked(library)[-1]["clips"] == CLIPS
    page.get_by_role("button", name="Clear", exact=True).last.click()
    expect(tray).to_be_hidden()


@pytest.mark.parametrize("width", [320, 1280])
def test_the_tray_fits_every_screen(new_page: OpenPage, service: FakeService, width: int) -> None:
    page = new_page(width=width)
    page.goto(f"{service.address}/?q=a+red+square")
    for place in range(4):
        page.locator(".card-choose").nth(place).click()
    expect(page.locator(".tray-count")).to_have_text("4 moments chosen")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
