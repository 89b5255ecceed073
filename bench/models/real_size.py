"""Cost of Qwen2-VL-2B on this machine: its true shape with random weights, through the product's own code.

    python -m bench.models.real_size --folder out/real-size --tokens 4096 8192 16384 --most-minutes 10

For each prompt length: seconds to the first token and a token after it, and memory, against the arithmetic's floor: the
same number of multiplications at the rate of one large matrix product, the same bytes of weights at the rate of one
large matrix times a vector, both measured in this run. A length whose floor alone takes too long is not run.
"""

import argparse
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.support.random_qwen import SHAPES, parameters_of, write_random_checkpoint
from bench.support.table import print_table
from indexer.models.device import choose_device
from indexer.models.frame_pairs import PAIR_SECONDS, frames_on_lines
from indexer.models.local.model import LocalModel, load_local_model
from indexer.models.vision_language import Frames, Prompt, frames_of, user_prompt

PICTURE = (308, 420)
"""Height and width of a shown frame: 165 tokens a pair."""
DECODED = 8
"""Tokens generated after the first."""


@dataclass(frozen=True, slots=True)
class Floor:
    """Best rates of this machine."""

    multiplications: float
    """Multiply-adds a second, in a matrix product as large as the model's."""
    bytes: float
    """Of weights a second, in a matrix times a vector."""


def measure_floor(model: Any, device: str) -> Floor:
    """In the model's own number format."""
    dtype = next(model.parameters()).dtype
    config = model.config.get_text_config()
    left = torch.randn(2048, config.hidden_size, dtype=dtype, device=device)
    right = torch.randn(config.hidden_size, config.intermediate_size, dtype=dtype, device=device)
    products = 2048 * config.hidden_size * config.intermediate_size
    rate = products / _fastest(lambda: left @ right, device)
    rows = max(1, (1 << 28) // (config.hidden_size * right.element_size()))  # 256 MiB: no cache holds it
    weights = torch.randn(rows, config.hidden_size, dtype=dtype, device=device)
    vector = torch.randn(config.hidden_size, dtype=dtype, device=device)
    return Floor(rate, weights.numel() * weights.element_size() / _fastest(lambda: weights @ vector, device))


def _fastest(run: Any, device: str) -> float:
    times: list[float] = []
    for _ in range(5):
        started = time.perf_counter()
        run()
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return min(times)


def prompt_of(model: LocalModel, tokens: int) -> Prompt:
    """Builds a prompt of as many frame pairs as fit into a number of tokens."""
    rng = np.random.default_rng(tokens)
    pixels = rng.integers(0, 256, (2, *PICTURE, 3), dtype=np.uint8)

    def with_pairs(count: int) -> Prompt:
        pairs = [Frames(pixels, (float(n), n + PAIR_SECONDS)) for n in range(count)]
        return user_prompt(*frames_on_lines(pairs), "What is shown?")

    one = model.count_tokens(with_pairs(2)) - model.count_tokens(with_pairs(1))
    count = max(1, tokens // one)
    while count > 1 and model.count_tokens(with_pairs(count)) > tokens:
        count -= 1
    return with_pairs(count)


def multiplications(model: Any, prompt: Prompt, tokens: int) -> float:
    """Counts multiply-adds of the prompt: weights once for each token or patch, and attention, half of it masked."""
    text, vision = parameters_of(model)
    config, seeing = model.config.get_text_config(), model.config.vision_config
    patches = [4 * (one.pixels.shape[1] // 28) * (one.pixels.shape[2] // 28) for one in frames_of(prompt)]
    attention = config.num_hidden_layers * config.hidden_size * float(tokens) ** 2
    looking = sum(2 * seeing.depth * seeing.embed_dim * float(count) ** 2 for count in patches)
    return float(text) * tokens + attention + float(vision) * sum(patches) + looking


def run(model: LocalModel, prompt: Prompt) -> tuple[float, float]:
    """Returns the seconds to the first token and for each further one."""
    moments: list[float] = []

    def mark() -> bool:
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # a token is asked for long before it is computed
        moments.append(time.perf_counter())
        return False

    started = time.perf_counter()
    model.generate([prompt], max_tokens=1 + DECODED, is_cancelled=mark)
    inside = [moment for moment in moments if moment > started]
    return inside[0] - started, (inside[-1] - inside[0]) / max(1, len(inside) - 1)


def peak_bytes(device: str) -> int:
    """Returns peak memory so far: the GPU's, or this process's."""
    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def main() -> None:
    options = _options()
    started = time.perf_counter()
    device = choose_device(options.device).device
    folder = write_random_checkpoint(options.folder / options.shape, options.shape, device=device)
    print(f"checkpoint in {time.perf_counter() - started:.0f} s", flush=True)
    started = time.perf_counter()
    model = load_local_model(str(folder), device=options.device)
    inner: Any = model._model  # pyright: ignore[reportPrivateUsage] - its shape is what is measured
    floor = measure_floor(inner, device)
    weights = sum(parameter.numel() * parameter.element_size() for parameter in inner.parameters())
    print(
        f"loaded in {time.perf_counter() - started:.0f} s on {device}: {weights / 1e9:.1f} GB of"
        f" {next(inner.parameters()).dtype};"
        f" {2 * floor.multiplications / 1e9:.0f} GFLOP/s, {floor.bytes / 1e9:.1f} GB/s",
        flush=True,
    )
    run(model, prompt_of(model, 256))  # what is made once is not measured
    rows: list[list[str]] = []
    for wanted in options.tokens:
        prompt = prompt_of(model, wanted)
        tokens = model.count_tokens(prompt)
        least = multiplications(inner, prompt, tokens) / floor.multiplications
        least_next = weights / floor.bytes
        if least + DECODED * least_next > 60 * options.most_minutes:
            rows.append([f"{tokens:,}", "not run", f"{least:.1f}", "", "not run", f"{least_next:.2f}", "", ""])
            continue
        first, further = run(model, prompt)
        times = f"{first / least:.1f}", f"{further / least_next:.1f}"
        seconds = f"{first:.1f}", f"{least:.1f}", f"{further:.2f}", f"{least_next:.2f}"
        memory = f"{peak_bytes(device) / 1e9:.1f}"
        rows.append([f"{tokens:,}", *seconds[:2], times[0], *seconds[2:], times[1], memory])
        print(rows[-1], flush=True)
    heads = ("tokens", "prefill s", "floor s", "times", "next token s", "floor s", "times", "peak GB")
    print_table(heads, rows)


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("out/real-size"), help="for the checkpoint, 4.4 GB")
    parser.add_argument("--shape", choices=tuple(SHAPES), default="2b")
    parser.add_argument("--tokens", type=int, nargs="+", default=[4096, 8192, 16384], help="lengths of the prompts")
    parser.add_argument("--most-minutes", type=float, default=10.0, help="of one length, by its floor")
    parser.add_argument("--device", default="auto")
    return parser.parse_args()


if __name__ == "__main__":
    main()
