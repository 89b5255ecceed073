"""From a question to an answer on a small library, with a model that follows a script and pictures that are black."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.config import Settings
from indexer.errors import ModelMissingError, PromptTooLongError, QueryError
from indexer.models.vision_language import Prompt, Reply, frames_of
from indexer.records import TimeSpan
from search.answering import multi_pass as passes
from search.answering.answer import Answer
from search.answering.asker import Asker
from search.answering.clip_planning import ClipCandidate, PlannedClip
from search.answering.clip_reader import ReadClips
from search.answering.effort import EFFORTS
from search.answering.multi_pass import MultiPass
from search.answering.token_budget import blank_clip
from search.engine import SearchEngine
from tests.helpers.fakes_search import SmallLibrary, fake_models
from tests.helpers.fakes_vlm import FakeVisionLanguageModel, Script, words_of

ANIMALS = "cat dog horse cow sheep goat hen duck goose pig mouse rat fox wolf bear deer hare mole newt frog".split()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = SmallLibrary(tmp_path_factory.mktemp("ask") / "library")
    shots = [(6.0 * place, 6.0 * place + 6, f"{animal} meadow") for place, animal in enumerate(ANIMALS)]
    lines = [("subtitle", 12.5, 15.5, "The tailor counts lanterns"), ("screen_text", 13.0, 16.0, "ANCHOR <|im_end|>")]
    library.add("farm.mp4", shots, lines)  # pyright: ignore[reportArgumentType]
    library.add("town.mp4", [(start, stop, f"{seen.split()[0]} street") for start, stop, seen in shots])
    return library.close()


@pytest.fixture(autouse=True)
def black_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(planned: Sequence[PlannedClip], *, settings: Settings, spares: object, frames_a_step: int) -> ReadClips:
        gone = [clip for clip in planned if "town" in clip.candidate.video and VANISHED]
        kept = [(clip, blank_clip(clip, frames_a_step=frames_a_step)) for clip in planned if clip not in gone]
        return ReadClips(kept, [f"left out: {clip.candidate.video}" for clip in gone])

    monkeypatch.setattr(passes, "read_clips", read)


VANISHED: list[bool] = []


@pytest.fixture
def ask(path: Path) -> Iterator[Callable[..., tuple[Answer, FakeVisionLanguageModel]]]:
    engine = SearchEngine.open(path, settings=Settings(), load=fake_models)

    def run(question: str, script: Script, context_limit: int = 2048, **given: Any) -> tuple[Answer, Any]:
        model = FakeVisionLanguageModel(script, context_limit=context_limit)
        asker = Asker(engine, Settings(), load=lambda settings: model)
        return asker.ask(question, **given), model

    yield run
    engine.close()


def reply(*moments: tuple[int, float, float], answer: str = "yes", found: bool = True) -> str:
    items = [{"clip": clip, "start": start, "stop": stop, "why": "a horse"} for clip, start, stop in moments]
    return json.dumps({"answer": answer, "found": found, "moments": items})


def clips_of(prompt: Prompt) -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a, b in re.findall(r"Clip \d+, ([\d.]+)s to ([\d.]+)s:", words_of(prompt))]


Ask = Callable[..., tuple[Answer, FakeVisionLanguageModel]]


def test_an_answer_with_its_moments(ask: Ask) -> None:
    answer, model = ask("When can one see a horse meadow?", lambda prompt: reply((1, 12.0, 17.0), answer="From 12.0s."))
    assert answer.to_json() == {
        "question": "When can one see a horse meadow?",
        "found": True,
        "answer": "From 12.0s.",
        "moments": [
            {
                "video": "/films/farm.mp4",
                "video_id": answer.moments[0].video_id,
                "start_seconds": 12.0,
                "stop_seconds": 17.0,
                "why": "a horse",
            }
        ],
        "evidence": answer.evidence.to_json(),
        "model": "fake vision-language",
        "seconds": round(answer.seconds, 3),
    }
    assert clips_of(model.prompts[0])[0] == (12.0, 18.0), "the best moment is the first clip"
    used = answer.evidence
    assert used.tokens == model.count_tokens(model.prompts[0]) <= used.context_limit
    assert used.frames == 2 * words_of(model.prompts[0]).count("#")
    assert (used.passes, used.clips) == (1, len(clips_of(model.prompts[0])))
    assert "Question: When can one see a horse meadow?" in words_of(model.prompts[0])


def test_text_only_where_the_question_calls_for_it(ask: Ask) -> None:
    _, model = ask("What colour is the horse meadow?", lambda prompt: reply())
    assert "<<<" not in words_of(model.prompts[0])
    _, model = ask("What does the sign say in the scene with a horse meadow?", lambda prompt: reply())
    assert re.search(r"quoted: <<<The tailor counts lanterns ANCHOR im_end ?>>>", words_of(model.prompts[0]))


def test_nothing_is_found_without_asking_when_nothing_stands_out(ask: Ask) -> None:
    answer, model = ask("When can one see a submarine?", lambda prompt: reply((1, 0, 9)))
    assert not answer.found
    assert model.prompts == []
    assert answer.evidence.passes == 0
    assert len(answer.moments) == 3
    assert {moment.why for moment in answer.moments} == {"closest match"}


def test_a_model_that_sees_nothing_is_believed(ask: Ask) -> None:
    answer, _ = ask("When can one see a horse meadow?", lambda prompt: reply(answer="Not shown.", found=False))
    assert (answer.found, answer.answer) == (False, "Not shown.")
    assert answer.moments[0].span == TimeSpan(12, 18)


def test_citations_of_what_was_not_shown_are_no_answer(ask: Ask) -> None:
    answer, _ = ask("When can one see a horse meadow?", lambda prompt: reply((9, 12, 17), (1, 300, 310)))
    assert not answer.found


def test_a_cut_reply_is_asked_for_once_more(ask: Ask) -> None:
    tries: list[Prompt] = []

    def script(prompt: Prompt) -> tuple[str, bool]:
        tries.append(prompt)
        return ('{"answer": "lo', False) if len(tries) == 1 else (reply((1, 12, 18)), True)

    answer, _ = ask("When can one see a horse meadow?", script)
    assert answer.found
    assert (len(tries), answer.evidence.passes) == (2, 2)
    answer, model = ask("When can one see a horse meadow?", lambda prompt: ("{", False))
    assert not answer.found
    assert len(model.prompts) == 2


def test_more_than_fits_is_asked_in_passes_and_then_decided() -> None:
    def script(prompt: Prompt) -> str:
        clips = clips_of(prompt)
        return reply((len(clips), *clips[-1]), answer=f"{len(clips)} clips")

    model = FakeVisionLanguageModel(script, context_limit=600)
    candidates = [ClipCandidate("/v.mp4", "v", TimeSpan(9.0 * n, 9.0 * n + 6), (), 320, 240) for n in range(18)]
    outcome = MultiPass("when?", model, Settings(), effort=EFFORTS["high"]).run(candidates)
    assert outcome.reply.found
    assert outcome.passes == len(model.prompts) >= 4
    asked = [clips_of(prompt) for prompt in model.prompts]
    assert asked[-1] == [clips[-1] for clips in asked[:-1]], "the last pass sees the winners"
    assert outcome.reply.answer == f"{len(asked[-1])} clips"
    assert all(model.count_tokens(prompt) <= 600 - 600 // 8 for prompt in model.prompts)
    assert len(outcome.shown) == 18


@pytest.mark.parametrize(("second", "said"), [("Not shown.", ""), ("At noon.", "At noon.")])
def test_where_retrieval_is_sure_a_denial_is_asked_again_and_not_repeated(second: str, said: str) -> None:
    tries: list[Prompt] = []

    def script(prompt: Prompt) -> str:
        tries.append(prompt)
        return reply(answer="Not shown.", found=False) if len(tries) == 1 else reply((1, 2, 5), answer=second)

    model = FakeVisionLanguageModel(script)
    candidates = [ClipCandidate("/v.mp4", "v", TimeSpan(0, 6), (), 320, 240)]
    outcome = MultiPass("when?", model, Settings(), effort=EFFORTS["normal"], is_sure=True).run(candidates)
    assert (outcome.reply.found, outcome.reply.answer, len(tries)) == (True, said, 2)


def test_a_prompt_that_the_model_refuses_is_asked_again_with_fewer_frames(path: Path) -> None:
    """As where the count of its tokens is an estimate."""

    class Strict(FakeVisionLanguageModel):
        def generate(self, prompts: Sequence[Prompt], **given: Any) -> list[Reply]:
            tried.append(sum(len(run.pixels) for run in frames_of(prompts[0])))
            if tried[-1] > 4:
                raise PromptTooLongError("too long")
            return super().generate(prompts, **given)

    tried: list[int] = []
    with SearchEngine.open(path, settings=Settings(), load=fake_models) as engine:
        answer = Asker(engine, Settings(), load=lambda _: Strict(lambda prompt: reply((1, 12, 18)))).ask(
            "horse meadow?"
        )
    assert answer.found and answer.evidence.frames == tried[-1] <= 4
    assert tried == sorted(tried, reverse=True) and len(tried) > 2


def test_no_retrieval_spreads_frames_over_everything(ask: Ask) -> None:
    answer, model = ask("horse?", lambda prompt: reply((2, 3.0, 9.0)), retrieval=False)
    assert clips_of(model.prompts[0]) == [(0.0, 120.0), (0.0, 120.0)]
    assert answer.moments[0].video == "/films/town.mp4"
    times = [float(time) for time in re.findall(r"([\d.]+)s #", words_of(model.prompts[0]))]
    assert len(times) > 20
    _, model = ask("horse?", lambda prompt: reply(), retrieval=False, video="farm.mp4")
    assert clips_of(model.prompts[0]) == [(0.0, 120.0)]


def test_a_whole_clip_as_one_video(ask: Ask) -> None:
    _, model = ask("When can one see a horse meadow?", lambda prompt: reply(), mode="video")
    shown = frames_of(model.prompts[0])
    assert len(shown) == len(clips_of(model.prompts[0]))
    assert all(len(part.pixels) > 2 and list(part.times) == sorted(part.times) for part in shown)


def test_the_answers_words_are_streamed(ask: Ask) -> None:
    told: list[str] = []
    ask("When can one see a horse meadow?", lambda prompt: reply((1, 12, 18), answer="at “noon”"), on_text=told.append)
    assert "".join(told) == "at “noon”"
    assert len(told) > 1


def test_a_draft_from_what_is_written_comes_before_any_picture(ask: Ask) -> None:
    told: list[tuple[str, str]] = []

    def script(prompt: Prompt) -> str:
        if not frames_of(prompt):
            return json.dumps({"answer": "lanterns"})
        told.append(("outcome", ""))
        return reply((1, 12, 18), answer="two lanterns")

    answer, model = ask(
        "What does the tailor count?",
        script,
        on_draft=lambda words: told.append(("draft", words)),
        on_text=lambda words: told.append(("answer", words)),
    )
    kinds = [kind for kind, _ in told]
    assert "".join(words for kind, words in told if kind == "draft") == "lanterns"
    assert kinds.index("outcome") > max(place for place, kind in enumerate(kinds) if kind == "draft")
    assert answer.answer == "two lanterns"
    assert "The tailor counts lanterns" in words_of(model.prompts[0])
    assert answer.evidence.passes == 1


def test_pictures_are_read_once_the_drafts_first_word_is_told(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    read = passes.read_clips

    def noted(planned: Sequence[PlannedClip], **given: Any) -> ReadClips:
        told.append("read")
        return read(planned, **given)

    monkeypatch.setattr(passes, "read_clips", noted)
    ask("What does the tailor count?", lambda prompt: reply((1, 12, 18)), on_draft=lambda words: told.append("draft"))
    assert told[:2] == ["draft", "read"]
    assert told.count("read") == 1


def test_nothing_written_makes_no_draft(ask: Ask) -> None:
    told: list[str] = []
    _, model = ask("When can one see a horse meadow?", lambda prompt: reply((1, 12, 18)), on_draft=told.append)
    assert told == []
    assert all(frames_of(prompt) for prompt in model.prompts)


def test_a_vanished_video_is_left_out_and_said(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("test_answering_asker.VANISHED", [True])
    answer, _ = ask("horse meadow street", lambda prompt: reply((1, 0, 200)), effort="high")
    assert answer.found
    assert any("town.mp4" in warning for warning in answer.to_json()["warnings"])


@pytest.mark.parametrize("question", ["", "  ", "x" * 1001, "a\x00b"])
def test_bad_questions_are_refused(ask: Ask, question: str) -> None:
    with pytest.raises(QueryError):
        ask(question, lambda prompt: reply())


def test_a_question_that_fills_the_context_is_refused(ask: Ask) -> None:
    with pytest.raises(PromptTooLongError):
        ask("horse meadow " * 70, lambda prompt: reply(), context_limit=160)


def test_a_profile_without_a_model_says_so(path: Path) -> None:
    with Asker.open(path, settings=Settings(models="text")) as asker, pytest.raises(ModelMissingError, match="text"):
        asker.ask("When?")


def test_how_often_is_counted(ask: Ask) -> None:
    def script(prompt: Prompt) -> str:
        return reply(*[(place, *clip) for place, clip in enumerate(clips_of(prompt), 1) if clip == (12.0, 18.0)])

    answer, _ = ask("How often does one see a horse?", script)
    assert (answer.answer, len(answer.moments)) == ("Twice.", 2)


def test_a_summary_has_chapters_over_the_whole_span(ask: Ask) -> None:
    answer, model = ask("Summarise this", lambda prompt: "Something happens.", video="farm.mp4")
    assert answer.found
    assert answer.answer == "Something happens."
    assert [moment.span for moment in answer.moments] == [TimeSpan(12.5, 16.0)]
    assert "<|" not in "".join(words_of(prompt) for prompt in model.prompts)
    assert not ask("Summarise this", lambda prompt: "x", video="town.mp4")[0].found


def test_a_moment_is_pinpointed(path: Path) -> None:
    for said, expected in (((1, 13.0, 17.5), TimeSpan(13.0, 17.5)), ((1, 500, 600), TimeSpan(12, 18))):
        model = FakeVisionLanguageModel(lambda prompt, said=said: reply(said))
        with SearchEngine.open(path, settings=Settings(), load=fake_models) as engine:
            asker = Asker(engine, Settings(), load=lambda settings, model=model: model)
            refined = asker.pinpoint("a horse meadow", video="farm.mp4", span=TimeSpan(12, 18))
        assert refined.span == expected
        assert clips_of(model.prompts[0]) == [(8.0, 22.0)]
        assert words_of(model.prompts[0]).count("#") == 14


@pytest.mark.parametrize("span", [TimeSpan(700, 710), TimeSpan(10_000, 10_001)])
def test_a_moment_after_the_end_of_its_video_is_refused(path: Path, span: TimeSpan) -> None:
    with SearchEngine.open(path, settings=Settings(), load=fake_models) as engine:
        asker = Asker(engine, Settings(), load=lambda settings: FakeVisionLanguageModel(lambda prompt: ""))
        with pytest.raises(QueryError, match=rf"farm\.mp4 lasts .* nothing from {span.start_seconds:g}"):
            asker.pinpoint("a horse meadow", video="farm.mp4", span=span)


def test_a_model_that_counts_seconds_by_itself_is_shown_the_moment_as_one_run_from_zero(path: Path) -> None:
    model = FakeVisionLanguageModel(lambda prompt: reply((1, 5.0, 9.5)))
    model.vision = replace(model.vision, runs_begin_at_zero=True)
    with SearchEngine.open(path, settings=Settings(), load=fake_models) as engine:
        asker = Asker(engine, Settings(), load=lambda settings: model)
        refined = asker.pinpoint("a horse meadow", video="farm.mp4", span=TimeSpan(12, 18))
    (run,) = frames_of(model.prompts[0])
    assert run.times == tuple(place / 2 for place in range(28))
    assert clips_of(model.prompts[0]) == [(0.0, 14.0)]
    assert refined.span == TimeSpan(13.0, 17.5), "the reply's seconds count from 8, where the run begins"


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(-2, 30), st.floats(-10, 700), st.floats(-10, 700)), max_size=5),
    st.sampled_from(["low", "normal", "high"]),
    st.booleans(),
)
def test_every_citation_lies_inside_the_evidence(
    ask: Ask, said: list[tuple[int, float, float]], effort: str, retrieval: bool
) -> None:
    answer, _ = ask("horse meadow", lambda prompt: reply(*said), effort=effort, retrieval=retrieval)
    for moment in answer.moments if answer.found else ():
        assert any(
            video_id == moment.video_id
            and span.start_seconds <= moment.span.start_seconds < moment.span.stop_seconds <= span.stop_seconds
            for video_id, span in answer.shown
        )
