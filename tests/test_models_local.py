"""A local model with a tiny checkpoint of random weights: queue, batches, streams, cancel, grammar, broken files."""

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
    ModelUnknownError,
    PromptTooLongError,
)
from indexer.models.local.constrained_decoding import SchemaConstraint
from indexer.models.local.families.registry import FAMILIES
from indexer.models.local.model import LocalModel, load_local_model
from indexer.models.vision_language import Frames, Prompt, VisionLanguageModel, VisionSpec
from indexer.models.weights.transformers_models import transformers_weights_name
from indexer.pipeline.stages.caption_prompt import caption_prompt
from indexer.records import TimeSpan
from search.answering.prompts import ShownClip, ask_prompt
from search.answering.reply import REPLY_SCHEMA
from tests.helpers.vlm_checkpoints import CONTEXT, write_vlm_checkpoint

pytestmark = pytest.mark.slow

WORDS = 'when is a red circle moving left? «ÄÖ» 23.5s 图 🎈 <b> \n Clip {"a": 1} naïve'.split(" ")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vlm_checkpoint(tmp_path_factory.mktemp("vlm"), picture_size=(56, 84))


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> LocalModel:
    return load_local_model(str(checkpoint), device="cpu", most_waiting=2)


def frames(rng: Random, start: float = 0.0, *, count: int = 2, height: int = 56, width: int = 84) -> Frames:
    pixels = np.random.default_rng(rng.random().__hash__() % 2**32).integers(0, 256, (count, height, width, 3))
    return Frames(pixels.astype(np.uint8), tuple(start + place / 2 for place in range(count)))


def question(seed: int, *, clips: int = 2) -> Prompt:
    rng = Random(seed)
    shown = [
        ShownClip(TimeSpan(number * 10.0, number * 10.0 + 4), (frames(rng, number * 10.0),), text=" ".join(WORDS[:3]))
        for number in range(clips)
    ]
    return ask_prompt(" ".join(rng.sample(WORDS, 4)), shown)


def test_is_a_vision_language_model(model: LocalModel, checkpoint: Path) -> None:
    assert isinstance(model, VisionLanguageModel)
    assert (model.context_limit, model.vision) == (CONTEXT, VisionSpec(28, 2, only=(56, 84)))
    assert model.name == transformers_weights_name(str(checkpoint)) != ""
    assert model.name.startswith(f"{checkpoint.name} ")


def test_tokens_that_a_schema_prescribes_are_not_generated(model: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_frames_matter_and_keep_their_size(model: LocalModel) -> None:
    seen = model._inputs.batch([question(1)])  # pyright: ignore[reportPrivateUsage]
    assert seen["video_grid_thw"].tolist() == [[1, 4, 6], [1, 4, 6]]
    other = model._inputs.batch([question(2)])  # pyright: ignore[reportPrivateUsage]
    assert not torch.equal(seen["pixel_values_videos"], other["pixel_values_videos"])


@pytest.mark.parametrize("seed", range(6))
def test_a_constrained_reply_follows_its_schema_and_parses_when_complete(model: LocalModel, seed: int) -> None:
    reply = model.generate([question(seed)], max_tokens=120, schema=REPLY_SCHEMA)[0]
    assert reply.text.startswith('{"answer": "')
    if reply.complete:
        assert set(json.loads(reply.text)) == {"answer", "found", "moments"}


def test_a_schema_without_free_text_always_parses(model: LocalModel) -> None:
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


def test_the_stream_is_the_reply_piece_by_piece(model: LocalModel) -> None:
    pieces: list[str] = []
    reply = model.generate([question(4)], max_tokens=30, on_text=pieces.append)[0]
    assert "".join(pieces) == reply.text
    assert len(pieces) > 5
    with pytest.raises(ValueError, match="one prompt"):
        model.generate([question(1), question(2)], max_tokens=3, on_text=pieces.append)


def test_cancelling_stops_within_one_token(model: LocalModel) -> None:
    pieces: list[str] = []
    asked: list[int] = []

    def is_cancelled() -> bool:
        asked.append(len(pieces))
        return len(asked) > 5

    with pytest.raises(GenerationCancelledError):
        model.generate([question(5)], max_tokens=200, on_text=pieces.append, is_cancelled=is_cancelled)
    assert len(asked) <= 8
    assert model.generate([question(5)], max_tokens=2)[0].tokens == 2, "the model is free again"


def test_cancelling_from_another_thread(model: LocalModel) -> None:
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


def test_too_many_requests_are_refused(model: LocalModel) -> None:
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


def test_a_prompt_beyond_the_context_is_refused_before_the_model_runs(model: LocalModel) -> None:
    with pytest.raises(PromptTooLongError, match="2,048"):
        model.generate([question(1, clips=100)], max_tokens=10)
    size = model.count_tokens(question(1))
    with pytest.raises(PromptTooLongError):
        model.generate([question(1)], max_tokens=CONTEXT - size + 1)


def test_frames_off_the_grid_are_refused(model: LocalModel) -> None:
    with pytest.raises(ValueError, match="multiples of 28"):
        model.count_tokens(caption_prompt([frames(Random(1), height=30)]))


def test_lack_of_memory_makes_batches_smaller_and_finally_an_error(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
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
            load_local_model(spec, device="cpu")


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
        load_local_model(broken(checkpoint, tmp_path / "broken", change), device="cpu")


def test_a_family_that_is_not_known_is_refused_before_anything_is_loaded(checkpoint: Path, tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        edit("config.json", lambda values: values.update(model_type="tarsier"))(folder)
        (folder / "model.safetensors").write_bytes(b"never read")

    with pytest.raises(ModelUnknownError, match="'tarsier'") as caught:
        load_local_model(broken(checkpoint, tmp_path / "unknown", change), device="cpu")
    assert all(name in str(caught.value) for name in FAMILIES)
