"""Budget, draft and grammar at the true size of Qwen's vocabulary, with a model of random weights otherwise tiny."""

import json
from dataclasses import replace

import pytest
from transformers import Qwen2Tokenizer

from bench.support.qwen_vocabulary import MISSING, qwen_tokenizer, qwen_vocabulary_file
from indexer.models.local.model import LocalModel, load_local_model
from indexer.records import TimeSpan
from search.answering.callbacks import AnswerCallbacks
from search.answering.clip_planning import ClipCandidate
from search.answering.draft import generate_draft
from search.answering.prompts import ask_prompt
from search.answering.reply import FOUND_SCHEMA, SHORT_SCHEMA
from search.answering.token_budget import PromptBudget, blank_clip, plan_clips, prompt_tokens
from tests.helpers.vlm_checkpoints import write_vlm_checkpoint

pytestmark = [pytest.mark.slow, pytest.mark.skipif(qwen_vocabulary_file() is None, reason=MISSING)]

QUESTION = "When does the tailor count the lanterns beside the harbour?"


@pytest.fixture(scope="module")
def tokenizer() -> Qwen2Tokenizer:
    file = qwen_vocabulary_file()
    assert file is not None
    return qwen_tokenizer(file)


@pytest.fixture(scope="module")
def model(tokenizer: Qwen2Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    folder = write_vlm_checkpoint(tmp_path_factory.mktemp("true"), tokenizer=tokenizer, context=16_384)
    return load_local_model(str(folder), device="cpu")


def candidates(count: int) -> list[ClipCandidate]:
    told = "The tailor counts seven lanterns. Grand Hotel, open daily. " * 20
    spans = [TimeSpan(600.0 * place, 600.0 * place + 20) for place in range(count)]
    return [ClipCandidate("/v/a.mp4", "a", span, (), 1920, 1080, told, "A tailor counts lanterns.") for span in spans]


def test_the_tokens_are_those_of_the_published_models(tokenizer: Qwen2Tokenizer) -> None:
    text = "<|im_start|>user\n22.8s <|vision_start|><|video_pad|><|vision_end|>图片 naïve<|im_end|>"
    ids = tokenizer(text)["input_ids"]
    assert tokenizer("Hello world")["input_ids"] == [9707, 1879]
    assert ids[:2] == [151644, 872] and ids[-1] == 151645
    assert [one for one in ids if 151652 <= one <= 151656] == [151652, 151656, 151653]
    assert tokenizer.decode(ids) == text


@pytest.mark.parametrize("limit", [900, 4_096, 15_000])
def test_the_budget_is_kept_and_used(model: LocalModel, limit: int) -> None:
    planned = plan_clips(QUESTION, candidates(6), model, PromptBudget(limit, 6))
    prompt = ask_prompt(QUESTION, [blank_clip(clip, frames_a_step=2) for clip in planned])
    made = model._inputs.batch([prompt])["input_ids"].shape[1]  # pyright: ignore[reportPrivateUsage]
    assert 0.6 * limit < made == prompt_tokens(QUESTION, planned, model) <= limit


def test_a_draft_is_told_from_texts(model: LocalModel) -> None:
    told: list[str] = []
    planned = plan_clips(QUESTION, candidates(2), model, PromptBudget(2_000, 2))
    generate_draft(QUESTION, planned, model, max_tokens=48, callbacks=AnswerCallbacks(on_draft=told.append))
    assert "".join(told)


@pytest.mark.parametrize("schema", [SHORT_SCHEMA, FOUND_SCHEMA], ids=["short", "found"])
def test_the_grammar_holds_where_a_token_is_many_letters(model: LocalModel, schema: dict[str, object]) -> None:
    clips = [replace(one, text="", caption="") for one in candidates(2)]
    planned = plan_clips(QUESTION, clips, model, PromptBudget(600, 2))
    prompt = ask_prompt(QUESTION, [blank_clip(clip, frames_a_step=2) for clip in planned])
    (reply,) = model.generate([prompt], max_tokens=200, schema=schema)
    assert reply.text.startswith('{"answer": "')
    assert not reply.complete or {"answer", "found", "moments"} == set(json.loads(reply.text))
