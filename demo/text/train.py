"""Trains the tiny text model of the demo world: `python -m demo.text.train --out demo/checkpoints/text`.

Loss: the symmetric contrastive loss over batches with groups of near-identical texts; a document that also answers
another query of the batch is not a negative of that query.
"""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

from demo.text.checkpoint import (
    embed_texts,
    new_text_model,
    train_text_tokenizer,
    wrap_text_tokenizer,
    write_text_checkpoint,
)
from demo.text.pairs import other_answering_texts, random_text_pairs
from demo.training.loop import (
    add_resume_option,
    allow_fast_training_products,
    cosine_learning_rate,
    run_training_steps,
    training_options,
    training_settings,
)

SCALE = 20.0
"""Inverse temperature of the contrastive loss."""


@dataclass(frozen=True)
class Settings:
    """Settings of a run."""

    steps: int = 2400
    groups: int = 24
    learning_rate: float = 2e-3
    seed: int = 0
    threads: int = 1


class TextModelTrainer:
    """A training run: model, tokenizer, optimizer and step; saved as one file to resume from."""

    def __init__(self, settings: Settings) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        rng = Random(f"reelseek text vocabulary {settings.seed}")
        self.tokenizer = train_text_tokenizer(
            text for _ in range(1500) for pair in random_text_pairs(rng) for text in (pair.query, pair.document)
        )
        self.model = new_text_model(len(self.tokenizer))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=settings.learning_rate, weight_decay=0.01)
        self.step = 0
        self.seconds = 0.0

    def train_step(self) -> dict[str, float]:
        """Takes one step and returns what to log."""
        began = time.perf_counter()
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * cosine_learning_rate(self.step, self.settings.steps)
        rng = Random(f"reelseek text {self.settings.seed} {self.step}")
        pairs = [pair for _ in range(self.settings.groups) for pair in random_text_pairs(rng)]
        with allow_fast_training_products():
            queries = embed_texts(self.model, self.tokenizer, [pair.query for pair in pairs])
            documents = embed_texts(self.model, self.tokenizer, [pair.document for pair in pairs])
        logits = SCALE * queries.float() @ documents.float().T  # (n, n)
        logits = logits.masked_fill(torch.from_numpy(other_answering_texts(pairs)), -1e4)
        target = torch.arange(len(pairs))
        loss = (functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)) / 2
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.seconds += time.perf_counter() - began
        return {"loss": loss.item(), "right": (logits.argmax(1) == target).float().mean().item()}

    def save(self, path: Path) -> None:
        """Saves the state to resume from."""
        path.parent.mkdir(parents=True, exist_ok=True)
        words = self.tokenizer.backend_tokenizer.to_str()
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "tokenizer": words}
        torch.save({**state, "step": self.step, "seconds": self.seconds, "settings": asdict(self.settings)}, path)

    def resume(self, path: Path) -> None:
        """Resumes from a saved state, with its tokenizer."""
        state = torch.load(path, weights_only=True)
        self.tokenizer = wrap_text_tokenizer(Tokenizer.from_str(state["tokenizer"]))
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]


def train_text_model(settings: Settings, *, out: Path, work: Path, resume: bool) -> None:
    """Trains to the end, optionally from an earlier run's state."""
    torch.set_num_threads(settings.threads)
    trainer = TextModelTrainer(settings)
    state_path = work / f"text-{settings.seed}.pt"
    if resume and state_path.exists():
        trainer.resume(state_path)
    for _ in run_training_steps(trainer, settings.steps):
        trainer.save(state_path)
        write_text_checkpoint(out, trainer.model, trainer.tokenizer)


def main() -> None:
    """Reads the options and trains."""
    parser = training_options(__doc__, Settings(), out=Path("demo/checkpoints/text"))
    add_resume_option(parser)
    given = parser.parse_args()
    train_text_model(training_settings(given, Settings()), out=given.out, work=given.work, resume=given.resume)


if __name__ == "__main__":
    main()
