"""Looking again: the steps that a model chooses, by a scripted fake model; the schema is tried on real ones in
`test_models_families`. Pictures are black, as in `test_answering_asker`."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from indexer.config import Settings
from indexer.errors import GenerationCancelledError, QueryError
from indexer.models.vision_language import Prompt, frames_of
from search.answering import multi_pass as passes
from search.answering.answer import Answer
from search.answering.asker import Asker
from search.answering.callbacks import AnswerCallbacks
from search.answering.clip_planning import PlannedClip
from search.answering.clip_reader import ReadClips
from search.answering.token_budget import blank_clip
from search.conversation.conversation import Conversation
from search.engine import SearchEngine
from search.looking import looker
from search.looking.looker import look_and_answer
from search.looking.steps import MOST_STEPS, Step, parse_step
from tests.helpers.fakes_search import SmallLibrary, fake_models
from tests.helpers.fakes_vlm import FakeVisionLanguageModel, Script, words_of

WHEN = "When can one see a horse meadow?"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = SmallLibrary(tmp_path_factory.mktemp("looking") / "library")
    library.add(
        "a.mp4", [(6.0 * place, 6.0 * place + 6, f"{one} meadow") for place, one in enumerate(("horse", "cow"))]
    )
    library.add(
        "b.mp4", [(6.0 * place, 6.0 * place + 6, f"{one} street") for place, one in enumerate(("bus", "horse"))]
    )
    return library.close()


@pytest.fixture(autouse=True)
def black_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(planned: Sequence[PlannedClip], *, settings: Settings, spares: object, frames_a_step: int) -> ReadClips:
        return ReadClips([(clip, blank_clip(clip, frames_a_step=frames_a_step)) for clip in planned], [])

    for module in (passes, looker):
        monkeypatch.setattr(module, "read_clips", read)


class ScriptedModel:
    """Takes the given steps in order, then answers from the first clip that it is shown."""

    def __init__(self, *steps: Any) -> None:
        self.left = list(steps)

    def __call__(self, prompt: Prompt) -> str:
        if "choose the next step" in words_of(prompt):
            step = self.left.pop(0)
            return step if isinstance(step, str) else json.dumps({"note": f"{len(self.left)} left", "step": step})
        start = frames_of(prompt)[0].times[0]
        moment = {"clip": 1, "start": start, "stop": start + 2, "why": "a horse"}
        return json.dumps({"answer": "Here.", "found": True, "moments": [moment]})


Look = Callable[..., tuple[Answer, FakeVisionLanguageModel, list[Step]]]


@pytest.fixture
def look(path: Path) -> Iterator[Look]:
    engine = SearchEngine.open(path, settings=Settings(), load=fake_models)

    def run(script: Script, question: str = WHEN, **given: Any) -> tuple[Answer, FakeVisionLanguageModel, list[Step]]:
        model = FakeVisionLanguageModel(script, context_limit=16_384)
        steps: list[Step] = []
        asker = Asker(engine, Settings(), load=lambda settings: model)
        return look_and_answer(asker, question, on_step=steps.append, **given), model, steps

    yield run
    engine.close()


def holds(answer: Answer) -> bool:
    """Whether every citation lies in a clip that was shown."""
    return all(
        any(
            moment.video_id == video_id
            and span.start_seconds <= moment.span.start_seconds
            and moment.span.stop_seconds <= span.stop_seconds
            for video_id, span in answer.shown
        )
        for moment in answer.moments
    )


def test_a_model_searches_looks_and_answers_from_what_it_chose(look: Look) -> None:
    script = ScriptedModel({"search": {"query": "a bus street"}}, {"look": {"moment": 1}}, {"answer": {"moments": [1]}})
    answer, model, steps = look(script)
    assert [step.kind for step in steps] == ["search", "look", "answer"]
    assert steps[0].query == "a bus street"
    assert answer.found and holds(answer)
    assert answer.moments[0].video == "/films/a.mp4"
    assert answer.evidence.steps == 3
    assert answer.evidence.passes == len(model.prompts) == 4
    after_search, after_look, last = (words_of(prompt) for prompt in model.prompts[1:])
    assert "searched <<<a bus street>>>" in after_search and "b.mp4 0.0s to" in after_search
    assert "Frames of moment 1:\n0" in after_look and "looked at moment 1" in after_look
    assert len(re.findall(r"Clip \d", last)) == 1, "the answer rests on the one that was chosen"


def test_after_six_steps_it_must_answer(look: Look) -> None:
    script = ScriptedModel(*[{"look": {"moment": 1}}] * (MOST_STEPS + 3))
    answer, _, steps = look(script)
    assert len(steps) == MOST_STEPS == answer.evidence.steps
    assert answer.found and holds(answer)


def test_what_is_no_step_is_counted_and_does_no_harm(look: Look) -> None:
    script = ScriptedModel("{", "[]", {"look": {"moment": 99}}, {"search": {"query": " "}}, {"fly": {}}, {"answer": {}})
    answer, _, steps = look(script)
    assert [step.kind for step in steps] == ["none"] * 5 + ["answer"]
    assert answer.found and answer.evidence.steps == 6


def test_steps_stay_in_the_part_that_is_asked_of(look: Look) -> None:
    script = ScriptedModel({"search": {"query": "a bus street"}}, {"look": {"moment": 1}}, {"answer": {"moments": []}})
    answer, _, _ = look(script, "When can one see a horse street?", video="b.mp4", scope="at:6s..")
    assert answer.shown
    assert all(span.start_seconds >= 6 for _, span in answer.shown)
    assert {moment.video for moment in answer.moments} == {"/films/b.mp4"}


def test_only_the_high_effort_looks_again_and_cancelling_is_heard(look: Look) -> None:
    with pytest.raises(QueryError, match="high"):
        look(ScriptedModel(), effort="normal")

    def cancelled(prompt: Prompt) -> str:
        raise GenerationCancelledError("stopped")

    with pytest.raises(GenerationCancelledError):
        look(cancelled, callbacks=AnswerCallbacks(is_cancelled=lambda: True))


def test_a_conversation_looks_again_where_it_is_told_to(path: Path) -> None:
    model = FakeVisionLanguageModel(ScriptedModel({"answer": {"moments": [1]}}), context_limit=16_384)
    with SearchEngine.open(path, settings=Settings(), load=fake_models) as engine:
        asker = Asker(engine, Settings(), load=lambda settings: model)
        exchange = Conversation(asker, effort="high", look_again=True).ask(WHEN)
    assert exchange.answer.to_json()["evidence"]["steps"] == 1


def test_steps_are_told_from_one() -> None:
    step = parse_step('{"note": " a  b ", "step": {"answer": {"moments": [2, 2, 9, true, 1]}}}', moments=2)
    assert step.to_json() == {"step": "answer", "note": "a b", "query": "", "moments": [2, 1]}
