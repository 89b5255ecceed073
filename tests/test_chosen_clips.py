"""Questions about clips that a person names: all are shown, as they are, and nothing else is cited."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from indexer.errors import (
    GenerationCancelledError,
    NotInLibraryError,
    PromptTooLongError,
    QueryError,
    ReelseekError,
    VanishedVideoError,
)
from indexer.models.vision_language import Prompt, frames_of
from indexer.records import TimeSpan
from search.answering.answer import Answer
from search.answering.asker import Asker
from search.chosen_clips.ask_about_clips import NOT_FOUND_IN_CLIPS, ask_about_clips
from search.options import MOST_CLIPS
from tests.helpers.fakes_vlm import FakeVisionLanguageModel, Script, words_of
from tests.helpers.service import demo_library, demo_settings, own_library, serving  # noqa: F401

pytestmark = pytest.mark.slow

Ask = Callable[..., tuple[Answer, FakeVisionLanguageModel]]


@pytest.fixture(scope="module")
def names(demo_library: Path) -> list[str]:
    """File names of the three videos."""
    with Asker.open(demo_library, settings=demo_settings(demo_library)) as asker:
        return [Path(video.path).name for video in asker.engine.library.videos()]


@pytest.fixture
def ask(demo_library: Path) -> Iterator[Ask]:
    opened: list[Asker] = []

    def run(script: Script, clips: list[str], question: str = "Are these alike?", **given: Any) -> tuple[Answer, Any]:
        model = FakeVisionLanguageModel(script, context_limit=given.pop("context_limit", 2048))
        if "captioned_pairs" not in given:
            model.vision = replace(model.vision, captioned_pairs=None)
        asker = Asker.open(demo_library, settings=demo_settings(demo_library), load=lambda _: model)
        opened.append(asker)
        return ask_about_clips(asker, question, clips, **given), model

    yield run
    for asker in opened:
        asker.close()


def cites(*moments: tuple[int, float, float], found: bool = True) -> Script:
    items = [{"clip": clip, "start": start, "stop": stop, "why": "seen"} for clip, start, stop in moments]
    reply = json.dumps({"answer": "Both move.", "found": found, "moments": items})
    return lambda prompt: reply


def shown_spans(prompt: Prompt) -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a, b in re.findall(r"Clip \d+, ([\d.]+)s to ([\d.]+)s:", words_of(prompt))]


def test_the_clips_are_all_of_the_evidence_in_their_order(ask: Ask, names: list[str]) -> None:
    clips = [f"{names[1]}@0:09-0:12.5", f"{names[0]}@2-6"]
    answer, model = ask(cites((1, 9.0, 12.0), (2, 3.0, 5.0), (3, 1.0, 2.0), (2, 0.0, 1.0)), clips)
    (prompt,) = model.prompts
    assert shown_spans(prompt) == [(9.0, 12.5), (2.0, 6.0)]
    for run in frames_of(prompt):
        assert 1.8 <= run.times[0] <= 12.5
    assert [(Path(one.video).name, one.span) for one in answer.moments] == [
        (names[1], TimeSpan(9.0, 12.0)),
        (names[0], TimeSpan(3.0, 5.0)),
    ], "what lies in no clip is not cited"
    assert (answer.evidence.clips, answer.evidence.passes, answer.warnings) == (2, 1, [])


def test_what_the_clips_do_not_show_is_said(ask: Ask, names: list[str]) -> None:
    answer, _ = ask(lambda prompt: json.dumps({"answer": "", "found": False, "moments": []}), [f"{names[0]}@2-6"])
    assert not answer.found
    assert (answer.answer, answer.moments) == (NOT_FOUND_IN_CLIPS, [])


@pytest.mark.thorough
def test_over_the_budget_every_clip_gives_up_a_like_share(ask: Ask, names: list[str]) -> None:
    clips = [f"{name}@{start}-{start + 6}" for name in names for start in (0, 8)]
    pairs_of_each: list[int] = []
    for context_limit in (4096, 480, 420, 360):
        _, model = ask(cites(), clips, context_limit=context_limit)
        assert len(shown_spans(model.prompts[0])) == 6
        (pairs,) = {words.count("#") for words in words_of(model.prompts[0]).split("Clip ")[1:]}
        pairs_of_each.append(pairs)
    assert pairs_of_each == sorted(pairs_of_each, reverse=True)
    assert (pairs_of_each[0], pairs_of_each[-1]) == (4, 1)
    with pytest.raises(
        PromptTooLongError, match=r"6 clips do not fit .* clip world-20-00\d.mp4@\d+-\d+ is one too many"
    ):
        ask(cites(), clips, context_limit=128)


@pytest.mark.parametrize(
    ("clips", "error", "reason"),
    [
        (["{0}"], QueryError, "is not a moment"),
        (["{0}@soon-later"], QueryError, "clip {0}@soon-later: .* is not a time"),
        (["{0}@5-2"], QueryError, "clip {0}@5-2: .* stops before it starts"),
        (["{0}@5"], QueryError, "clip {0}@5 is an instant"),
        (["{0}@900-905"], QueryError, "clip {0}@900-905 begins after the end"),
        (["nowhere.mp4@1-2"], NotInLibraryError, "clip nowhere.mp4@1-2: "),
        (["{0}@1-5", "{1}@1-5", "{0}@4-8"], QueryError, "clip {0}@1-5 and clip {0}@4-8 overlap"),
        (["{0}@1-2"] * (MOST_CLIPS + 1), QueryError, "at most 12 clips, got 13"),
    ],
)
def test_errors_name_the_clip(
    ask: Ask, names: list[str], clips: list[str], error: type[ReelseekError], reason: str
) -> None:
    with pytest.raises(error, match=reason.format(*names)):
        ask(cites(), [clip.format(*names) for clip in clips])


def test_clips_side_by_side_do_not_overlap_and_one_past_the_end_is_cut(ask: Ask, names: list[str]) -> None:
    answer, model = ask(cites(), [f"{names[0]}@1-3", f"{names[0]}@3-5", f"{names[1]}@9-999"])
    spans = shown_spans(model.prompts[0])
    assert spans[:2] == [(1.0, 3.0), (3.0, 5.0)]
    assert spans[2][1] < 60
    assert answer.evidence.clips == 3


def test_a_file_that_is_gone_is_named(own_library: Path, names: list[str], tmp_path: Path, world: Path) -> None:
    model = FakeVisionLanguageModel(cites())
    with Asker.open(own_library, settings=demo_settings(own_library), load=lambda _: model) as asker:
        videos = asker.engine.library.videos()
        moved = tmp_path / "moved.mp4"
        Path(videos[0].path).rename(moved)
        try:
            with pytest.raises(VanishedVideoError, match=f"clip {names[0]}@1-2: the file .* is gone"):
                ask_about_clips(asker, "Are these alike?", [f"{names[1]}@1-2", f"{names[0]}@1-2"])
        finally:
            moved.rename(videos[0].path)
    assert model.prompts == []


def test_the_demos_model_answers_about_a_clip_and_can_be_stopped(demo_library: Path, names: list[str]) -> None:
    with Asker.open(demo_library, settings=demo_settings(demo_library)) as asker:
        video = next(one for one in asker.engine.library.videos() if Path(one.path).name == names[0])
        first = asker.engine.library.segments(video.video_id)[0].span
        caption = asker.engine.library.texts(video.video_id, "caption")[0].text
        clip = f"{names[0]}@{first.start_seconds:g}-{first.stop_seconds:g}"
        answer = ask_about_clips(asker, f"When can one see {caption}?", [clip])
        assert answer.found
        assert {one.video_id for one in answer.moments} == {video.video_id}
        assert all(first.intersection_seconds(one.span) > 0 for one in answer.moments)
        with pytest.raises(GenerationCancelledError):
            ask_about_clips(asker, "What is it?", [clip], is_cancelled=lambda: True)


def test_the_command(demo_library: Path, names: list[str]) -> None:
    words = ["ask", "What is shown?", "--library", str(demo_library), "--models", "demo", "--device", "cpu", "--json"]
    clips = ["--clip", f"{names[0]}@0:01-0:04", "--clip", f"{names[1]}@0:01-0:04"]
    run = CliRunner().invoke(main, [*words, *clips])
    assert run.exit_code in (ExitCode.OK, ExitCode.NOTHING_FOUND), run.stderr
    assert json.loads(run.stdout)["evidence"]["clips"] == 2
    for beside, name in ((["--video", names[0]], "video"), (["--look-again", "--effort", "high"], "looking again")):
        refused = CliRunner().invoke(main, [*words, *clips, *beside])
        assert refused.exit_code == ExitCode.STOPPED
        assert f"{name} cannot be combined with clips" in refused.stderr


def test_over_http(demo_library: Path, names: list[str], world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(demo_settings(demo_library), roots=(world.resolve(),)) as running, running.client() as client:
        _ = running.runtime.asker.model  # so that it is not loaded later
        monkeypatch.setattr(running.runtime.asker, "_model", FakeVisionLanguageModel(cites((2, 2.0, 3.0))))
        body: dict[str, Any] = {"question": "Alike?", "clips": [f"{names[0]}@1-4", f"{names[1]}@1-4"]}
        answer = client.post("/api/v1/ask", json=body).json()
        assert [one["video"] for one in answer["moments"]] == [names[1]]
        assert answer["evidence"]["clips"] == 2
        events = client.post("/api/v1/ask", json=body, headers={"Accept": "text/event-stream"}).text
        assert events.index("event: evidence") < events.index("event: token") < events.index("event: answer")
        for wrong, status in (
            ({"clips": [f"{names[0]}@1-4", f"{names[0]}@2-5"]}, 400),
            ({"clips": ["nowhere.mp4@1-4"]}, 404),
            ({"scope": "tag:a"}, 400),
            ({"look_again": True, "effort": "high"}, 400),
            ({"clips": [f"{names[0]}@1-2"] * 13}, 400),
        ):
            refused = client.post("/api/v1/ask", json=body | wrong)
            assert refused.status_code == status, refused.text
