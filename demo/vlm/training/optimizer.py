"""The optimizer of the tiny Qwen2-VL: Muon for inner matrices, AdamW for the rest, with one schedule."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

OUTER = ("embed", "head", "teach")
"""Substrings of the names of parameters that Muon does not train: inputs and outputs."""


class Optimizer:
    """Steps all parameters with both optimizers."""

    def __init__(self, named: Iterable[tuple[str, nn.Parameter]], *, matrix_rate: float, rate: float) -> None:
        matrices: list[nn.Parameter] = []
        others: list[nn.Parameter] = []
        for name, parameter in named:
            inner = parameter.ndim == 2 and not any(word in name for word in OUTER)
            (matrices if inner else others).append(parameter)
        self.rates = matrix_rate, rate
        self.parts: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.Muon(matrices, lr=matrix_rate, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.0),
        )
        self.parameters = [*matrices, *others]

    def step(self, loss: Tensor, share: float) -> None:
        """Takes one step on the loss, at a share of the full rate; skips it if the gradient is not finite."""
        for part in self.parts:
            part.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.parameters, 2.0)
        if not torch.isfinite(norm):
            print("a step left out", flush=True)
            return
        for part, rate in zip(self.parts, self.rates, strict=True):
            for group in part.param_groups:
                group["lr"] = rate * share
            part.step()

    def state_dict(self) -> list[dict[str, Any]]:
        """Returns what `load_state_dict` takes."""
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Resumes from a saved state."""
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def learning_rate_share(step: int, done: float) -> float:
    """Share of the full rate: warm-up over 60 steps, constant, then linear to zero over the second half."""
    return min(1.0, (step + 1) / 60, (1 - done) * 2)
