"""Trains the tiny CLIP of the demo world: `python -m demo.train_clip --out demo/checkpoints/clip`.

Three stages, each cheap enough for a CPU: the convolutions learn single actors from small crops; then, with their
maps of every frame kept on disk, the last layer, the pooling and the text side learn to match; at last, everything.

Loss: both directions of the contrastive loss, where every batch holds groups of near-identical pictures with their
captions, plus attribute heads on the picture vector (thrown away afterwards) that speed up learning on a CPU.
"""

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from open_clip import CLIP
from open_clip.modified_resnet import ModifiedResNet
from torch import Tensor, nn
from torch.nn import functional

from demo.captions import codes_scene, fit_matrix, random_description
from demo.clip_checkpoint import EMBEDDING_SIZE, EOS_ID, build_tokenizer, load_tokens, model_config, write_checkpoint
from demo.crop_warmup import freeze_statistics, keep_maps, to_input, trunk, warm_up
from demo.frame_cache import CODE_FIELDS, GROUP, Codes, render_cache
from demo.grammar import say

HEAD_CLASSES = {"layout": 3, "background": 8, "pattern": 5, "colour": 9, "shape": 9, "size": 4}
"""Classes of each attribute head; an actor's heads have one more for "no second actor"."""


@dataclass(frozen=True)
class Settings:
    """What a run depends on."""

    crop_steps: int = 500
    head_steps: int = 350
    full_steps: int = 250
    kept_maps: int = 12000
    groups: int = 32
    frames: int = 32000
    learning_rate: float = 2e-3
    seed: int = 0
    threads: int = 1


class AttributeHeads(nn.Module):
    """Linear classifiers on the picture vector before it is normalised.

    One per field of the codes, which says what stands first and what second; and one that only says which shapes, and
    which colours with which shapes, are there at all. The latter is easier and teaches shapes first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sizes = [HEAD_CLASSES[field.rstrip("01")] for field in CODE_FIELDS]
        self.fields = nn.Linear(EMBEDDING_SIZE, sum(self.sizes))
        self.present = nn.Linear(EMBEDDING_SIZE, 8 + 64)
        nn.init.constant_(self.present.bias, -2.5)

    def loss(self, vectors: Tensor, codes: Codes) -> tuple[Tensor, dict[str, float]]:
        """Returns the loss of all classifiers and the share of right answers by field."""
        targets = attribute_targets(codes)
        losses: list[Tensor] = []
        right: dict[str, float] = {}
        for column, (field, logits) in enumerate(
            zip(CODE_FIELDS, self.fields(vectors).split(self.sizes, dim=1), strict=True)
        ):
            losses.append(functional.cross_entropy(logits, targets[:, column]))
            right[field] = (logits.argmax(1) == targets[:, column]).float().mean().item()
        there = presence_targets(codes)
        presence = functional.binary_cross_entropy_with_logits(self.present(vectors), there, reduction="none")
        return torch.stack(losses).sum() / 4 + presence.sum(1).mean() / 3, right


def attribute_targets(codes: Codes) -> Tensor:
    """Returns (n, 9) int64 classes; -1 (no second actor) becomes the last class of its head."""
    targets = torch.from_numpy(codes.astype(np.int64))
    for column, field in enumerate(CODE_FIELDS):
        absent = targets[:, column] < 0
        targets[absent, column] = HEAD_CLASSES[field.rstrip("01")] - 1
    return targets


def presence_targets(codes: Codes) -> Tensor:
    """Returns (n, 72) of 0 and 1: the 8 shapes, then the 64 pairs of colour and shape, that a frame shows."""
    there = np.zeros((len(codes), 72), np.float32)
    rows = np.arange(len(codes))
    for colour, shape in ((3, 4), (6, 7)):
        shown = codes[:, colour] >= 0
        there[rows[shown], codes[shown, shape]] = 1
        there[rows[shown], 8 + codes[shown, colour].astype(np.int64) * 8 + codes[shown, shape]] = 1
    return torch.from_numpy(there)


def contrastive_loss(pictures: Tensor, texts: Tensor, scale: Tensor, fits: Tensor) -> Tensor:
    """The CLIP loss over unit vectors (n, dim), where other pairs that also fit are no negatives."""
    logits = scale * texts @ pictures.T  # (n_texts, n_pictures)
    others = fits & ~torch.eye(len(fits), dtype=torch.bool)
    logits = logits.masked_fill(others, -1e4)
    target = torch.arange(len(logits))
    return (functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)) / 2


def learning_rate(step: int, settings: Settings) -> float:
    """A short warm-up, then half a cosine down to a twentieth; the last stage warms up again and falls to nothing."""
    if step >= settings.head_steps:
        done = (step - settings.head_steps) / settings.full_steps
        return settings.learning_rate * 0.4 * min(1.0, 0.05 + 10 * done) * (1 - done)
    warm = min(1.0, (step + 1) / 50)
    return settings.learning_rate * warm * (0.05 + 0.95 * (1 + math.cos(math.pi * step / settings.head_steps)) / 2)


class Trainer:
    """A run: model, heads, optimizer, the step reached; saved as one file to go on from."""

    def __init__(self, settings: Settings, cache: Path) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.pictures, self.codes, self.places = render_cache(
            cache,
            frames=settings.frames,
            seed=settings.seed,
            progress=lambda part: print(f"rendered {part:.0%}", flush=True),
        )
        self.scenes = [codes_scene(row) for row in self.codes.tolist()]
        config = model_config()
        self.model = CLIP(config["embed_dim"], config["vision_cfg"], config["text_cfg"])  # pyright: ignore[reportArgumentType]
        tower = self.model.visual
        assert isinstance(tower, ModifiedResNet)
        self.tower = tower.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.work = cache
        self.maps: NDArray[np.float16] | None = None
        self.heads = AttributeHeads()
        parameters = [*self.model.named_parameters(), *self.heads.named_parameters()]
        decayed = [p for name, p in parameters if p.ndim >= 2 and "embedding" not in name]
        plain = [p for name, p in parameters if not (p.ndim >= 2 and "embedding" not in name)]
        groups = [{"params": decayed, "weight_decay": 0.03}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98))
        self.tokenizer = build_tokenizer()
        self.step = 0
        self.seconds = 0.0

    def batch(self) -> tuple[NDArray[np.int64], Tensor, Tensor, Codes]:
        """Draws this step's rows of the cache (n), tokens (n, 40), fits (n, n) and codes (n, 9)."""
        rng = Random(f"{self.settings.seed} {self.step}")
        last = min(
            len(self.codes), self.settings.kept_maps if self.step < self.settings.head_steps else len(self.codes)
        )
        starts = rng.sample(range(last // GROUP), self.settings.groups)
        rows = np.concatenate([np.arange(start * GROUP, (start + 1) * GROUP) for start in sorted(starts)])
        descriptions = [random_description(self.scenes[row], rng) for row in rows]
        tokens = load_tokens([say(description, rng) for description in descriptions], self.tokenizer)
        fits = torch.from_numpy(fit_matrix(descriptions, self.codes[rows]))
        return rows, tokens, fits, self.codes[rows]

    def warm_up(self) -> None:
        """Teaches the picture tower on crops before the first step."""
        (self.work / "maps.npy").unlink(missing_ok=True)
        steps = self.settings.crop_steps
        warm_up(self.tower, self.pictures, self.codes, self.places, steps=steps, seed=self.settings.seed)

    def see(self, rows: NDArray[np.int64]) -> Tensor:
        """Returns the picture vectors (n, 192) of rows of the cache; before the last stage from the kept maps."""
        if self.step < self.settings.head_steps:
            if self.maps is None:
                self.maps = keep_maps(self.tower, self.pictures[: self.settings.kept_maps], self.work / "maps.npy")
            maps = torch.from_numpy(self.maps[rows]).permute(0, 3, 1, 2).float()
        else:
            maps = trunk(self.tower, to_input(self.pictures[rows]))
        return self.tower.attnpool(self.tower.layer4(maps))

    def encode_text(self, tokens: Tensor) -> Tensor:
        """Does what the model's own `encode_text` does, without the padding that no token of the batch reaches."""
        model = self.model
        length = int((tokens != 0).sum(1).max())
        x = model.token_embedding(tokens[:, :length]) + model.positional_embedding[:length]
        x = model.ln_final(model.transformer(x, attn_mask=model.attn_mask[:length, :length]))
        ends = (tokens == EOS_ID).int().argmax(1)
        return x[torch.arange(len(tokens)), ends] @ model.text_projection

    def train_step(self) -> dict[str, float]:
        """Takes one step and returns what to log."""
        began = time.perf_counter()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, self.settings)
        rows, tokens, fits, codes = self.batch()
        with torch.autocast("cpu", torch.bfloat16):
            seen = self.see(rows)
            read = self.encode_text(tokens)
        seen, read = seen.float(), read.float()
        scale = self.model.logit_scale.exp().clamp(max=100)
        contrast = contrastive_loss(functional.normalize(seen, dim=1), functional.normalize(read, dim=1), scale, fits)
        heads, right = self.heads.loss(seen, codes)
        loss = contrast + heads * (1.0 if self.step < self.settings.head_steps // 2 else 0.4)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 2.0)
        self.optimizer.step()
        self.step += 1
        self.seconds += time.perf_counter() - began
        return {"contrast": contrast.item(), "heads": heads.item(), "scale": scale.item(), **right}

    def save(self, path: Path) -> None:
        """Writes everything that a run needs to go on."""
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "model": self.model.state_dict(),
            "heads": self.heads.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save({**state, "step": self.step, "seconds": self.seconds, "settings": asdict(self.settings)}, path)

    def resume(self, path: Path) -> None:
        """Goes on from a saved run."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.heads.load_state_dict(state["heads"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]


def train(settings: Settings, *, out: Path, work: Path, resume: bool) -> None:
    """Runs to the end, with a log line every 50 steps and a checkpoint every 50."""
    torch.set_num_threads(settings.threads)
    trainer = Trainer(settings, work)
    state_path = work / f"clip-{settings.seed}.pt"
    if resume and state_path.exists():
        trainer.resume(state_path)
    else:
        trainer.warm_up()
        trainer.save(state_path)
    sums: dict[str, float] = {}
    freeze_statistics(trainer.tower)
    steps = settings.head_steps + settings.full_steps
    while trainer.step < steps:
        for name, value in trainer.train_step().items():
            sums[name] = sums.get(name, 0.0) + value / 50
        if trainer.step % 50 == 0:
            rounded = {name: round(value, 3) for name, value in sums.items()}
            print(json.dumps({"step": trainer.step, "seconds": round(trainer.seconds), **rounded}), flush=True)
            sums = {}
        if trainer.step % 50 == 0 or trainer.step == steps:
            trainer.save(state_path)
            write_checkpoint(out, trainer.model)


def main() -> None:
    """Reads the options and trains."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("demo/checkpoints/clip"), help="where the checkpoint goes")
    parser.add_argument("--work", type=Path, required=True, help="folder for rendered frames and the run's state")
    parser.add_argument("--resume", action="store_true", help="go on from the state in --work")
    for name, value in asdict(Settings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value, help=f"default {value}")
    options = vars(parser.parse_args())
    out, work, resume = options.pop("out"), options.pop("work"), options.pop("resume")
    train(Settings(**options), out=out, work=work, resume=resume)


if __name__ == "__main__":
    main()
