"""Search by an image or a moment in the page, and what is folded into a moment."""

import base64
import hashlib
import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.chromium import Watch, eventually, expect_address, until
from tests.helpers.fakes_library import FakeLibrary, picture_bytes
from tests.helpers.fakes_service import FakeService

TALK = f"{1:032x}"
OpenPage = Callable[..., Page]
STILL = picture_bytes(1, 4.0)
DROP = """text => {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], 'still.jpg', { type: 'image/jpeg' }));
  window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


@pytest.mark.thorough
def test_more_like_a_moment_is_one_click_and_a_link(
    new_page: OpenPage, service: FakeService, library: FakeLibrary
) -> None:
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    page.get_by_role("link", name="More like this").first.click()
    expect(page.locator(".example")).to_contain_text("More like the moment at 0:04")
    expect(page.locator(".grid .card")).to_have_count(4)
    expect_address(page, {"like": f"{TALK}@4-8"})
    again = new_page()
    again.goto(page.url)
    expect(again.locator(".example")).to_be_visible()
    again.get_by_role("combobox", name="Search query").fill("but at night")
    again.keyboard.press("Enter")
    expect(again.locator(".example")).to_contain_text("but: but at night")
    expect_address(again, {"like": f"{TALK}@4-8", "q": "but at night"})
    eventually(again, lambda: any("like=" in path and "query=but" in path for _, path in library.requests))
    again.get_by_role("button", name="Clear example").click()
    expect_address(again, {"q": "but at night"})


def test_a_dropped_image_is_searched_with_and_lives_in_the_address(
    new_page: OpenPage, service: FakeService, library: FakeLibrary, watch: Watch
) -> None:
    page = new_page()
    page.goto(service.address)
    page.evaluate(DROP, base64.b64encode(STILL).decode())
    expect(page.locator(".example")).to_contain_text("Similar to your image")
    expect(page.locator(".grid .card")).to_have_count(4)
    asked = json.loads(next(body for body in reversed(library.bodies) if body))
    assert base64.b64decode(asked["image"]) == STILL
    assert library.uploads == []
    expect_address(page, {"image": hashlib.sha256(STILL).hexdigest()})
    again = new_page()
    again.goto(page.url)
    expect(again.locator(".grid .card")).to_have_count(4)
    until(again, "document.querySelector('.example img').naturalWidth > 0")
    asked = json.loads(next(body for body in reversed(library.bodies) if body))
    assert base64.b64decode(asked["image"]) == STILL
    library.images.clear()
    again.reload()
    expect(again.locator(".notice")).to_contain_text("The image is no longer available")
    again.locator("#image-picker").set_input_files({"name": "still.jpg", "mimeType": "image/jpeg", "buffer": STILL})
    expect(again.locator(".grid .card")).to_have_count(4)
    watch.forgive("404")


def test_what_is_folded_opens_in_place(new_page: OpenPage, service: FakeService, library: FakeLibrary) -> None:
    library.moments[0] |= {"alike": 12, "in_video": 3}
    page = new_page()
    page.goto(f"{service.address}/?q=red")
    page.get_by_role("button", name="12 more like this, 3 more in this video").click()
    expect(page.locator(".grid .card.is-folded")).to_have_count(2)
    assert any("expand=1" in path for _, path in library.requests)
    expect(page.get_by_role("button", name="12 more like this")).to_have_count(0)
