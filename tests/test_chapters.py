"""Chapters: where a video turns to something else, what each is called, and `reelseek describe`."""

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.chapter_formats import chapters_vtt
from api.cli.exit_codes import ExitCode
from api.cli.main import main
from indexer.models.vision_language import Prompt, Reply
from indexer.records import Chapter, SegmentRow, TextBox, TextRow, TimeSpan, Video, VideoMetadata
from indexer.store.library import Library
from search.chapters.chapters import chapters_of, chapters_titled_by_model
from search.chapters.slide_topics import slide_topics
from search.chapters.text_tiling import MAX_CHAPTERS, TilingUnit, tile_segments
from search.chapters.titles import MAX_TITLE_CHARACTERS, TimedLine, chapter_titles
from tests.helpers.media_service import MAKER
from tests.helpers.web_vtt import read_chapters

WORDS = (
    "bread oven dough flour yeast|horse meadow saddle stable rider|ship harbour sail anchor wave|piano chord key score"
)
TOPICS = [words.split() for words in WORDS.split("|")]


PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def topic_units(topics: list[int], seed: int, *, seconds: float = 12.0) -> list[TilingUnit]:
    """A unit for each number: a noisy picture and some words of its topic."""
    random, noise = Random(seed), np.random.default_rng(seed)
    axes = np.linalg.qr(np.random.default_rng(seed + 1).normal(size=(32, 32)))[0]
    units: list[TilingUnit] = []
    for number, topic in enumerate(topics):
        picture = (axes[topic] + 0.1 * noise.normal(size=32)).astype(np.float32)
        words = Counter(random.choices(TOPICS[topic], k=6) + random.choices(["people", "today", "look"], k=3))
        units.append(TilingUnit(TimeSpan(number * seconds, (number + 1) * seconds), picture, None, words))
    return units


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", ["both", "picture", "words"])
def test_a_chapter_begins_where_the_topic_changes(seed: int, kind: str) -> None:
    random = Random(seed)
    lengths = [random.randint(4, 9) for _ in range(4)]
    order = random.sample(range(4), 4)
    topics = [topic for topic, length in zip(order, lengths, strict=True) for _ in range(length)]
    units = topic_units(topics, seed)
    if kind == "picture":
        units = [replace(unit, words=Counter[str]()) for unit in units]
    if kind == "words":
        units = [replace(unit, picture=None) for unit in units]
    found = {span.start_seconds for span in tile_segments(units)}
    true = {12.0 * sum(lengths[:place]) for place in range(4)}
    assert true <= found and len(found - true) <= 1, (sorted(found), sorted(true))


@pytest.mark.parametrize("seed", range(8))
def test_what_stays_the_same_is_one_chapter(seed: int) -> None:
    random = np.random.default_rng(seed)
    same = random.normal(size=64)
    pictures = [(same + 0.05 * random.normal(size=64)).astype(np.float32) for _ in range(60)]
    units = [TilingUnit(TimeSpan(10.0 * n, 10.0 * n + 10), picture) for n, picture in enumerate(pictures)]
    assert tile_segments(units) == [TimeSpan(0.0, 600.0)]


@given(
    st.lists(st.tuples(st.floats(0.5, 40), st.integers(0, 3), st.booleans(), st.booleans()), max_size=120),
    st.integers(0, 1000),
)
@PATIENT
def test_chapters_cover_the_video_once(rows: list[tuple[float, int, bool, bool]], seed: int) -> None:
    begin, units = 0.0, list[TilingUnit]()
    for unit, (length, _, has_picture, has_words) in zip(
        topic_units([row[1] for row in rows], seed), rows, strict=True
    ):
        picture = unit.picture if has_picture else None
        words = unit.words if has_words else Counter[str]()
        units.append(replace(unit, span=TimeSpan(begin, begin + length), picture=picture, words=words))
        begin += length
    spans = tile_segments(units)
    assert bool(spans) == bool(units) and len(spans) <= MAX_CHAPTERS
    if spans:
        assert spans[0].start_seconds == 0.0 and spans[-1].stop_seconds == begin
        assert all(one.stop_seconds == next_.start_seconds for one, next_ in pairwise(spans))
        assert len(spans) == 1 or min(span.duration_seconds for span in spans) >= 10.0


def line(text: str, start: float, *, source: str = "subtitle", seconds: float = 3.0) -> TimedLine:
    return TimedLine(source, TimeSpan(start, start + seconds), text)  # pyright: ignore[reportArgumentType]


def test_a_title_says_what_its_chapter_says_and_the_others_do_not() -> None:
    told = chapter_titles(
        [
            (TimeSpan(0, 60), [line("Hello, and welcome.", 0), line("We knead the dough for the bread.", 20),
                               line("The dough must rest, says the baker.", 40), line("And now.", 50)]),
            (TimeSpan(60, 120), [line("And now.", 60), line("The horse leaves its stable.", 80),
                                 line("A horse needs a meadow.", 100)]),
            (TimeSpan(120, 180), []),
        ]
    )  # fmt: skip
    assert "dough" in told[0] and "horse" in told[1].lower() and told[2] == "Part 3"


def test_a_slide_is_called_by_its_heading() -> None:
    slide = "Sorting networks\nCompare and swap\nDepth and size"
    spoken = [line(f"So here we compare elements and swap them, number {n}.", n) for n in range(5, 50, 5)]
    logo = [line("Example University", start, source="screen_text") for start in (0.0, 60.0)]
    told = chapter_titles(
        [
            (TimeSpan(0, 60), [*logo[:1], line(slide, 1, source="screen_text", seconds=58), *spoken]),
            (TimeSpan(60, 120), [*logo[1:], line("Hashing\nCollisions", 61, source="screen_text", seconds=50)]),
        ]
    )
    assert told[0] in slide.split("\n") and told[1] in ("Hashing", "Collisions")


def slide(start: float, stop: float, heading: str, *points: str) -> list[TextRow]:
    """The on-screen texts of a slide: a large heading, and its points, one after the other."""
    rows = [(start, heading, 0.08, 0.16)]
    rows += [(start + 2 + 4 * n, point, 0.3 + 0.12 * n, 0.35 + 0.12 * n) for n, point in enumerate(points)]
    return [
        TextRow("screen_text", 0, TimeSpan(begin, stop), text, None, boxes=(TextBox(0, begin, 0.1, top, 0.9, bottom),))
        for begin, text, top, bottom in rows
    ]


def test_slides_under_one_heading_are_one_topic() -> None:
    talk = [
        *slide(0, 40, "Sorting networks", "Compare and swap", "Depth"),
        *slide(40, 90, "Sorting networks (2/2)", "Bitonic", "Odd and even"),
        *slide(90, 95, "Questions?"),
        *slide(95, 150, "Hash tables", "Open addressing", "Chaining"),
        *slide(150, 200, "Hash tables cont.", "Resizing"),
        *slide(200, 240, "Summary", "Sorting", "Hash tables"),
    ]
    topics = slide_topics(talk, 241.0)
    assert [(topic.span.start_seconds, topic.heading) for topic in topics] == [
        (0.0, "Sorting networks"), (95.0, "Hash tables"), (200.0, "Summary")
    ]  # fmt: skip
    assert topics[-1].span.stop_seconds == 241.0
    assert all(one.span.stop_seconds == later.span.start_seconds for one, later in pairwise(topics))


def test_titles_in_a_film_are_no_slides() -> None:
    film = [*slide(0, 6, "The harbour"), *slide(100, 106, "Ten years later"), *slide(280, 300, "The end")]
    assert slide_topics(film, 300.0) == []
    assert slide_topics(slide(0, 300, "Always the same", "One", "Two"), 300.0) == []
    assert slide_topics([], 300.0) == []


def test_a_talk_is_divided_by_its_slides(world: Path) -> None:
    with Library.open(world) as library:
        found = chapters_of(library, library.video("d" * 32))
    assert [(one.span.start_seconds, one.title) for one in found] == [
        (0.0, "Bread"),
        (50.0, "Horses"),
        (130.0, "Ships"),
    ]


@given(st.lists(st.lists(st.text(max_size=200), max_size=4), max_size=6))
@PATIENT
def test_titles_are_short_and_distinct(texts: list[list[str]]) -> None:
    told = chapter_titles([(TimeSpan(n, n + 1), [line(text, n) for text in own]) for n, own in enumerate(texts)])
    assert len(told) == len(texts) and len(set(told)) == len(told)
    assert all(title and len(title) <= MAX_TITLE_CHARACTERS and "\n" not in title for title in told)


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e3), st.text(max_size=40)), max_size=20))
@PATIENT
def test_any_chapters_are_strict_web_vtt(rows: list[tuple[float, float, str]]) -> None:
    read_chapters(chapters_vtt((TimeSpan(start, start + length), title) for start, length, title in rows))


@pytest.fixture(scope="module", name="world")
def world_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two videos of three topics each; one has chapters of its own."""
    folder = tmp_path_factory.mktemp("chapters") / "library"
    topics = [0] * 5 + [1] * 6 + [2] * 5
    units = topic_units(topics, 7)
    stages = {"picture": "1", "captions": "1"}
    own = VideoMetadata(
        chapters=(
            Chapter(TimeSpan(0.0, 100.0), "Bread"),
            Chapter(TimeSpan(90.0, 150.0), ""),
            Chapter(TimeSpan(150.0, 192.0), 'The <end> & "credits"'),
        )
    )
    with Library.open_writer(folder, maker=MAKER) as library:
        for video_id, metadata in (("a" * 32, VideoMetadata()), ("b" * 32, own)):
            segments = [SegmentRow(n, unit.span, unit.span.start_seconds, None) for n, unit in enumerate(units)]
            rows = [
                TextRow("caption", n, unit.span, f"{TOPICS[topic][0]} and {' '.join(unit.words)}", None)
                for n, (unit, topic) in enumerate(zip(units, topics, strict=True))
            ]
            library.write_pictures([(video_id, segments, [])])
            library.write_texts([(video_id, "caption", rows)])
            library.put_videos(
                [Video(video_id, (f"/films/{video_id[0]}.mp4",), 1, (1,), 192.0, None, stages, metadata=metadata)]  # pyright: ignore
            )
        headings = [(0, 50, "Bread"), (50, 90, "Horses"), (90, 130, "Horses 2"), (130, 192, "Ships")]
        talk = [row for start, stop, heading in headings for row in slide(start, stop, heading)]
        segments = [SegmentRow(n, unit.span, unit.span.start_seconds, None) for n, unit in enumerate(units)]
        library.write_pictures([("d" * 32, segments, [])])
        library.write_texts([("d" * 32, "screen_text", talk)])
        shown = {"picture": "1", "screen_text": "1"}
        library.put_videos([Video("d" * 32, ("/films/d.mp4",), 1, (1,), 192.0, None, shown)])
        library.put_videos([Video("c" * 32, ("/films/c.mp4",), 1, (1,), 0.0, None, failure_kind="unreadable")])
    return folder


def run(world: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["describe", *arguments, "--library", str(world)])


def test_describe_tells_found_chapters(world: Path) -> None:
    shown = json.loads(run(world, "a.mp4", "--json").stdout)
    found = shown["chapters"]
    assert [one["start_seconds"] for one in found] == [0.0, 60.0, 132.0]
    assert found[-1]["stop_seconds"] == 192.0 and {one["source"] for one in found} == {"found"}
    for one, topic in zip(found, TOPICS, strict=False):
        assert any(word in one["title"] for word in topic)


def test_describe_takes_the_containers_chapters(world: Path) -> None:
    result = run(world, "b.mp4", "--format", "webvtt")
    cues = read_chapters(result.stdout)
    assert [(cue.start_ms, cue.stop_ms) for cue in cues] == [(0, 90_000), (90_000, 150_000), (150_000, 192_000)]
    assert cues[0].text == "Bread" and cues[2].text == 'The <end> & "credits"' and cues[1].text
    assert run(world, "b.mp4").stdout.splitlines()[0] == "0:00:00.0  Bread"


def test_describe_says_when_there_is_nothing(world: Path, tmp_path: Path) -> None:
    nothing = run(world, "c.mp4")
    assert nothing.exit_code == ExitCode.NOTHING_FOUND and "this video is not indexed yet" in nothing.stdout
    assert run(world, "none.mp4").exit_code == ExitCode.STOPPED
    out = tmp_path / "a.vtt"
    assert run(world, "a.mp4", "--format", "webvtt", "--out", str(out)).exit_code == ExitCode.OK
    assert len(read_chapters(out.read_text())) == 3
    assert "--force" in run(world, "a.mp4", "--format", "webvtt", "--out", str(out)).stderr


class FakeModel:
    """Titles each part by the prompt's first quoted word; has a small context."""

    name, context_limit = "fake", 400

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []

    def count_tokens(self, prompt: Prompt) -> int:
        return len(str(prompt[0].parts).split())

    def generate(self, prompts: list[Prompt], **given: object) -> list[Reply]:
        self.prompts += prompts
        return [Reply(' "About\nthis." ', "stop", 3) for _ in prompts]  # pyright: ignore


def test_a_model_may_write_the_titles(world: Path) -> None:
    with Library.open(world) as library:
        model = FakeModel()
        told = chapters_titled_by_model(library, library.video("b" * 32), model)  # pyright: ignore[reportArgumentType]
        assert [one.title for one in told] == ["Bread", "About this", 'The <end> & "credits"']
        assert len(model.prompts) == 1 and model.count_tokens(model.prompts[0]) <= 400
        assert [one.span for one in told] == [one.span for one in chapters_of(library, library.video("b" * 32))]
