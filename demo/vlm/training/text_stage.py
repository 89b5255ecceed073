"""The second stage: the language model learns captions, then also questions, from the trained tower's features."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import Qwen2Tokenizer, Qwen2VLForConditionalGeneration
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VisionTransformerPretrainedModel

from demo.training.loop import allow_fast_training_products
from demo.vlm.checkpoint import TEXT_SIZE
from demo.vlm.clips.clip_sampler import ClipSampler
from demo.vlm.clips.frames import PAIRS, SIBLINGS, FrameStore
from demo.vlm.clips.scene_facts import scene_facts
from demo.vlm.questions.description_facts import possible_facts
from demo.vlm.sequences.batch_prefetch import BatchPrefetcher
from demo.vlm.sequences.batches import Batch, collate_sequences
from demo.vlm.sequences.sequence_sampler import PAIR_TOKENS, SequenceSampler, TrainSequence
from demo.vlm.training.accuracy import Tally, count_right_tokens, mean_accuracies
from demo.vlm.training.auxiliary_heads import AuxiliaryHeads, attention_loss, fact_table
from demo.vlm.training.language_model import LayerStep, layer_step, reply_loss, run_layers
from demo.vlm.training.optimizer import Optimizer, learning_rate_share
from demo.vlm.training.vision_model import encode_patches, to_patches
from demo.vlm.training.vision_stage import HELD_OUT, TALL, WIDE

COUNTED = 10
"""Steps between counts of right predictions; each count waits for the device."""
CLIPS_PER_QUESTION = (1, 1, 1, 2, 2)
"""Drawn from these, as the product's retrieval returns them: mostly one."""
PAIRS_PER_CLIP = (1, 1, 1, 2, 3, 4)
"""Drawn from these: mostly one pair beside a caption, as `reelseek.json` asks the product for."""


@dataclass(frozen=True, slots=True)
class TextSchedule:
    """Length and learning rates; parts are shares of the time."""

    minutes: float
    captions_part: float
    short_part: float
    tokens: int
    """In a step, roughly."""
    matrix_rate: float
    rate: float


@torch.no_grad()
def cache_vision_features(
    tower: Qwen2VisionTransformerPretrainedModel, store: FrameStore, path: Path
) -> NDArray[np.float16]:
    """Runs the trained tower over all pairs once; returns a memory map (pairs, tokens, size)."""
    if path.exists():
        return np.load(path, mmap_mode="r")
    partial = path.with_suffix(".part.npy")
    count, size = store.size * PAIRS, tower.config.hidden_size
    features = np.lib.format.open_memmap(partial, mode="w+", dtype=np.float16, shape=(count, PAIR_TOKENS, size))
    device = tower.device
    at_once = 48 if device.type == "cpu" else 960
    encode: Callable[..., Tensor] = encode_patches
    if device.type == "cpu":
        encode = cast(Callable[..., Tensor], torch.compile(encode_patches, dynamic=False))
    pixels = store.pixels.reshape(count, *store.pixels.shape[2:])
    for start in range(0, count, at_once):
        patches = to_patches(torch.from_numpy(pixels[start : start + at_once]).to(device))
        with allow_fast_training_products(device.type):
            seen = encode(tower, patches, tall=TALL, wide=WIDE)
        features[start : start + at_once] = seen.half().cpu().numpy()
    features.flush()
    partial.rename(path)
    return np.load(path, mmap_mode="r")


class BatchSampler:
    """Samples the batches of a step; seed, step and share of the time spent determine them."""

    def __init__(self, sampler: SequenceSampler, plan: TextSchedule, seed: int) -> None:
        self.sampler, self.plan, self.seed = sampler, plan, seed

    def batches(self, step: int, share: float) -> list[Batch]:
        """Returns a batch of captions and, later on, one of questions."""
        rng = Random(f"reelseek vlm text {self.seed} {step}")
        alone = share < self.plan.captions_part
        captions = [self.sampler.caption(rng) for _ in range(self.plan.tokens // (95 if alone else 400))]
        batches = [collate_sequences(captions)]
        if not alone:
            batches.append(
                collate_sequences(self._questions(rng, short=share < self.plan.captions_part + self.plan.short_part))
            )
            batches.append(collate_sequences(self._blind_questions(rng)))
        return batches

    def _questions(self, rng: Random, *, short: bool) -> list[TrainSequence]:
        """Samples sequences with equal numbers of clips, pairs and questions, so that there is little padding."""
        clips = rng.choice((1, 2, 3, 4, 4)) if short else rng.choice(CLIPS_PER_QUESTION)
        pairs = rng.randint(1, 2) if short else rng.choice(PAIRS_PER_CLIP)
        text = rng.random() < 0.4
        tails = (2 if clips == 1 else 4) if short else 3
        probes = 14 if short and clips > 1 else 0
        about = 12 + clips * (50 + (20 if text else 0) + 30 * max(pairs - 0.4, 1)) + tails * 105 + probes * 22
        count = max(1, round(self.plan.tokens * 0.85 / about))
        return [
            self.sampler.questions(rng, clips=clips, most_pairs=pairs, text=text, tails=tails, probes=probes)
            for _ in range(count)
        ]

    def _blind_questions(self, rng: Random) -> list[TrainSequence]:
        """Samples questions without pictures."""
        clips, text = rng.choice((1, 2)), rng.random() < 0.5
        count = max(1, round(self.plan.tokens * 0.5 / (20 + clips * 55 + 4 * 105)))
        return [
            self.sampler.questions(rng, clips=clips, most_pairs=4, text=text, tails=4, blind=True) for _ in range(count)
        ]


class TextStageTrainer:
    """A training run: model, heads, optimizer, features."""

    def __init__(
        self, model: Qwen2VLForConditionalGeneration, tokenizer: Qwen2Tokenizer, store: FrameStore, plan: TextSchedule,
        *, features: NDArray[np.float16], seed: int, workers: int = 0,
    ) -> None:  # fmt: skip
        self.model, self.plan, self.device = model, plan, model.device
        self.features = features if self.device.type == "cpu" else torch.from_numpy(np.array(features)).to(self.device)
        self.table = fact_table(scene_facts(store.scenes, store.starts)).to(self.device)
        self.possible_facts = possible_facts(store.scenes).to(self.device)
        last = len(store.scenes) - HELD_OUT
        clips = ClipSampler(store.scenes, store.starts, first=0, last=last)
        self.batches, self.workers = BatchSampler(SequenceSampler(tokenizer, clips), plan, seed), workers
        self.prefetcher: BatchPrefetcher | None = None
        unseen = ClipSampler(store.scenes, store.starts, first=last // SIBLINGS * SIBLINGS, last=len(store.scenes))
        self.unseen = BatchSampler(SequenceSampler(tokenizer, unseen), plan, seed + 1)
        self.heads = AuxiliaryHeads(TEXT_SIZE).to(self.device)
        self.word_ids = {i: word.strip("Ġ") for word, i in tokenizer.get_vocab().items()}
        named = [*model.model.language_model.named_parameters(), *self.heads.named_parameters()]
        self.optimizer = Optimizer(named, matrix_rate=plan.matrix_rate, rate=plan.rate)
        compiled = torch.compile(layer_step, dynamic=True) if self.device.type == "cpu" else layer_step
        self.step_layer = cast(LayerStep, compiled)
        self.step, self.seconds = 0, 0.0

    @property
    def share_of_time_spent(self) -> float:
        """Share of the training time spent."""
        return self.seconds / (self.plan.minutes * 60)

    def train_step(self, tally: Tally | None) -> None:
        """Takes one step; counts right predictions into the tally, if given."""
        began = time.perf_counter()
        if self.prefetcher is None:
            self.prefetcher = BatchPrefetcher(self.batches.batches, first=self.step, workers=self.workers)
        losses = [self._loss(batch, tally) for batch in self.prefetcher.next(self.share_of_time_spent)]
        self.optimizer.step(torch.stack(losses).sum(), learning_rate_share(self.step, self.share_of_time_spent))
        self.step += 1
        self.seconds += time.perf_counter() - began

    @torch.no_grad()
    def judge(self, batches: int) -> dict[str, float]:
        """Evaluates on held-out scenes: shares of exact replies, and of exact words of captions."""
        tally: Tally = defaultdict(list)
        for number in range(batches):
            for batch in self.unseen.batches(number, 1.0):
                self._loss(batch, tally)
        return mean_accuracies(tally)

    def _features(self, pairs: Tensor) -> Tensor:
        if isinstance(self.features, Tensor):
            return self.features[pairs]
        return torch.from_numpy(self.features[pairs.numpy()])

    def _loss(self, made: Batch, tally: Tally | None) -> Tensor:
        batch: Batch = made.to(self.device)
        kind = self.device.type
        with allow_fast_training_products(kind):
            states, entering = run_layers(self.model, batch, self._features(batch.pairs), step=self.step_layer)
            loss, right = reply_loss(self.model, states, batch)
        teach, shown = self.heads.loss(entering, batch, self.table, self.possible_facts)
        if len(batch.answer_targets.rows):
            with allow_fast_training_products(kind):
                looking, said = attention_loss(self.model.model.language_model, entering, batch)
            teach, shown = teach + looking, shown | said
        if tally is not None:
            count_right_tokens(tally, made, right.cpu(), self.word_ids)
            is_caption = made.kinds[0][0] == "caption"
            for name, value in [("loss " + made.kinds[0][0][:4], loss), *shown.items()]:
                tally[name if is_caption or "loss" not in name else "loss asked"].append(float(value.detach()))
        return loss + teach

    def state(self) -> dict[str, Any]:
        """Returns the state to resume from."""
        return {
            "model": self.model.state_dict(),
            "heads": self.heads.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Resumes from a saved state."""
        self.model.load_state_dict(state["model"])
        self.heads.load_state_dict(state["heads"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]


def train_text_stage(trainer: TextStageTrainer, *, log: Callable[[dict[str, Any]], None]) -> Iterator[dict[str, Any]]:
    """Trains until the time is spent; yields the state about every four minutes and at the end."""
    tally: Tally = defaultdict(list)
    saved = trainer.seconds
    while trainer.share_of_time_spent < 1:
        trainer.train_step(tally if trainer.step % COUNTED == 0 else None)
        if trainer.step % (10 * COUNTED) == 0:
            log({"step": trainer.step, "seconds": round(trainer.seconds), **mean_accuracies(tally)})
            tally.clear()
        if trainer.seconds - saved > 240 or trainer.share_of_time_spent >= 1:
            saved = trainer.seconds
            log({"unseen at": trainer.step, **trainer.judge(8)})
            yield trainer.state()
