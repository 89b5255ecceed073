"""Questions that follow an answer: what they are understood as, what part they ask of, and what is remembered.

Models follow a script and pictures are black, as in `test_answering_asker`; `python -m bench.conversation` measures the
demo's own model.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bench.conversation.follow_ups import follow_ups
from bench.conversation.wordings import worded_follow_ups
from demo.world.ground_truth import WorldIndex
from demo.world.scenes import plan_world
from indexer.config import Settings
from indexer.errors import ConversationUnknownError, GenerationCancelledError, NotInLibraryError, QueryError
from indexer.models.vision_language import Prompt, frames_of
from search.answering import multi_pass as passes
from search.answering.asker import Asker
from search.answering.callbacks import AnswerCallbacks
from search.answering.clip_planning import PlannedClip
from search.answering.clip_reader import ReadClips
from search.answering.token_budget import blank_clip
from search.conversation.conversation import MOST_EXCHANGES, Conversation
from search.conversation.follow_up import opened, stand_alone
from search.conversation.narrowing import Narrowing, read_narrowing
from search.conversation.store import ConversationStore
from search.conversation.unresolved import unresolved_reference
from search.engine import SearchEngine
from tests.helpers.fakes_search import SmallLibrary, fake_models
from tests.helpers.fakes_vlm import FakeVisionLanguageModel, Script, words_of

CIRCLE = "When can one see a red circle on a blue background?"
SIGN = "What does the sign say in the scene with a red circle?"
HATS = "How many hats is the king from Lima said to be selling?"


@pytest.mark.parametrize(
    ("last", "words", "alone"),
    [
        (CIRCLE, "and what colour is it?", "What colour is the red circle on a blue background?"),
        (CIRCLE, "What shape?", "What shape is the red circle on a blue background?"),
        (
            CIRCLE,
            "what is it doing?",
            "What is the red circle doing in the scene with a red circle on a blue background?",
        ),
        (CIRCLE, "when again?", CIRCLE),
        (CIRCLE, "and a green star?", "When can one see a green star?"),
        (CIRCLE, "what about the yellow one?", "When can one see a yellow circle on a blue background?"),
        (CIRCLE, "what does the sign say there?", f"{SIGN[:-1]} on a blue background?"),
        (CIRCLE, "and what colour is the background?", f"What colour is the background behind {CIRCLE[17:]}"),
        (SIGN, "and what colour is it?", "What colour is the sign in the scene with a red circle?"),
        (SIGN, "when was that?", "When can one see a red circle?"),
        (HATS, "when was that?", "When do they talk about the king from Lima selling hats?"),
        (CIRCLE, "how many times in total?", "How often can one see a red circle on a blue background?"),
        (CIRCLE, "and how often does that happen?", "How often can one see a red circle on a blue background?"),
        (HATS, "how often?", "How often do they talk about the king from Lima selling hats?"),
        (CIRCLE, "sorry, I meant a green star", "When can one see a green star?"),
        (CIRCLE, "no, the yellow one please", "When can one see a yellow circle on a blue background?"),
        (CIRCLE, "same question", CIRCLE),
        (CIRCLE, "try that again", CIRCLE),
        (CIRCLE, "can you look as well", CIRCLE),
        (SIGN, "does that also show up?", "When can one see a red circle?"),
        (CIRCLE, "and the colour?", "What colour is the red circle on a blue background?"),
        (CIRCLE, "which video is that in?", CIRCLE),
        (SIGN, "is it there too?", "When can one see a red circle?"),
        (CIRCLE, "what colour was it again?", "What colour was the red circle on a blue background?"),
        ("Who gives the talk?", "when does she laugh?", "When does Anna Berg laugh?"),
        ("When can one see a man in a coat walking a dog?", "who is he?", "Who is the man in a coat walking a dog?"),
    ],
)
def test_a_question_that_refers_to_the_last_one_is_made_whole(last: str, words: str, alone: str) -> None:
    answer = {CIRCLE: "From 3.0s.", SIGN: "HARBOUR", HATS: "Seven"}.get(last, "Anna Berg")
    assert stand_alone(words, last, last_answer=answer) == alone


@pytest.mark.parametrize(
    "words",
    [
        "When can one see a dog?",
        "And when do they talk about boats?",
        "Where is the sign that says HARBOUR?",
        "What is the mayor doing?",
        "Wann sieht man einen Hund?",
    ],
)
def test_a_question_that_stands_alone_is_left_as_it_is(words: str) -> None:
    assert stand_alone(words, CIRCLE) is None


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("only in the second video", Narrowing("", video="second")),
        ("when again, but only in the last video?", Narrowing("when again", video="last")),
        ("and in trip.mp4?", Narrowing("", video="trip.mp4")),
        ("and after?", Narrowing("", side="after")),
        ("what does the sign say before that?", Narrowing("what does the sign say", side="before")),
        ("After that, what does she do?", Narrowing("what does she do", side="after")),
        ("and anywhere?", Narrowing("", is_wide=True)),
        ("do it for all of them", Narrowing("do it", is_wide=True)),
        ("same question for trip.mp4", Narrowing("same question", video="trip.mp4")),
        ("go back to all videos", Narrowing("", is_wide=True)),
        ("what was before that?", Narrowing("what was there", side="before")),
        ("trip.mp4?", Narrowing("", video="trip.mp4")),
        ("and what about the second video?", Narrowing("", video="second")),
        ("ok, and a bit later?", Narrowing("", side="after")),
        ("what comes right after?", Narrowing("what comes", side="after")),
        ("What is defined in main.py?", Narrowing("What is defined in main.py?")),
        ("and in notes.txt?", Narrowing("and in notes.txt?")),
        ("When is the dog outside before it rains?", Narrowing("When is the dog outside before it rains?")),
        ("What happens in the second scene?", Narrowing("What happens in the second scene?")),
    ],
)
def test_words_about_the_part_are_read_apart(words: str, read: Narrowing) -> None:
    assert read_narrowing(words) == read


def test_made_follow_ups_of_a_world_are_understood_as_they_are_meant() -> None:
    scenes = [scene for video in plan_world(minutes=10, seed=17) for scene in video]
    made = follow_ups(WorldIndex(scenes), seed=17, count=60)
    assert len(made) == 60 and len({one.kind for one in made}) == 9
    understood = [stand_alone(read_narrowing(one.words).words, one.first) == one.alone for one in made]
    assert sum(understood) >= 0.85 * len(made)


def test_follow_ups_as_people_word_them_are_understood_or_refused() -> None:
    scenes = [scene for video in plan_world(minutes=10, seed=17) for scene in video]
    made = worded_follow_ups(WorldIndex(scenes), seed=17)
    assert len(made) == 20 and sum(one.alone == "" for one in made) == 4
    for one in made:
        words = read_narrowing(one.words).words
        unnamed = unresolved_reference(opened(words))
        assert bool(unnamed) == (one.alone == ""), one.words
        assert unnamed or stand_alone(words, one.first) == one.alone, one.words


# In a library


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = SmallLibrary(tmp_path_factory.mktemp("chat") / "library")
    animals = ("horse", "cow", "dog", "horse", "sheep")
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        seen = animals if name != "c.mp4" else ("goat", "hen", "hen", "goat", "mole")
        library.add(name, [(6.0 * place, 6.0 * place + 6, f"{one} meadow") for place, one in enumerate(seen)])
    return library.close()


@pytest.fixture(autouse=True)
def black_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(planned: Sequence[PlannedClip], *, settings: Settings, spares: object, frames_a_step: int) -> ReadClips:
        return ReadClips([(clip, blank_clip(clip, frames_a_step=frames_a_step)) for clip in planned], [])

    monkeypatch.setattr(passes, "read_clips", read)


Begin = Callable[..., tuple[Conversation, FakeVisionLanguageModel]]


@pytest.fixture
def begin(path: Path) -> Iterator[Begin]:
    engine = SearchEngine.open(path, settings=Settings(), load=fake_models)

    def run(script: Script, context_limit: int = 2048, **given: str) -> tuple[Conversation, FakeVisionLanguageModel]:
        model = FakeVisionLanguageModel(script, context_limit=context_limit)
        return Conversation(Asker(engine, Settings(), load=lambda settings: model), **given), model  # pyright: ignore[reportArgumentType]

    yield run
    engine.close()


def first_clip(prompt: Prompt) -> str:
    """Cites the first clip that is shown; a rewriting that cannot be read."""
    if "Rewrite" in words_of(prompt):
        return "{"
    times = frames_of(prompt)[0].times[0]
    moment = {"clip": 1, "start": times, "stop": times + 3, "why": "a horse"}
    return json.dumps({"answer": "Here.", "found": True, "moments": [moment]})


WHEN = "When can one see a horse meadow?"


def test_a_follow_up_is_answered_and_told_in_its_stand_alone_form(begin: Begin) -> None:
    conversation, model = begin(first_clip)
    assert conversation.ask(WHEN).question == WHEN
    told: list[str] = []
    exchange = conversation.ask("and what colour is it?", on_understood=lambda one: told.append(one.shown))
    assert told == [exchange.question] == ["What colour is the horse meadow?"]
    assert exchange.resolved_by == "rules"
    assert "Question: What colour is the horse meadow?" in words_of(model.prompts[-1])
    assert exchange.to_json()["asked"] == "and what colour is it?"


def test_only_in_the_second_video_holds_until_it_is_widened(begin: Begin) -> None:
    conversation, _ = begin(first_clip)
    conversation.ask(WHEN)
    narrowed = conversation.ask("only in the second video")
    assert (narrowed.question, narrowed.within) == (WHEN, "in b.mp4")
    assert {moment.video for moment in narrowed.answer.moments} == {"/films/b.mp4"}
    assert {moment.video for moment in conversation.ask("and a sheep meadow?").answer.moments} == {"/films/b.mp4"}
    wide = conversation.ask("and a goat meadow, anywhere?")
    assert {moment.video for moment in wide.answer.moments} == {"/films/c.mp4"}


def test_before_and_after_mean_the_cited_moment_and_hold_for_one_question(begin: Begin) -> None:
    conversation, _ = begin(first_clip, video="a.mp4")
    cited = conversation.ask(WHEN).answer.moments[0].span
    assert cited.stop_seconds < 6
    after = conversation.ask("and after that?")
    assert after.within == "after 0:03 in a.mp4"
    assert all(span.start_seconds >= cited.stop_seconds for _, span in after.answer.shown)
    cow = conversation.ask("When can one see a cow meadow?")
    assert cow.part.scope is None
    before = conversation.ask("what happens before that?")
    assert before.question == "What happens?"
    assert all(span.stop_seconds <= cow.answer.moments[0].span.start_seconds for _, span in before.answer.shown)


def test_a_conversation_keeps_its_scope(begin: Begin) -> None:
    conversation, _ = begin(first_clip, scope="at:10s..")
    conversation.ask(WHEN)
    for words in ("only in the first video", "and before that?", "and a dog meadow?", "anywhere?"):
        shown = conversation.ask(words).answer.shown
        assert all(span.start_seconds >= 10 for _, span in shown)


def test_a_conversation_keeps_its_video(begin: Begin) -> None:
    conversation, _ = begin(first_clip, video="a.mp4")
    conversation.ask(WHEN)
    for words, reason in (
        ("only in the second video", "no second video here, only 1"),
        ("and in the other video?", "no other video here"),
        ("and in b.mp4?", "about a.mp4 alone"),
    ):
        with pytest.raises(QueryError, match=reason):
            conversation.ask(words)
    for words in ("only in the first video", "and in a.mp4?", "and anywhere?"):
        assert {moment.video for moment in conversation.ask(words).answer.moments} == {"/films/a.mp4"}


def test_what_does_not_exist_is_refused_and_the_conversation_goes_on(begin: Begin) -> None:
    conversation, _ = begin(lambda prompt: json.dumps({"answer": "No.", "found": False, "moments": []}))
    conversation.ask(WHEN)
    with pytest.raises(QueryError, match="has no moment"):
        conversation.ask("and after that?")
    with pytest.raises(QueryError, match="no ninth video"):
        conversation.ask("only in the ninth video")
    assert [one.question for one in conversation.exchanges] == [WHEN]
    assert conversation.ask("and a dog meadow?").question == "When can one see a dog meadow?"


@pytest.mark.parametrize(
    ("words", "unnamed"),
    [
        ("what about the other one?", "the other one"),
        ("and the second one?", "the second one"),
        ("what about that one?", "that one"),
        ("and the one before?", "the one"),
        ("can you show me another one?", "another one"),
        ("anything else?", "anything else"),
        ("how many?", "how many"),
        ("which one?", "which one"),
        ("and why?", "why"),
    ],
)
def test_what_nothing_settles_is_said_and_never_guessed(begin: Begin, words: str, unnamed: str) -> None:
    conversation, model = begin(first_clip)
    conversation.ask(WHEN)
    asked = len(model.prompts)
    with pytest.raises(QueryError, match=f"nothing says what .*{unnamed}.* means here; name"):
        conversation.ask(words)
    assert len(model.prompts) == asked and len(conversation.exchanges) == 1


def test_a_model_may_settle_what_no_rule_does(begin: Begin) -> None:
    question = "When can one see the other horse on the meadow?"
    conversation, _ = begin(rewriting_as(question), context_limit=16_384)
    conversation.ask(WHEN)
    assert conversation.ask("what about the other one?").question == question


def test_a_file_is_a_video_where_the_library_holds_it(begin: Begin) -> None:
    conversation, _ = begin(first_clip)
    conversation.ask(WHEN)
    exchange = conversation.ask("What is in main.py?")
    assert (exchange.question, exchange.within) == ("What is in main.py?", "")
    same = conversation.ask("same question for b.mp4")
    assert (same.question, same.within) == ("What is in main.py?", "in b.mp4")
    with pytest.raises(NotInLibraryError, match=r"no video 'd\.mp4'"):
        conversation.ask("and in d.mp4?")


def test_evidence_that_was_cited_is_shown_again_beside_what_is_retrieved(begin: Begin) -> None:
    conversation, model = begin(first_clip, context_limit=16_384)
    cited = conversation.ask(WHEN).answer.moments[0]
    exchange = conversation.ask("what does the sign say there?")
    assert any(
        video_id == cited.video_id and span.intersection_seconds(cited.span) > 0
        for video_id, span in exchange.answer.shown
    )
    assert len(model.prompts) >= 2


def test_a_stopped_answer_leaves_the_conversation_as_it_was(begin: Begin) -> None:
    conversation, _ = begin(first_clip)
    conversation.ask(WHEN)
    with pytest.raises(GenerationCancelledError):
        conversation.ask("only in the second video", callbacks=AnswerCallbacks(is_cancelled=lambda: True))
    assert len(conversation.exchanges) == 1
    assert conversation.ask("and a dog meadow?").part.video is None


def test_a_conversation_forgets_its_oldest_questions(begin: Begin) -> None:
    conversation, _ = begin(first_clip)
    for _ in range(MOST_EXCHANGES + 2):
        conversation.ask(WHEN)
    assert len(conversation.exchanges) == MOST_EXCHANGES


# Rewriting by a model


def rewriting_as(question: str) -> Script:
    def script(prompt: Prompt) -> str:
        return json.dumps({"question": question}) if "Rewrite" in words_of(prompt) else first_clip(prompt)

    return script


@pytest.mark.parametrize(
    ("said", "question", "by"),
    [
        ("What colour is the horse on the meadow?", "What colour is the horse on the meadow?", "model"),
        ("What colour is it?", "What colour is the horse meadow?", "rules"),
        ("When can one see a horse meadow?", "What colour is the horse meadow?", "rules"),
        ("What colour is the submarine of Captain Nemo?", "What colour is the horse meadow?", "rules"),
        ("", "What colour is the horse meadow?", "rules"),
    ],
)
def test_a_model_rewrites_and_its_rewriting_is_checked(begin: Begin, said: str, question: str, by: str) -> None:
    conversation, _ = begin(rewriting_as(said), context_limit=16_384)
    conversation.ask(WHEN)
    exchange = conversation.ask("and what colour is it?")
    assert (exchange.question, exchange.resolved_by) == (question, by)


def test_a_model_rewrites_what_no_rule_knows(begin: Begin) -> None:
    question = "Welche Farbe hat das horse auf der meadow?"
    conversation, _ = begin(rewriting_as(question), context_limit=16_384)
    conversation.ask(WHEN)
    assert conversation.ask("und welche Farbe hat es?").question == question
    conversation, _ = begin(rewriting_as("When can one see a dog?"), context_limit=16_384)
    conversation.ask(WHEN)
    assert conversation.ask("When can one see a dog?").resolved_by == "nothing"


def test_a_small_model_is_not_asked_to_rewrite(begin: Begin) -> None:
    conversation, model = begin(rewriting_as("What colour is the horse on the meadow?"))
    conversation.ask(WHEN)
    assert conversation.ask("and what colour is it?").resolved_by == "rules"
    assert not any("Rewrite" in words_of(prompt) for prompt in model.prompts)


# What a service remembers


def test_conversations_are_forgotten_by_number_and_by_time(begin: Begin) -> None:
    now = [0.0]
    store = ConversationStore(most=2, idle_seconds=60, clock=lambda: now[0])
    conversation, _ = begin(first_clip)
    first, second = store.add(conversation), store.add(conversation)
    assert store.find(first) is conversation
    store.add(conversation)
    assert store.find(first) is conversation
    with pytest.raises(ConversationUnknownError, match="start one"):
        store.find(second)
    now[0] = 59.0
    store.find(first)
    now[0] = 118.0
    assert store.find(first) is conversation
    now[0] = 179.0
    with pytest.raises(ConversationUnknownError):
        store.find(first)
