"""The training loop of the tiny models: options, learning rate, steps with a log."""

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch


def allow_fast_training_products(device: str = "cpu") -> torch.autocast:
    """Autocasts a forward pass to bfloat16 on a device, "cpu" or "cuda", where the hardware supports it.

    A processor without bfloat16 instructions (AVX-512 or AMX) emulates each product: 57 times slower than float32,
    measured with matrices of 256 x 1024 on an AVX2 processor.
    """
    has_bfloat16 = device != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast(device, torch.bfloat16, enabled=has_bfloat16)


LOG_STEPS = 50
WARM_STEPS = 100
S = TypeVar("S")


class Stepping(Protocol):
    """A training run that takes one step after another."""

    step: int
    """Taken so far."""
    seconds: float
    """Spent in them."""

    def train_step(self) -> dict[str, float]:
        """Takes one step and returns what to log."""
        ...


def cosine_learning_rate(step: int, steps: int) -> float:
    """Share of the full learning rate at a step: a short warm-up, then half a cosine down to a hundredth."""
    return min(1.0, (step + 1) / WARM_STEPS) * (0.01 + 0.99 * (1 + math.cos(math.pi * step / steps)) / 2)


def run_training_steps(run: Stepping, steps: int) -> Iterator[None]:
    """Takes steps up to a number; yields every `LOG_STEPS` and at the end, for a checkpoint.

    Prints a line of JSON every `LOG_STEPS` steps: the means of what the steps returned.
    """
    sums: dict[str, float] = {}
    while run.step < steps:
        for name, value in run.train_step().items():
            sums[name] = sums.get(name, 0.0) + value / LOG_STEPS
        if run.step % LOG_STEPS == 0:
            means = {name: round(value, 3) for name, value in sums.items()}
            print(json.dumps({"step": run.step, "seconds": round(run.seconds), **means}), flush=True)
            sums = {}
        if run.step % LOG_STEPS == 0 or run.step == steps:
            yield


def training_options(
    description: str | None, defaults: Any, *, out: Path, work: str = "folder for the run's state"
) -> argparse.ArgumentParser:
    """Builds a parser with `--out`, `--work`, and an option for each of the settings.

    Args:
        defaults: settings, a dataclass of numbers and words.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=out, help="where the checkpoint goes")
    parser.add_argument("--work", type=Path, required=True, help=work)
    for name, value in asdict(defaults).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value, help=f"default {value}")
    return parser


def training_settings(options: argparse.Namespace, defaults: S) -> S:
    """Reads the settings from parsed options, as the same class as the defaults."""
    kind: Any = type(defaults)
    given: Any = defaults
    return kind(**{name: getattr(options, name) for name in asdict(given)})


def add_resume_option(parser: argparse.ArgumentParser) -> None:
    """Adds `--resume`."""
    parser.add_argument("--resume", action="store_true", help="go on from the state in --work")
