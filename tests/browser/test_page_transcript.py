"""The transcript beside the player: read, searched, followed, corrected, and searched by what it says now."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pysubs2
import pytest
from playwright.sync_api import Page, expect

from indexer.models.transcript import TranscriptLine
from indexer.pipeline.index import index_paths
from indexer.records import Samples16
from tests.helpers.chromium import until, wait_for_frames
from tests.helpers.fakes_speech import FakeSpeechModel, loud_spans, said
from tests.helpers.media_sound import synthetic_voice, write_talkie
from tests.helpers.service import RunningService, demo_settings, serving

OpenPage = Callable[..., Page]
SPANS = [(2.0, 4.0), (8.0, 10.0), (14.0, 16.0)]
LINES = ["The Harper is closed on Sunday.", "Bring the red lantern.", "Thank you for watching!"]
MENDED = "The harbour is shut on Monday."


def index(films: Path, library: Path, name: str) -> None:
    def hear(sound: Samples16) -> list[TranscriptLine]:
        return [said(text, *at) for text, at in zip(LINES, loud_spans(sound), strict=True)]

    settings = replace(demo_settings(library), speech_model="given", captions=False)
    index_paths([films], settings=settings, speech_model=FakeSpeechModel(hear, name))


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    sound = synthetic_voice(19, SPANS)
    write_talkie(folder / "harbour.mp4", range(0, 18_000, 200), width=320, height=240, given_sound=sound)
    return folder


@pytest.fixture
def talk(films: Path, tmp_path: Path) -> Iterator[RunningService]:
    index(films, tmp_path / "library", "fake")
    with serving(demo_settings(tmp_path / "library")) as running:
        yield running


def open_first(page: Page, service: RunningService, query: str) -> None:
    page.goto(f"{service.url}/?q={quote(query)}")
    page.locator(".grid .card a.frame").first.click()
    wait_for_frames(page)


def test_the_transcript_follows_the_player_seeks_and_is_searched(new_page: OpenPage, talk: RunningService) -> None:
    page = new_page()
    open_first(page, talk, "red lantern")
    lines = page.locator(".transcript-lines li:not(.turn)")
    expect(lines).to_have_count(3)
    expect(page.locator(".transcript-about:visible")).to_have_text("Recognized speech, English")
    expect(page.locator(".transcript-lines [aria-current]")).to_contain_text(LINES[1])
    page.get_by_role("searchbox", name="Find in transcript").fill("harper")
    expect(lines).to_have_count(1)
    expect(lines.locator("mark")).to_have_text("Harper")
    lines.locator(".chapter").click()
    until(page, "Math.abs(document.querySelector('video').currentTime - 2.2) < 1.5")
    page.get_by_role("tab", name="Chapters").click()
    expect(lines).to_be_hidden()


def test_a_corrected_line_is_found_by_its_new_words_and_stays(
    new_page: OpenPage, talk: RunningService, films: Path, tmp_path: Path
) -> None:
    page = new_page()
    open_first(page, talk, "Harper Sunday")
    page.get_by_role("button", name=f"Edit: {LINES[0]}").click()
    page.get_by_role("textbox", name="Line at 2 seconds").fill(MENDED)
    page.get_by_role("button", name="Save", exact=True).click()
    first = page.locator(".transcript-lines li:not(.turn)").first
    expect(first).to_contain_text(MENDED)
    expect(first).to_contain_text("corrected")
    page.get_by_role("button", name=f"Edit: {LINES[2]}").click()
    page.get_by_role("textbox", name="Line at 14 seconds").fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".transcript-lines li:not(.turn)")).to_have_count(2)

    def found(query: str) -> list[str]:
        with talk.client() as client:
            made = client.get("/api/v1/search", params={"query": query, "signals": "speech_words"}).json()
        return [moment["text"] for moment in made["moments"]]

    assert found("shut Monday") == [MENDED]
    assert MENDED not in found("Harper Sunday") and LINES[0] not in found("Harper Sunday")
    index(films, tmp_path / "library", "another fake")
    with talk.client() as client:
        (video,) = client.get("/api/v1/videos").json()["videos"]
        srt = client.get(f"/api/v1/videos/{video['video_id']}/transcript.srt").text
        assert [cue.plaintext for cue in pysubs2.SSAFile.from_string(srt)] == [MENDED, LINES[1]]
        stale = {"source": "speech", "was": LINES[0], "text": "x"}
        refused = client.patch(f"/api/v1/videos/{video['video_id']}/transcript/0", json=stale)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:reelseek:problem:conflict")


@pytest.mark.thorough
def test_a_speaker_is_named_in_the_transcript_and_searched(new_page: OpenPage, talk: RunningService) -> None:
    page = new_page()
    open_first(page, talk, "red lantern")
    page.locator(".turn-name").first.click()
    page.get_by_role("textbox", name="Name of Speaker 1, in every video").fill("Anna")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator(".turn-name").first).to_have_text("Anna")
    with talk.client() as client:
        (video,) = client.get("/api/v1/videos").json()["videos"]
        path = f"/api/v1/videos/{video['video_id']}/texts"
        (heard,) = client.get(path, params={"source": "speech"}).json()["sources"]
        assert [(one["text"], one["speaker"]) for one in heard["lines"]] == [(text, "Anna") for text in LINES]
        (part,) = client.get(path, params={"source": "speech", "start": 5, "stop": 11}).json()["sources"]
        assert [one["text"] for one in part["lines"]] == LINES[1:2]
        assert {one["source"] for one in client.get(path).json()["sources"]} >= {"speech"}
        refused = client.get(path, params={"source": "smell"})
        assert refused.status_code == 400 and "screen_text" in refused.json()["detail"]
        assert client.get(path, params={"start": 5, "stop": 4}).status_code == 400
        assert client.get(f"/api/v1/videos/{9:032x}/texts").status_code == 404
        (speaker,) = client.get("/api/v1/speakers").json()["speakers"]
        assert (speaker["name"], speaker["videos"]) == ("Anna", 1)
        found = client.get("/api/v1/search", params={"query": "speaker:anna lantern"}).json()["moments"]
        assert found[0]["text"] == LINES[1]
        missing = client.patch("/api/v1/speakers", json={"name": "Berta", "new_name": "Anna"})
        assert missing.status_code == 404
