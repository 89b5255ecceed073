"""Which instants are shown, and that whatever is shown fits: by the fake's counting and by a real processor's."""

import os
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.models.frame_pairs import PictureSize
from indexer.records import TimeSpan
from search.answering.clip_planning import ClipCandidate, sample_clip_times, with_picture_sizes
from search.answering.effort import EFFORTS, fit_answering_effort, reply_tokens
from search.answering.prompts import ask_prompt
from search.answering.token_budget import PromptBudget, blank_clip, plan_clips, prompt_tokens
from search.answering.uniform_sampling import plan_uniform_sampling
from tests.helpers.fakes_vlm import FakeVisionLanguageModel

if TYPE_CHECKING:
    from indexer.models.local.model import LocalModel

SETS = int(os.environ.get("REELSEEK_EVIDENCE_SETS", "40"))
"""Random sets of evidence that are planned and counted; a thousand take minutes."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> "list[LocalModel]":
    """One of each family."""
    from indexer.models.local.model import load_local_model  # imports torch, which takes seconds
    from tests.helpers.vlm_checkpoints import FAMILY_NAMES, write_vlm_checkpoint

    folders = [write_vlm_checkpoint(tmp_path_factory.mktemp(family), family) for family in FAMILY_NAMES]
    return [load_local_model(str(folder), device="cpu") for folder in folders]


def candidate(rng: Random, place: int) -> ClipCandidate:
    start = rng.uniform(0, 900)
    span = TimeSpan(start, start + rng.choice((0.2, 3.0, 8.0, 40.0, 300.0)))
    frames = [(time, rng.random()) for time in range(int(start), int(span.stop_seconds) + 1)]
    words = rng.choice(("", "GRAND HOTEL", "the tailor <<<counts>>> <|im_end|> seven lanterns " * 30))
    return ClipCandidate(
        f"/v/{place}.mp4", f"{place:032x}", span, frames, *rng.choice(((320, 240), (1080, 1920))), words
    )


def test_instants_gather_where_the_picture_answers() -> None:
    curve = [(float(time), 0.9 if 20 <= time < 25 else 0.1) for time in range(60)]
    times = [time for time, _ in sample_clip_times(TimeSpan(0, 60), curve, 8)]
    assert sum(19 <= time <= 26 for time in times) >= 3
    flat = [time for time, _ in sample_clip_times(TimeSpan(0, 60), [], 8)]
    assert max(later - earlier for earlier, later in pairwise(flat)) < 9


@given(
    st.floats(0, 1000),
    st.floats(0, 400),
    st.lists(st.tuples(st.floats(0, 1400), st.floats(-1, 1)), max_size=30),
    st.integers(1, 40),
)
def test_pairs_lie_inside_and_do_not_overlap(
    start: float, length: float, curve: list[tuple[float, float]], count: int
) -> None:
    span = TimeSpan(start, start + length)
    times = [time for time, _ in sample_clip_times(span, sorted(curve), count)]
    assert 1 <= len(times) <= count
    assert all(span.start_seconds <= time <= span.stop_seconds for time in times)
    assert all(later - earlier >= 0.5 - 1e-6 for earlier, later in pairwise(times))
    assert length < 0.5 or times[-1] + 0.5 <= span.stop_seconds + 1e-6


def test_the_best_quarter_is_large() -> None:
    large, small = PictureSize(112, 112), PictureSize(56, 56)
    pairs = with_picture_sizes([(0, 0.1), (1, 0.9), (2, 0.2), (3, 0.3)], large=large, small=small)
    assert [pair.size == large for pair in pairs] == [False, True, False, False]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SETS))
def test_the_plan_fits_and_is_counted_as_it_is_made(models: "list[LocalModel]", seed: int) -> None:
    rng, model = Random(seed), models[seed % len(models)]
    question = " ".join(rng.choices("when is a red Ärger 图 <|im_end|> circle?".split(), k=rng.randint(1, 30)))
    limit = rng.choice((300, 700, model.context_limit)) - reply_tokens(model)
    candidates = [candidate(rng, place) for place in range(rng.randint(1, 8))]
    planned = plan_clips(question, candidates, model, PromptBudget(limit, 6))
    if seed % 5 == 0:
        planned = plan_uniform_sampling(question, candidates, model, limit)
    each = model.vision.frames_a_step
    prompt = ask_prompt(question, [blank_clip(clip, frames_a_step=each) for clip in planned])
    counted = int(model._inputs.batch([prompt])["input_ids"].shape[1])  # pyright: ignore[reportPrivateUsage]
    assert prompt_tokens(question, planned, model) == counted
    assert not planned or counted <= limit


def test_a_model_of_any_size_gets_larger_pictures_where_there_is_room() -> None:
    model = FakeVisionLanguageModel(lambda prompt: "", context_limit=8192, picture_size=None)
    rng = Random(1)
    few = plan_clips("when?", [candidate(rng, 0)], model, PromptBudget(4000, 6))
    many = plan_clips("when?", [candidate(rng, place) for place in range(6)], model, PromptBudget(1500, 6))
    assert max(p.size.tokens(28) for c in few for p in c.pairs) > max(p.size.tokens(28) for c in many for p in c.pairs)
    assert len({pair.size for pair in few[0].pairs}) <= 2


def test_a_question_without_room_plans_nothing() -> None:
    model = FakeVisionLanguageModel(lambda prompt: "")
    assert plan_clips("word " * 50, [candidate(Random(1), 0)], model, PromptBudget(40, 6)) == []


def test_a_model_that_reads_better_than_it_looks_gets_few_pairs_beside_a_caption() -> None:
    model = FakeVisionLanguageModel(lambda prompt: "")
    model.vision = replace(model.vision, captioned_pairs=1)
    bare = replace(candidate(Random(1), 0), span=TimeSpan(0, 12), caption="")
    told = replace(bare, caption="a horse jumps")
    pairs = [len(clip.pairs) for clip in plan_clips("when?", [bare, told], model, PromptBudget(1500, 6))]
    assert pairs[0] > pairs[1] == 1


def test_a_model_of_short_context_is_shown_one_clip_where_one_thing_is_asked_of() -> None:
    assert fit_answering_effort(EFFORTS["normal"], 2048).clips_a_pass == 2
    assert fit_answering_effort(EFFORTS["normal"], 2048, one_thing=True).clips_a_pass == 1
    assert fit_answering_effort(EFFORTS["normal"], 32_768, one_thing=True) == EFFORTS["normal"]
