"""Trains the tiny CLIP of the demo world: `python -m demo.clip.train --out demo/checkpoints/clip`.

Four stages, each cheap enough for a CPU: the convolutions learn single actors from small crops; then, with their
feature maps of every frame cached on disk, the last layer, the pooling and the text side learn to match; then all
parameters; finally the text side alone, against captions with positions or colours swapped.

Loss: the symmetric contrastive loss over batches with groups of near-identical pictures and their captions, plus
attribute heads on the picture vector (dropped after training) that speed up learning on a CPU.
"""

import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from open_clip import CLIP
from open_clip.modified_resnet import ModifiedResNet
from torch import Tensor, nn
from torch.nn import functional

from demo.clip.captions import caption_fit_matrix, hard_negative_caption, scene_of_codes
from demo.clip.checkpoint import build_clip_tokenizer, clip_model_config, load_clip_tokens, write_clip_model
from demo.clip.crop_warmup import (
    cache_feature_maps,
    crops_to_input,
    embed_clip_frames,
    freeze_batch_norms,
    run_clip_trunk,
    warm_up_on_crops,
)
from demo.clip.frame_cache import render_frame_cache
from demo.clip.losses import AttributeHeads, contrastive_loss
from demo.training.loop import (
    add_resume_option,
    allow_fast_training_products,
    run_training_steps,
    training_options,
    training_settings,
)
from demo.training.scene_codes import Codes
from demo.training.scene_variants import GROUP
from demo.training.wordpiece import SEPARATOR_ID
from demo.world.descriptions import random_description, say_description


@dataclass(frozen=True)
class Settings:
    """Settings of a run."""

    crop_steps: int = 500
    head_steps: int = 350
    full_steps: int = 250
    text_steps: int = 400
    kept_maps: int = 12000
    groups: int = 32
    frames: int = 32000
    learning_rate: float = 2e-3
    seed: int = 0
    threads: int = 1


def clip_learning_rate(step: int, settings: Settings) -> float:
    """Warm-up, then half a cosine down to a twentieth; later stages warm up again and fall to zero."""
    if step >= settings.head_steps + settings.full_steps:
        done = (step - settings.head_steps - settings.full_steps) / settings.text_steps
        return settings.learning_rate * 0.5 * min(1.0, 0.05 + 10 * done) * (1 - done)
    if step >= settings.head_steps:
        done = (step - settings.head_steps) / settings.full_steps
        return settings.learning_rate * 0.4 * min(1.0, 0.05 + 10 * done) * (1 - done)
    warm = min(1.0, (step + 1) / 50)
    return settings.learning_rate * warm * (0.05 + 0.95 * (1 + math.cos(math.pi * step / settings.head_steps)) / 2)


class ClipTrainer:
    """A training run: model, heads, optimizer and step; saved as one file to resume from."""

    def __init__(self, settings: Settings, cache: Path) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.pictures, self.codes, self.positions = render_frame_cache(
            cache,
            frames=settings.frames,
            seed=settings.seed,
            progress=lambda part: print(f"rendered {part:.0%}", flush=True),
        )
        self.scenes = [scene_of_codes(row) for row in self.codes.tolist()]
        config = clip_model_config()
        self.model = CLIP(config["embed_dim"], config["vision_cfg"], config["text_cfg"])  # pyright: ignore[reportArgumentType]
        tower = self.model.visual
        assert isinstance(tower, ModifiedResNet)
        self.tower = tower.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.work = cache
        self.maps: NDArray[np.float16] | None = None
        self.vectors: NDArray[np.float32] | None = None
        self.heads = AttributeHeads()
        parameters = [*self.model.named_parameters(), *self.heads.named_parameters()]
        decayed = [p for name, p in parameters if p.ndim >= 2 and "embedding" not in name]
        plain = [p for name, p in parameters if not (p.ndim >= 2 and "embedding" not in name)]
        groups = [{"params": decayed, "weight_decay": 0.03}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98))
        self.tokenizer = build_clip_tokenizer()
        self.step = 0
        self.seconds = 0.0

    def batch(self) -> tuple[NDArray[np.int64], Tensor, Tensor, Codes]:
        """Samples this step's rows of the cache (n), tokens (n or 2 n, 40), matches (the same, n) and codes (n, 9)."""
        rng = Random(f"{self.settings.seed} {self.step}")
        last = min(len(self.codes), len(self.codes) if self.in_full else self.settings.kept_maps)
        starts = rng.sample(range(last // GROUP), self.settings.groups)
        rows = np.concatenate([np.arange(start * GROUP, (start + 1) * GROUP) for start in sorted(starts)])
        descriptions = [random_description(self.scenes[row], rng) for row in rows]
        if self.text_alone:
            descriptions += [hard_negative_caption(description, rng) for description in descriptions]
        tokens = load_clip_tokens([say_description(description, rng) for description in descriptions], self.tokenizer)
        fits = torch.from_numpy(caption_fit_matrix(descriptions, self.codes[rows]))
        return rows, tokens, fits, self.codes[rows]

    @property
    def in_full(self) -> bool:
        """Whether this step trains all parameters."""
        return 0 <= self.step - self.settings.head_steps < self.settings.full_steps

    @property
    def text_alone(self) -> bool:
        """Whether this step trains the text side only."""
        return self.step >= self.settings.head_steps + self.settings.full_steps

    def warm_up_on_crops(self) -> None:
        """Teaches the picture tower on crops before the first step."""
        (self.work / "maps.npy").unlink(missing_ok=True)
        steps = self.settings.crop_steps
        warm_up_on_crops(self.tower, self.pictures, self.codes, self.positions, steps=steps, seed=self.settings.seed)

    def encode_pictures(self, rows: NDArray[np.int64]) -> Tensor:
        """Returns the picture vectors (n, 192) of rows of the cache: from feature maps, pictures, or cached."""
        if self.text_alone:
            if self.vectors is None:
                self.vectors = embed_clip_frames(self.tower, self.pictures[: self.settings.kept_maps])
            return torch.from_numpy(self.vectors[rows])
        if self.step < self.settings.head_steps:
            if self.maps is None:
                self.maps = cache_feature_maps(
                    self.tower, self.pictures[: self.settings.kept_maps], self.work / "maps.npy"
                )
            maps = torch.from_numpy(self.maps[rows]).permute(0, 3, 1, 2).float()
        else:
            maps = run_clip_trunk(self.tower, crops_to_input(self.pictures[rows]))
        return self.tower.attnpool(self.tower.layer4(maps))

    def encode_text(self, tokens: Tensor) -> Tensor:
        """Encodes texts like the model's own `encode_text`, without padding beyond the batch's longest text."""
        model = self.model
        length = int((tokens != 0).sum(1).max())
        embedding, final_norm = cast(nn.Embedding, model.token_embedding), cast(nn.Module, model.ln_final)
        x = embedding(tokens[:, :length]) + cast(Tensor, model.positional_embedding)[:length]
        mask = cast(Tensor, model.attn_mask)[:length, :length]
        x = final_norm(model.transformer(x, attn_mask=mask))
        ends = (tokens == SEPARATOR_ID).int().argmax(1)
        return x[torch.arange(len(tokens)), ends] @ cast(Tensor, model.text_projection)

    def train_step(self) -> dict[str, float]:
        """Takes one step and returns what to log."""
        began = time.perf_counter()
        for group in self.optimizer.param_groups:
            group["lr"] = clip_learning_rate(self.step, self.settings)
        rows, tokens, fits, codes = self.batch()
        with allow_fast_training_products():
            seen = self.encode_pictures(rows)
            read = self.encode_text(tokens)
        seen, read = seen.float(), read.float()
        scale = self.model.logit_scale.exp().clamp(max=100)
        contrast = contrastive_loss(functional.normalize(seen, dim=1), functional.normalize(read, dim=1), scale, fits)
        heads, right = self.heads.loss(seen, codes)
        loss = (
            contrast
            if self.text_alone
            else contrast + heads * (1.0 if self.step < self.settings.head_steps // 2 else 0.4)
        )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 2.0)
        self.optimizer.step()
        self.step += 1
        self.seconds += time.perf_counter() - began
        return {"contrast": contrast.item(), "heads": heads.item(), "scale": scale.item(), **right}

    def save(self, path: Path) -> None:
        """Saves the state to resume from."""
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "model": self.model.state_dict(),
            "heads": self.heads.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save({**state, "step": self.step, "seconds": self.seconds, "settings": asdict(self.settings)}, path)

    def resume(self, path: Path) -> None:
        """Resumes from a saved state."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.heads.load_state_dict(state["heads"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]


def train_clip(settings: Settings, *, out: Path, work: Path, resume: bool) -> None:
    """Trains to the end, optionally from an earlier run's state."""
    torch.set_num_threads(settings.threads)
    trainer = ClipTrainer(settings, work)
    state_path = work / f"clip-{settings.seed}.pt"
    if resume and state_path.exists():
        trainer.resume(state_path)
    else:
        trainer.warm_up_on_crops()
        trainer.save(state_path)
    freeze_batch_norms(trainer.tower)
    for _ in run_training_steps(trainer, settings.head_steps + settings.full_steps + settings.text_steps):
        trainer.save(state_path)
        write_clip_model(out, trainer.model)


def main() -> None:
    """Reads the options and trains."""
    kept = "folder for rendered frames and the run's state"
    parser = training_options(__doc__, Settings(), out=Path("demo/checkpoints/clip"), work=kept)
    add_resume_option(parser)
    given = parser.parse_args()
    train_clip(training_settings(given, Settings()), out=given.out, work=given.work, resume=given.resume)


if __name__ == "__main__":
    main()
