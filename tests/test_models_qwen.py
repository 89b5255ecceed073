"""Qwen2-VL by transformers with a tiny checkpoint of random weights: counts, batches, streams, cancel, grammar."""

import functools
import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from indexer.errors import (
    DeviceMemoryError,
    GenerationCancelledError,
    ModelBrokenError,
    ModelBusyError,
    ModelMissingError,
    PromptTooLongError,
)
from indexer.models.qwen.constrained_decoding import SchemaConstraint
from indexer.models.qwen.model import QwenModel, load_vision_language_model
from indexer.models.vision_language import Prompt, ShownFrames, VisionLanguageModel
from indexer.models.weights.transformers_models import transformers_weights_name
from indexer.pipeline.stages.caption_prompt import caption_prompt
from indexer.records import TimeSpan
from search.answering.prompts import ShownClip, ask_prompt
from search.answering.reply import REPLY_SCHEMA
from tests.helpers.qwen_checkpoint import CONTEXT, write_vlm_checkpoint

pytestmark = pytest.mark.slow

WORDS = 'when is a red circle moving left? «ÄÖ» 23.5s 图 🎈 <b> \n Clip {"a": 1} naïve'.split(" ")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vlm_checkpoint(tmp_path_factory.mktemp("vlm"))


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> QwenModel:
    return load_vision_language_model(str(checkpoint), device="cpu", most_waiting=2)


def frames(rng: Random, count: int = 2, height: int = 56, width: int = 84) -> ShownFrames:
    pixels = np.random.default_rng(rng.random().__hash__() % 2**32).integers(0, 256, (count, height, width, 3))
    return ShownFrames(pixels.astype(np.uint8), 2.0)


def question(seed: int, *, clips: int = 2) -> Prompt:
    rng = Random(seed)
    shown = [
        ShownClip(TimeSpan(number * 10.0, number * 10.0 + 4), ((number * 10.0, frames(rng)),), text=" ".join(WORDS[:3]))
        for number in range(clips)
    ]
    return ask_prompt(" ".join(rng.sample(WORDS, 4)), shown)


def test_is_a_vision_language_model(model: QwenModel, checkpoint: Path) -> None:
    assert isinstance(model, VisionLanguageModel)
    assert (model.context_limit, model.grid_pixels, model.picture_size) == (CONTEXT, 28, (56, 84))
    assert model.name == transformers_weights_name(str(checkpoint)) != ""
    assert model.name.startswith(f"{checkpoint.name} ")


def test_the_token_count_equals_the_processors(model: QwenModel) -> None:
    rng = Random(3)
    for _ in range(60):
        parts: list[Any] = []
        for _ in range(rng.randint(1, 5)):
            parts.append(" ".join(rng.choices(WORDS, k=rng.randint(0, 9))))
            if rng.random() < 0.7:
                parts.append(frames(rng, rng.randint(1, 5), 28 * rng.randint(1, 4), 28 * rng.randint(1, 4)))
        prompt = tuple(parts)
        made = model._inputs.batch([prompt])  # pyright: ignore[reportPrivateUsage]
        assert model.count_tokens(prompt) == made["input_ids"].shape[1] == int(made["attention_mask"].sum())


def test_tokens_that_a_schema_prescribes_are_not_generated(model: QwenModel, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts, steps = [question(1, clips=1), question(2, clips=3)], list[int]()
    forward = model._model.forward  # pyright: ignore[reportPrivateUsage]

    @functools.wraps(forward)
    def counted(*given: Any, **named: Any) -> Any:
        steps.append(1)
        return forward(*given, **named)

    monkeypatch.setattr(model._model, "forward", counted)  # pyright: ignore[reportPrivateUsage]
    begun = model.generate(prompts, max_tokens=40, schema=REPLY_SCHEMA)
    few = len(steps)
    monkeypatch.setattr(SchemaConstraint, "forced_prefix", lambda self, most: [])
    assert model.generate(prompts, max_tokens=40, schema=REPLY_SCHEMA) == begun
    assert few < len(steps) - few


def test_a_batch_answers_as_single_calls_do(model: QwenModel) -> None:
    prompts = [question(seed, clips=clips) for seed, clips in ((1, 1), (2, 4), (3, 2))]
    assert model.generate(prompts, max_tokens=24) == [model.generate([prompt], max_tokens=24)[0] for prompt in prompts]


def test_frames_matter_and_keep_their_size(model: QwenModel) -> None:
    seen = model._inputs.batch([question(1)])  # pyright: ignore[reportPrivateUsage]
    assert seen["video_grid_thw"].tolist() == [[1, 4, 6], [1, 4, 6]]
    other = model._inputs.batch([question(2)])  # pyright: ignore[reportPrivateUsage]
    assert not torch.equal(seen["pixel_values_videos"], other["pixel_values_videos"])


@pytest.mark.parametrize("seed", range(6))
def test_a_constrained_reply_follows_its_schema_and_parses_when_complete(model: QwenModel, seed: int) -> None:
    reply = model.generate([question(seed)], max_tokens=120, schema=REPLY_SCHEMA)[0]
    assert reply.text.startswith('{"answer": "')
    if reply.complete:
        assert set(json.loads(reply.text)) == {"answer", "found", "moments"}


def test_a_schema_without_free_text_always_parses(model: QwenModel) -> None:
    schema = {
        "type": "object",
        "properties": {"found": {"type": "boolean"}, "kind": {"enum": ["a", "b c"]}},
        "required": ["found", "kind"],
        "additionalProperties": False,
    }
    replies = model.generate([question(seed) for seed in range(4)], max_tokens=60, schema=schema)
    for reply in replies:
        assert reply.complete
        assert set(json.loads(reply.text)) == {"found", "kind"}


def test_the_stream_is_the_reply_piece_by_piece(model: QwenModel) -> None:
    pieces: list[str] = []
    reply = model.generate([question(4)], max_tokens=30, on_text=pieces.append)[0]
    assert "".join(pieces) == reply.text
    assert len(pieces) > 5
    with pytest.raises(ValueError, match="one prompt"):
        model.generate([question(1), question(2)], max_tokens=3, on_text=pieces.append)


def test_cancelling_stops_within_one_token(model: QwenModel) -> None:
    pieces: list[str] = []
    asked: list[int] = []

    def is_cancelled() -> bool:
        asked.append(len(pieces))
        return len(asked) > 5

    with pytest.raises(GenerationCancelledError):
        model.generate([question(5)], max_tokens=200, on_text=pieces.append, is_cancelled=is_cancelled)
    assert len(asked) <= 8
    assert model.generate([question(5)], max_tokens=2)[0].tokens == 2, "the model is free again"


def test_cancelling_from_another_thread(model: QwenModel) -> None:
    cancel, has_begun = threading.Event(), threading.Event()

    def cancel_once_it_writes() -> None:
        has_begun.wait(60)
        cancel.set()

    thread = threading.Thread(target=cancel_once_it_writes)
    thread.start()
    with pytest.raises(GenerationCancelledError):
        model.generate(
            [question(6)], max_tokens=1500, on_text=lambda piece: has_begun.set(), is_cancelled=cancel.is_set
        )
    thread.join()


def test_too_many_requests_are_refused(model: QwenModel) -> None:
    cancel = threading.Event()
    outcomes: list[object] = []

    def ask() -> None:
        try:
            outcomes.append(model.generate([question(7)], max_tokens=1500, is_cancelled=cancel.is_set))
        except (ModelBusyError, GenerationCancelledError) as error:
            outcomes.append(error)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(outcomes) == 3)
    cancel.set()
    for thread in threads:
        thread.join(timeout=60)
    assert sum(isinstance(outcome, ModelBusyError) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, GenerationCancelledError) for outcome in outcomes) == 3


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_prompt_beyond_the_context_is_refused_before_the_model_runs(model: QwenModel) -> None:
    with pytest.raises(PromptTooLongError, match="2,048"):
        model.generate([question(1, clips=100)], max_tokens=10)
    size = model.count_tokens(question(1))
    with pytest.raises(PromptTooLongError):
        model.generate([question(1)], max_tokens=CONTEXT - size + 1)


def test_frames_off_the_grid_are_refused(model: QwenModel) -> None:
    with pytest.raises(ValueError, match="multiples of 28"):
        model.count_tokens(caption_prompt([(0.0, frames(Random(1), height=30))]))


def test_lack_of_memory_makes_batches_smaller_and_finally_an_error(
    model: QwenModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, sizes = model._run, []  # pyright: ignore[reportPrivateUsage]

    def short(prompts: list[Prompt], *rest: Any) -> Any:
        sizes.append(len(prompts))
        if len(prompts) > 1:
            raise torch.OutOfMemoryError("not enough")
        return run(prompts, *rest)

    monkeypatch.setattr(model, "_run", short)
    assert len(model.generate([question(seed) for seed in range(3)], max_tokens=2)) == 3
    assert sizes == [3, 1, 1, 1]

    def none(prompts: list[Prompt], *rest: Any) -> Any:
        raise torch.OutOfMemoryError("nothing")

    monkeypatch.setattr(model, "_run", none)
    with pytest.raises(DeviceMemoryError, match="smaller"):
        model.generate([question(1)], max_tokens=2)


def test_an_absent_model_is_missing(tmp_path: Path) -> None:
    for spec in (str(tmp_path / "none"), "no model"):
        assert transformers_weights_name(spec) == ""
        with pytest.raises(ModelMissingError, match="vision-language model"):
            load_vision_language_model(spec, device="cpu")


def broken(checkpoint: Path, folder: Path, change: Callable[[Path], object]) -> str:
    shutil.copytree(checkpoint, folder)
    change(folder)
    return str(folder)


def edit(name: str, change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def apply(folder: Path) -> None:
        values = json.loads((folder / name).read_text())
        change(values)
        (folder / name).write_text(json.dumps(values))

    return apply


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), "safetensors"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"no weights"), "cannot be loaded"),
        (lambda folder: (folder / "config.json").write_text("{"), "cannot be loaded"),
        (edit("config.json", lambda values: values["vision_config"].update(depth=2)), "lack"),
        (edit("config.json", lambda values: values.update(video_token_id=1)), "video token"),
        (lambda folder: (folder / "reelseek.json").write_text("[]"), "picture_height"),
        (lambda folder: (folder / "chat_template.jinja").unlink(), "chat template"),
    ],
)
def test_a_broken_model_says_what_is_wrong(
    checkpoint: Path, tmp_path: Path, change: Callable[[Path], object], says: str
) -> None:
    with pytest.raises(ModelBrokenError, match=says):
        load_vision_language_model(broken(checkpoint, tmp_path / "broken", change), device="cpu")
