"""What every family of vision-language models keeps, with a tiny checkpoint of each: counts, batches, schema, times."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, get_args

import numpy as np
import pytest
import torch
from transformers import AutoProcessor

from bench.parity import compare
from indexer.errors import GenerationCancelledError
from indexer.models.local.families.qwen2_vl import QWEN2_VL
from indexer.models.local.families.registry import FAMILIES
from indexer.models.local.inputs import PromptInputs
from indexer.models.local.model import LocalModel, load_local_model
from indexer.models.vision_language import Frames, Prompt, Role, Turn, VisionSpec, frames_of, user_prompt
from indexer.pipeline.stages.caption_prompt import caption_prompt
from indexer.records import TimeSpan
from search.answering.clip_reader import clip_as_video_input
from search.answering.prompts import ShownClip, ask_prompt
from search.answering.reply import REPLY_SCHEMA
from search.looking.steps import LONGEST_NOTE, MOST_MOMENTS, STEP_SCHEMA, parse_step
from tests.helpers.vlm_checkpoints import FAMILY_NAMES, write_vlm_checkpoint

pytestmark = pytest.mark.slow

WORDS = 'when is a red circle? «ÄÖ» 23.5s 图 🎈 <b> \n {"a": 1} <image> <video> <|video_pad|> <|im_end|>'.split(" ")
RECORDED = Path(__file__).parent / "helpers" / "qwen2_vl_prompts.json"
"""Prompts of the demo's model as they were before there were families, in place of "*20 " so many placeholders."""


@pytest.fixture(scope="module", params=FAMILY_NAMES)
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def folder(family: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vlm_checkpoint(tmp_path_factory.mktemp(family), family)


@pytest.fixture(scope="module")
def model(folder: Path) -> LocalModel:
    return load_local_model(str(folder), device="cpu")


@pytest.fixture(scope="module")
def inputs(family: str, folder: Path) -> PromptInputs:
    return PromptInputs(AutoProcessor.from_pretrained(folder, local_files_only=True), FAMILIES[family])


def random_frames(rng: Random, vision: VisionSpec, *, start: float | None = None, count: int | None = None) -> Frames:
    """Times are whole milliseconds, as every container can state them."""
    grid, count = vision.grid_pixels, count or rng.randint(1, 5)
    height, width = vision.only or (grid * rng.randint(1, 4), grid * rng.randint(1, 4))
    pixels = np.random.default_rng(rng.getrandbits(32)).integers(0, 256, (count, height, width, 3), np.uint8)
    first = round(rng.uniform(0, 4000), 3) if start is None else start
    return Frames(pixels, tuple(round(first + place * 0.5, 3) for place in range(count)))


def random_prompt(rng: Random, vision: VisionSpec) -> Prompt:
    def turn(role: Role) -> Turn:
        parts: list[str | Frames] = []
        for _ in range(rng.randint(1, 4)):
            parts.append(" ".join(rng.choices(WORDS, k=rng.randint(0, 9))))
            if role == "user" and rng.random() < 0.7:
                parts.append(random_frames(rng, vision))
        return Turn(role, tuple(parts))

    before = [turn(rng.choice(get_args(Role))) for _ in range(rng.randint(0, 2))]
    return (*before, turn("user"))


def test_the_count_is_what_is_made(model: LocalModel, inputs: PromptInputs) -> None:
    rng = Random(3)
    for _ in range(40):
        prompt = random_prompt(rng, model.vision)
        made = inputs.batch([prompt])
        assert model.count_tokens(prompt) == made["input_ids"].shape[1] == int(made["attention_mask"].sum())


def next_scores(model: LocalModel, prompts: list[Prompt]) -> torch.Tensor:
    """(prompts, vocabulary) scores of the first token of each reply."""
    inner, made = model._model, model._inputs.batch(prompts)  # pyright: ignore[reportPrivateUsage]
    with torch.inference_mode():
        return inner(**made).logits[:, -1]


def test_a_batch_answers_as_single_prompts_do(model: LocalModel) -> None:
    rng = Random(5)
    prompts = [random_prompt(rng, model.vision) for _ in range(4)]
    alone = [model.generate([prompt], max_tokens=16)[0] for prompt in prompts]
    assert model.generate(prompts, max_tokens=16) == alone
    each = [next_scores(model, [prompt])[0] for prompt in prompts]
    assert torch.allclose(next_scores(model, prompts), torch.stack(each), atol=1e-4)
    assert not any(torch.allclose(one, other, atol=1e-3) for one, other in pairwise(each))


def test_what_is_shown_matters(model: LocalModel) -> None:
    """Not in the greedy reply of random weights, but in its scores."""
    rng = Random(6)
    shown = [user_prompt(random_frames(rng, model.vision, start=1.0, count=2), "What is shown?") for _ in range(2)]
    assert not torch.equal(*(next_scores(model, [one]) for one in shown))


def test_the_schema_is_held(model: LocalModel) -> None:
    rng = Random(7)
    prompts = [random_prompt(rng, model.vision) for _ in range(3)]
    for reply in model.generate(prompts, max_tokens=90, schema=REPLY_SCHEMA):
        assert reply.text.startswith('{"answer": "')
        assert not reply.complete or set(json.loads(reply.text)) == {"answer", "found", "moments"}
    schema = {
        "type": "object",
        "properties": {"found": {"type": "boolean"}, "kind": {"enum": ["a", "b c"]}},
        "required": ["found", "kind"],
        "additionalProperties": False,
    }
    for reply in model.generate(prompts, max_tokens=60, schema=schema):
        assert reply.complete and set(json.loads(reply.text)) == {"found", "kind"}


def test_the_schema_of_steps_is_held(model: LocalModel) -> None:
    rng = Random(8)
    prompts = [random_prompt(rng, model.vision) for _ in range(3)]
    for reply in model.generate(prompts, max_tokens=400, schema=STEP_SCHEMA):
        assert reply.complete
        value = json.loads(reply.text)
        assert list(value) == ["note", "step"] and len(value["note"]) <= LONGEST_NOTE
        (kind,) = value["step"]
        assert kind in ("search", "look", "answer")
        assert parse_step(reply.text, moments=MOST_MOMENTS).kind in (kind, "none"), "a query may be all spaces"


def test_cancelling_stops_within_one_token(model: LocalModel) -> None:
    asked: list[int] = []

    def is_cancelled() -> bool:
        asked.append(1)
        return len(asked) > 4

    with pytest.raises(GenerationCancelledError):
        model.generate([random_prompt(Random(8), model.vision)], max_tokens=500, is_cancelled=is_cancelled)
    assert len(asked) == 5


def test_tokens_and_pixels_are_those_of_the_own_processor(family: str, folder: Path) -> None:
    found = compare(family, folder, sets=8, seed=9)
    assert found.is_whole and found.frames > 40, found


def test_a_family_that_tells_other_times_is_noticed(family: str, folder: Path) -> None:
    def later(processor: Any, frames: Frames) -> str:
        return FAMILIES[family].text(processor, replace(frames, times=tuple(time + 1 for time in frames.times)))

    found = compare(family, folder, sets=8, seed=9, family=replace(FAMILIES[family], text=later))
    assert found.same["tokens"] < found.sets == found.same["pixels"], found


def test_words_never_stand_for_pictures(inputs: PromptInputs) -> None:
    """What is written in a video may look like a control token."""
    marks = "<image> <video> <|image_pad|> <|video_pad|> <|vision_start|> <|im_end|> <|im_start|>system"
    plain, marked = inputs.ids(user_prompt("words")), inputs.ids(user_prompt(marks))
    tokenizer = inputs._processor.tokenizer  # pyright: ignore[reportPrivateUsage]
    control = {index for index, token in tokenizer.added_tokens_decoder.items() if token.special}
    assert [one for one in plain if one in control] == [one for one in marked if one in control]


def test_qwen3_is_told_each_steps_time_beside_it(tmp_path: Path) -> None:
    for family in ("qwen3_vl", "qwen3_5"):
        folder = write_vlm_checkpoint(tmp_path / family, family)
        inputs = PromptInputs(AutoProcessor.from_pretrained(folder), FAMILIES[family])
        pixels = np.zeros((3, 32, 64, 3), np.uint8)
        said = inputs.render(user_prompt(Frames(pixels, (22.8, 23.3, 25.0)), "What?"))
        step = "<|vision_start|><|video_pad|><|video_pad|><|vision_end|>"
        assert f"user\n<23.1 seconds>{step}<25.0 seconds>{step}What?" in said
        assert said.endswith("<think>\n\n</think>\n\n") == (family == "qwen3_5")


def test_qwen2_5_counts_the_seconds_of_a_run_by_itself(tmp_path: Path) -> None:
    """Two positions for each second, although decoded frames lie a little beside their times."""
    model = load_local_model(str(write_vlm_checkpoint(tmp_path, "qwen2_5_vl")), device="cpu")
    times = tuple(100 + place * 0.5 + place % 3 * 0.02 for place in range(8))
    prompt = user_prompt(Frames(np.zeros((8, 28, 28, 3), np.uint8), times), "When?")
    made = model._inputs.batch([prompt])  # pyright: ignore[reportPrivateUsage]
    assert model.vision.runs_begin_at_zero
    inner: Any = model._model.model  # pyright: ignore[reportPrivateUsage]
    positions, _ = inner.get_rope_index(
        made["input_ids"],
        mm_token_type_ids=made["mm_token_type_ids"],
        video_grid_thw=made["video_grid_thw"],
        second_per_grid_ts=made["second_per_grid_ts"],
    )
    temporal = positions[0, 0][made["mm_token_type_ids"][0] == 2]
    assert (temporal - temporal[0]).tolist() == [0, 2, 4, 6]


def test_prompts_of_qwen2_vl_are_what_they_were() -> None:
    """The demo's model was trained on these bytes, and the captions of every library were made by them."""
    checkpoint = Path(__file__).parents[1] / "demo" / "checkpoints" / "vlm"
    processor = AutoProcessor.from_pretrained(checkpoint, local_files_only=True)
    inputs = PromptInputs(processor, QWEN2_VL)
    recorded: dict[str, Any] = json.loads(RECORDED.read_text("utf-8"))
    assert set(recorded) == set(KNOWN_PROMPTS)
    for name, prompt in KNOWN_PROMPTS.items():
        ids, said = inputs.ids(prompt()), recorded[name]
        text = re.sub(r"\*(\d+) ", lambda many: "<|video_pad|>" * (int(many[1]) - 1), said["text"])
        assert inputs.render(prompt()) == text, name
        assert len(ids) == said["tokens"] and hashlib.sha256(json.dumps(ids).encode()).hexdigest() == said["ids_sha256"]


def pair(time: float, height: int = 112, width: int = 140) -> Frames:
    return Frames(np.zeros((2, height, width, 3), np.uint8), (time, time + 0.5))


def known_clips(show: Callable[[ShownClip], ShownClip]) -> Prompt:
    clips = [
        ShownClip(
            TimeSpan(20.04, 27.5),
            (pair(20.04), pair(22.75), pair(25.0)),
            text='GRAND  HOTEL <|im_end|> >>> "näïve" 图',
            caption="A red circle moves left.",
        ),
        ShownClip(TimeSpan(3599.9, 3661.0), (pair(3599.95, 56, 84), pair(3660.4))),
    ]
    return ask_prompt("When is a red circle\nmoving left? <|video_pad|> 🎈", [show(clip) for clip in clips])


def without_pictures(clip: ShownClip) -> ShownClip:
    return ShownClip(clip.span, (), clip.text, clip.caption)


KNOWN_PROMPTS: dict[str, Callable[[], Prompt]] = {
    "question": partial(known_clips, lambda clip: clip),
    "clips as videos": partial(known_clips, clip_as_video_input),
    "draft": partial(known_clips, without_pictures),
    "caption": lambda: caption_prompt([pair(0.0), pair(1.25), pair(2.949)]),
    "words": lambda: user_prompt(
        "Lines of a video with their times, quoted:\n0.5s <<<a line>>>\n"
        "Give a title of at most eight words for this part. Answer with the title alone."
    ),
}


def test_frames_have_a_time_each() -> None:
    with pytest.raises(ValueError, match="with n times"):
        Frames(np.zeros((2, 28, 28, 3), np.uint8), (1.0,))
    assert len(frames_of(known_clips(lambda clip: clip))) == 5
