"""The page over the real service and recordings without pictures: found by a sidecar, shown as waveforms, played."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from indexer.pipeline.index import index_paths
from tests.helpers.chromium import playing_time, until
from tests.helpers.media_sound import synthetic_voice, write_recording
from tests.helpers.service import RunningService, demo_settings, serving

pytestmark = pytest.mark.thorough

OpenPage = Callable[..., Page]
SLOW_MILLISECONDS = 120_000
LINE = "The harbour master rings the bell."
START = 40.0
COVER = np.full((300, 300, 3), (150, 40, 60), np.uint8)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """The real service over two recordings."""
    folder = tmp_path_factory.mktemp("recordings")
    spans = [(second, second + 2.4) for second in range(1, 66, 4)]
    write_recording(folder / "episode.mp3", synthetic_voice(70, spans), sound_codec="libmp3lame", cover=COVER)
    (folder / "episode.srt").write_text(f"1\n00:00:40,000 --> 00:00:43,000\n{LINE}\n")
    write_recording(folder / "memo.opus", synthetic_voice(12, [(2, 9)]), sound_codec="libopus", container="ogg")
    settings = demo_settings(folder / "library")
    index_paths([folder], settings=settings)
    with serving(settings) as running:
        yield running


def open_moment(page: Page, real: RunningService) -> None:
    page.goto(real.url)
    page.get_by_role("combobox", name="Search query").fill(f'said:"{LINE.rstrip(".")}"')
    page.keyboard.press("Enter")
    card = page.locator(".grid .card").first
    expect(card).to_contain_text("episode.mp3", timeout=SLOW_MILLISECONDS)
    expect(card).to_contain_text("harbour master")
    until(page, "document.querySelector('.card img')?.naturalWidth === 320")
    expect(card.get_by_role("link", name="Play episode.mp3 from 40 seconds")).to_be_visible()
    expect(card.get_by_role("link", name="More like this")).to_have_count(0)
    card.locator("a.frame").click()
    expect(page.locator("video")).to_be_visible()


def test_a_spoken_moment_is_found_and_plays_from_its_second(new_page: OpenPage, real: RunningService) -> None:
    page = new_page()
    open_moment(page, real)
    until(page, f"document.querySelector('video').currentTime > {START} + 0.2")
    assert START <= playing_time(page) < START + 20
    assert page.evaluate("document.querySelector('video').videoWidth") == 0
    wave = page.get_by_role("img", name="Waveform")
    expect(wave).to_be_visible()
    until(page, "document.querySelector('.waveform img').naturalWidth === 320")
    expect(page.locator(".waveform-span")).to_be_visible()


def test_the_waveform_follows_a_seek(new_page: OpenPage, real: RunningService) -> None:
    page = new_page()
    open_moment(page, real)
    wave = page.get_by_role("img", name="Waveform")
    expect(wave).to_be_visible()
    before = wave.get_attribute("aria-label")
    line = page.get_by_role("slider", name="Position")
    box = line.bounding_box()
    assert box
    line.click(position={"x": box["width"] * 0.1, "y": 15})
    until(page, "document.querySelector('video').currentTime < 12")
    expect(wave).not_to_have_attribute("aria-label", str(before))
    assert 5 < playing_time(page) < 12
    expect(page.locator(".peek-picture")).to_be_hidden()


def test_the_library_shows_the_cover_and_the_waveform(new_page: OpenPage, real: RunningService) -> None:
    page = new_page()
    page.goto(f"{real.url}/?view=library")
    expect(page.locator(".card-video")).to_have_count(2, timeout=SLOW_MILLISECONDS)
    until(page, "[...document.querySelectorAll('.card img')].filter(image => image.naturalWidth > 0).length === 2")
    shapes = page.evaluate(
        "[...document.querySelectorAll('.card img')].map(one => one.naturalWidth / one.naturalHeight)"
    )
    assert sorted(shapes) == pytest.approx([1, 16 / 9], abs=0.02)
    expect(page.locator(".card-video", has_text="memo.opus")).to_contain_text("sound")
    page.get_by_role("link", name="Open memo.opus").click()
    expect(page.get_by_role("img", name="Waveform")).to_be_visible()
    until(page, "document.querySelector('video').readyState >= 2")


def test_a_recording_is_uploaded_and_its_home_card_has_a_picture(new_page: OpenPage, tmp_path: Path) -> None:
    note = write_recording(tmp_path / "voice note.m4a", synthetic_voice(6, [(1, 3)]), cover=COVER, container="mp4")
    with serving(demo_settings(tmp_path / "library")) as running:
        page = new_page()
        page.goto(f"{running.url}/?view=library")
        page.locator("#picker").set_input_files(note)
        expect(page.locator(".card-video")).to_have_count(1, timeout=SLOW_MILLISECONDS)
        page.goto(running.url)
        until(page, "document.querySelector('.card img')?.naturalWidth > 0")
        page.goto("about:blank")
