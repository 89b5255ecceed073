"""The scope of a search or a question: said in one way everywhere, and nothing outside is found, shown or cited."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.cli.main import main
from indexer.config import Settings
from indexer.errors import NotInLibraryError, QueryError, QuerySyntaxError
from indexer.models.vision_language import Prompt
from indexer.records import TextRow, TimeSpan, VideoMetadata
from indexer.speech.speakers import voice_of
from indexer.store.library import Library
from search.answering import multi_pass as passes
from search.answering.answer import Answer
from search.answering.asker import Asker
from search.answering.clip_planning import PlannedClip
from search.answering.clip_reader import ReadClips
from search.answering.token_budget import blank_clip
from search.conversation.conversation import Conversation
from search.engine import SearchEngine
from search.query.scope import parse_scope
from tests.helpers.fakes_search import SmallLibrary, fake_models
from tests.helpers.fakes_vlm import FakeVisionLanguageModel, words_of

CASES = 100
"""Random scopes, each for a search, a question and a conversation."""
ANIMALS = "cat dog horse cow sheep goat hen duck goose pig".split()


@dataclass(frozen=True)
class Known:
    """A video of the library, as the test itself knows it."""

    folder: str
    name: str
    tags: tuple[str, ...]
    day: date
    shots: int
    """Of six seconds each."""
    said: tuple[tuple[float, str], ...] = ()
    """(start, who): each line lasts four seconds."""

    @property
    def seconds(self) -> float:
        return 6.0 * self.shots


VIDEOS = (
    Known("2022/rome", "a.mp4", ("family",), date(2022, 3, 1), 10, ((1.0, "Anna"), (30.0, "Bob"))),
    Known("2022/rome", "b.mp4", ("family", "draft"), date(2022, 8, 9), 5, ((2.0, "Bob"),)),
    Known("2023/rome", "c.mp4", ("work",), date(2023, 1, 5), 10),
    Known("2023/oslo", "d.mp4", (), date(2023, 5, 30), 8, ((13.0, "Anna"), (20.0, "Anna"))),
    Known("2023/oslo", "e.mp4", ("family",), date(2023, 6, 1), 3, ((0.0, "Bob"), (12.0, "Anna"))),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scope") / "library"
    made = SmallLibrary(folder)
    stages = {"picture": "1", "subtitles": "1", "speech": "1"}
    for known in VIDEOS:
        shots = [(6.0 * n, 6.0 * n + 6, f"{ANIMALS[n % 10]} meadow") for n in range(known.shots)]
        lines = [("subtitle", start, stop, f"a {seen} is here") for start, stop, seen in shots]
        made.add(f"{known.folder}/{known.name}", shots, lines, stages=stages)  # pyright: ignore[reportArgumentType]
    assert made.models.text is not None
    vector = made.models.text.embed_documents(["words"])[0]
    made.close()
    with Library.open(folder) as library:
        maker, videos = library.maker, library.videos()
    with Library.open_writer(folder, maker=maker) as library:
        for video in videos:
            known = known_of(video.path)
            people = list(dict.fromkeys(who for _, who in known.said))
            rows = [
                TextRow("speech", int(start // 6), TimeSpan(start, start + 4), "words", vector, voice=people.index(who))
                for start, who in known.said
            ]
            library.write_texts([(video.video_id, "speech", rows)])
            voices = tuple(voice_of(np.ones(256, np.float32) / 16, 9.0, who) for who in people)
            created = VideoMetadata(created=f"{known.day}T12:00:00Z")
            library.put_videos([replace(video, tags=known.tags, voices=voices, metadata=created)])
    return folder


def known_of(place: str) -> Known:
    return next(one for one in VIDEOS if place.endswith(f"{one.folder}/{one.name}"))


@dataclass(frozen=True)
class Filter:
    """A filter as it is written, and by the test's own reckoning whether a span is inside."""

    written: str
    holds: Callable[[Known, TimeSpan], bool]
    is_speaker: bool = False


def speaks(known: Known, span: TimeSpan, who: str) -> bool:
    return any(name == who and TimeSpan(at, at + 4).intersection_seconds(span) > 0 for at, name in known.said)


def in_time(low: float, high: float) -> Filter:
    return Filter(
        f"at:{low:g}s..{high:g}s",
        lambda known, span: span.start_seconds >= low - 1e-6 and span.stop_seconds <= high + 1e-6,
    )


def since(day: date) -> Filter:
    return Filter(f"date:{day}..", lambda known, span: known.day >= day)


FILTERS = st.one_of(
    st.sets(st.sampled_from("abcde"), min_size=1, max_size=3).map(
        lambda names: Filter(
            " ".join(f"video:{n}.mp4" for n in sorted(names)), lambda known, span: known.name[0] in names
        )
    ),
    st.sampled_from(("2022", "rome", "oslo", "2023/oslo")).map(
        lambda name: Filter(f"folder:{name}", lambda known, span: name in known.folder)
    ),
    st.sampled_from(("family", "work", "draft")).map(
        lambda tag: Filter(f"tag:{tag}", lambda known, span: tag in known.tags)
    ),
    st.sampled_from(("family", "draft")).map(
        lambda tag: Filter(f"-tag:{tag}", lambda known, span: tag not in known.tags)
    ),
    st.integers(0, 600).map(lambda days: since(date(2022, 1, 1) + timedelta(days=days))),
    st.sampled_from((2022, 2023)).map(lambda year: Filter(f"date:{year}", lambda known, span: known.day.year == year)),
    st.sampled_from((20, 40, 55)).map(lambda n: Filter(f"duration:<{n}s", lambda known, span: known.seconds < n)),
    st.tuples(st.integers(0, 30), st.integers(1, 40)).map(lambda pair: in_time(pair[0], pair[0] + pair[1])),
    st.sampled_from(("Anna", "Bob")).map(
        lambda who: Filter(f"speaker:{who}", lambda known, span: speaks(known, span, who), is_speaker=True)
    ),
    st.sampled_from(("Anna", "Bob")).map(
        lambda who: Filter(f"-speaker:{who}", lambda known, span: not speaks(known, span, who), is_speaker=True)
    ),
)


def one_of_each(chosen: Sequence[Filter]) -> list[Filter]:
    """A second `video:` would be an alternative, a second range replace the first."""
    kinds = {one.written.split(":")[0].lstrip("-"): one for one in chosen}
    return list(kinds.values())


SCOPES = st.lists(FILTERS, min_size=1, max_size=3).map(one_of_each)


@pytest.fixture(autouse=True)
def black_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(planned: Sequence[PlannedClip], *, frames_a_step: int, **given: Any) -> ReadClips:
        return ReadClips([(clip, blank_clip(clip, frames_a_step=frames_a_step)) for clip in planned], [])

    monkeypatch.setattr(passes, "read_clips", read)


@pytest.fixture(scope="module")
def engine(path: Path) -> Iterator[SearchEngine]:
    with SearchEngine.open(path, settings=Settings(), load=fake_models) as opened:
        yield opened


def check_inside(chosen: Sequence[Filter], place: str, span: TimeSpan) -> None:
    known = known_of(place)
    for one in chosen:
        assert one.holds(known, span), f"{known.name} {span} is outside {one.written}"


def check_answer(engine: SearchEngine, chosen: Sequence[Filter], answer: Answer) -> None:
    """Every clip shown and every moment cited is inside."""
    names = {video.video_id: video.path for video in engine.videos()}
    for video_id, span in answer.shown:
        check_inside(chosen, names[video_id], span)
    for moment in answer.moments:
        clips = [span for video_id, span in answer.shown if video_id == moment.video_id]
        inside_a_clip = any(span.intersection_seconds(moment.span) == moment.span.duration_seconds for span in clips)
        whole = [one for one in chosen if not one.is_speaker] if inside_a_clip else chosen
        check_inside(whole, moment.video, moment.span)


def may_be_empty(chosen: Sequence[Filter]) -> bool:
    """Whether no video passes the filters on whole videos."""
    whole = [one for one in chosen if not one.is_speaker and not one.written.startswith("at:")]
    return not any(all(one.holds(known, TimeSpan(0, 1)) for one in whole) for known in VIDEOS)


@pytest.mark.slow
@settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    SCOPES,
    st.sampled_from(("When can one see a horse meadow?", "How often is a goat shown?", "Summarise this")),
    st.booleans(),
    st.lists(st.tuples(st.integers(1, 4), st.floats(0, 70), st.floats(0, 70)), max_size=3),
)
def test_nothing_outside_is_shown_or_cited(
    engine: SearchEngine, chosen: list[Filter], question: str, retrieval: bool, cited: list[tuple[int, float, float]]
) -> None:
    def script(prompt: Prompt) -> str:
        items = [{"clip": clip, "start": start, "stop": stop, "why": "seen"} for clip, start, stop in cited]
        return json.dumps({"answer": "yes", "found": True, "moments": items})

    asker = Asker(engine, Settings(), load=lambda _: FakeVisionLanguageModel(script))
    scope = " ".join(one.written for one in chosen)
    retrieval = retrieval or any(one.is_speaker for one in chosen)
    try:
        answer = asker.ask(question, scope=scope, retrieval=retrieval)
    except NotInLibraryError:
        assert may_be_empty(chosen)
        return
    assert not may_be_empty(chosen)
    check_answer(engine, chosen, answer)


FOLLOW_UPS = (
    "and a goat meadow?",
    "only in the second video",
    "and in the other video?",
    "same question for b.mp4",
    "d.mp4?",
    "and after that?",
    "what happens before that?",
    "how many times in total?",
    "and anywhere?",
    "go back to all videos",
)


@pytest.mark.thorough
@pytest.mark.slow
@settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SCOPES, st.lists(st.sampled_from(FOLLOW_UPS), min_size=1, max_size=4), st.floats(0, 60))
def test_no_follow_up_leaves_the_scope(
    engine: SearchEngine, chosen: list[Filter], follow_ups: list[str], cited: float
) -> None:
    def script(prompt: Prompt) -> str:
        moment = {"clip": 1, "start": cited, "stop": cited + 4, "why": "seen"}
        return json.dumps({"answer": "yes", "found": True, "moments": [moment]})

    asker = Asker(engine, Settings(), load=lambda _: FakeVisionLanguageModel(script))
    conversation = Conversation(asker, scope=" ".join(one.written for one in chosen))
    for words in ("When can one see a horse meadow?", *follow_ups):
        try:
            exchange = conversation.ask(words)
        except (QueryError, NotInLibraryError):  # as where there is no second video, or nothing before a moment
            continue
        check_answer(engine, chosen, exchange.answer)
    assert conversation.exchanges or may_be_empty(chosen)


@pytest.mark.slow
@settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SCOPES, st.sampled_from(("horse meadow", "goat", "no such thing", '"is here"', "like")))
def test_nothing_outside_is_found(engine: SearchEngine, chosen: list[Filter], query: str) -> None:
    scope = " ".join(one.written for one in chosen)
    like = "a.mp4@13" if query == "like" else None
    try:
        found = engine.search("" if like else query, like=like, scope=scope, limit=50)
    except NotInLibraryError:
        assert may_be_empty(chosen)
        return
    for moment in (*found.moments, *found.closest):
        check_inside(chosen, moment.video, moment.span)


def test_a_scope_finds_what_the_query_language_finds(engine: SearchEngine) -> None:
    for scope in ("video:a.mp4 video:d.mp4", "folder:oslo -tag:family", "date:2022 at:6s..30s", "duration:>40s"):
        spoken = engine.search(f'"is here" {scope}', limit=50)
        scoped = engine.search('"is here"', scope=scope, limit=50)
        assert (
            [(one.video, one.span) for one in scoped.moments] == [(one.video, one.span) for one in spoken.moments] != []
        )


def test_a_scope_and_a_named_video_must_both_hold(engine: SearchEngine) -> None:
    found = engine.search("meadow", video="a.mp4", scope="video:a.mp4 video:b.mp4")
    assert {Path(one.video).name for one in found.moments} == {"a.mp4"}
    with pytest.raises(NotInLibraryError, match="scope"):
        engine.search("meadow", video="c.mp4", scope="tag:family")


@pytest.mark.parametrize(
    "scope", ["horse", "tag:family horse", "said:hello", '"words"', "-people", "tag:a then tag:b", "date:soon", " "]
)
def test_what_is_no_scope_is_refused(engine: SearchEngine, scope: str) -> None:
    with pytest.raises(QueryError):
        engine.search("horse", scope=scope)
    with pytest.raises(QueryError):
        parse_scope(scope)


def test_a_summary_reads_no_line_outside(engine: SearchEngine) -> None:
    model = FakeVisionLanguageModel(lambda prompt: "Something happens.")
    asker = Asker(engine, Settings(), load=lambda _: model)
    assert asker.ask("Summarise this", scope="video:a.mp4 at:0s..12s").found
    said = " ".join(words_of(prompt) for prompt in model.prompts)
    assert "a cat meadow is here" in said and "a dog meadow is here" in said
    assert not any(f"a {animal} meadow" in said for animal in ANIMALS[2:])


def test_a_speaker_is_found_by_retrieval_alone(engine: SearchEngine) -> None:
    asker = Asker(engine, Settings(), load=lambda _: FakeVisionLanguageModel(lambda prompt: ""))
    with pytest.raises(QueryError, match="speaker"):
        asker.ask("horse?", scope="speaker:anna", retrieval=False)


def test_the_error_shows_what_a_scope_is() -> None:
    with pytest.raises(QuerySyntaxError, match=r"only filters.*speaker:anna"):
        parse_scope("tag:family horse")


def test_the_command_line_takes_it(path: Path) -> None:
    told = CliRunner().invoke(
        main, ["search", "horse", "--scope", "tag:family horse", "--library", str(path), "--json"]
    )
    assert told.exit_code == 2 and "a scope can contain only filters" in told.stdout + told.stderr
