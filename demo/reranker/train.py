"""Trains the tiny reranker of the demo world: `python -m demo.reranker.train --work out/reranker`.

It starts from the tiny text model and compares token with token (late interaction: Khattab and Zaharia 2020,
"ColBERT"): the mean, over the query's tokens, of the nearest token of the text. Loss: a contrastive loss over batches
with groups of near-identical texts and hard negatives, and a binary cross-entropy that calibrates the similarities.
"""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import torch
from torch import Tensor, nn
from torch.nn import functional

from demo.reranker.checkpoint import (
    embed_reranker_tokens,
    load_reranker_text_model,
    mean_max_similarity,
    write_reranker_checkpoint,
)
from demo.reranker.hard_negatives import HardNegatives, HardQuery
from demo.text.pairs import GROUP, Pair, random_text_pairs
from demo.training.loop import (
    add_resume_option,
    cosine_learning_rate,
    run_training_steps,
    training_options,
    training_settings,
)

TEXT_CHECKPOINT = Path(__file__).parents[1] / "checkpoints" / "text"
QUESTIONS = 0.45
"""Share of queries that are the content words of a question."""
RIVALS = 7
"""Hard negatives of a query."""


@dataclass(frozen=True)
class Settings:
    """Settings of a run."""

    steps: int = 4800
    groups: int = 6
    """Groups of near-identical texts in a batch, GROUP pairs each."""
    hard: int = 12
    """Queries with hard negatives in a batch."""
    learning_rate: float = 1e-3
    seed: int = 0
    threads: int = 1


class RerankerTrainer:
    """A training run: model, scale, optimizer and step; saved as one file to resume from."""

    def __init__(self, settings: Settings) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.model, self.tokenizer = load_reranker_text_model(TEXT_CHECKPOINT)
        self.scale = nn.Parameter(torch.tensor([30.0, 40.0, -30.0]))
        """Inverse temperature of the contrastive loss; slope and bias of the log odds."""
        groups = [
            {"params": list(self.model.parameters()), "factor": 1.0, "weight_decay": 0.01},
            {"params": [self.scale], "factor": 100.0, "weight_decay": 0.0},
        ]
        self.hard = HardNegatives(TEXT_CHECKPOINT, seed=settings.seed)
        self.optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate)
        self.step = 0
        self.seconds = 0.0

    def train_step(self) -> dict[str, float]:
        """Takes one step and returns what to log."""
        began = time.perf_counter()
        rate = self.settings.learning_rate * cosine_learning_rate(self.step, self.settings.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = group["factor"] * rate
        rng = Random(f"reelseek reranker {self.settings.seed} {self.step}")
        pairs = [pair for _ in range(self.settings.groups) for pair in random_text_pairs(rng, questions=QUESTIONS)]
        hard = self.hard.draw(self.settings.hard, RIVALS, rng, questions=QUESTIONS)
        contrast, judged, first = self._loss(pairs, hard)
        self.optimizer.zero_grad(set_to_none=True)
        (contrast + judged).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.seconds += time.perf_counter() - began
        _, slope, bias = self.scale.tolist()
        return {"contrast": contrast.item(), "judged": judged.item(), "first": first, "slope": slope, "bias": bias}

    def _loss(self, pairs: list[Pair], hard: list[HardQuery]) -> tuple[Tensor, Tensor, float]:
        """Returns the contrastive loss, the cross-entropy of the log odds, and the accuracy on hard queries."""
        asked = [*(pair.query for pair in pairs), *(one.query for one in hard)]
        told = [*(pair.document for pair in pairs), *(text for one in hard for text in one.documents)]
        queries = embed_reranker_tokens(self.model, self.tokenizer, asked)
        documents = embed_reranker_tokens(self.model, self.tokenizer, told)
        similar = mean_max_similarity(queries, documents)  # (queries, texts), in float32: the products are small
        own, right = reranker_targets(pairs, hard)
        also = right.clone()
        target = torch.tensor([*range(len(pairs)), *(len(pairs) + row * (RIVALS + 1) for row in range(len(hard)))])
        also[torch.arange(len(asked)), target] = False
        logits = (self.scale[0] * similar).masked_fill(also, -1e4)
        contrast = functional.cross_entropy(logits, target)
        odds = self.scale[1] * similar + self.scale[2]
        judged = sum(
            functional.binary_cross_entropy_with_logits(odds[part], right[part].float()) for part in (own, ~own)
        )
        assert isinstance(judged, Tensor)
        first = (logits.argmax(1) == target)[len(pairs) :].float().mean().item()
        return contrast, judged, first

    def save(self, path: Path) -> None:
        """Saves the state to resume from."""
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {"model": self.model.state_dict(), "scale": self.scale.data, "optimizer": self.optimizer.state_dict()}
        torch.save({**state, "step": self.step, "seconds": self.seconds, "settings": asdict(self.settings)}, path)

    def resume(self, path: Path) -> None:
        """Resumes from a saved state."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.scale.data.copy_(state["scale"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]


def reranker_targets(pairs: list[Pair], hard: list[HardQuery]) -> tuple[Tensor, Tensor]:
    """Returns two masks (queries, texts): texts sampled for a query, and texts that answer it."""
    scenes = [*(pair.scene for pair in pairs), *(scene for one in hard for scene in one.scenes)]
    tests = [*(pair.answered_by for pair in pairs), *(one.answered_by for one in hard)]
    right = torch.tensor(
        [[test is not None and scene is not None and test(scene) for scene in scenes] for test in tests]
    )
    own = torch.zeros_like(right)
    for row in range(len(pairs)):
        right[row, row] = True
        own[row, row // GROUP * GROUP : row // GROUP * GROUP + GROUP] = True
    for row in range(len(hard)):
        start = len(pairs) + row * (RIVALS + 1)
        own[len(pairs) + row, start : start + RIVALS + 1] = True
    return own, right


def train_reranker(settings: Settings, *, out: Path, work: Path, resume: bool) -> None:
    """Trains to the end, optionally from an earlier run's state."""
    torch.set_num_threads(settings.threads)
    trainer = RerankerTrainer(settings)
    state_path = work / f"reranker-{settings.seed}.pt"
    if resume and state_path.exists():
        trainer.resume(state_path)
    for _ in run_training_steps(trainer, settings.steps):
        trainer.save(state_path)
        _, slope, bias = trainer.scale.tolist()
        write_reranker_checkpoint(out, trainer.model, trainer.tokenizer, slope=slope, bias=bias)


def main() -> None:
    """Reads the options and trains."""
    parser = training_options(__doc__, Settings(), out=TEXT_CHECKPOINT.with_name("reranker"))
    add_resume_option(parser)
    given = parser.parse_args()
    train_reranker(training_settings(given, Settings()), out=given.out, work=given.work, resume=given.resume)


if __name__ == "__main__":
    main()
