"""Prompts of every family of vision-language models against those of its own processor: tokens, pixels and counts.

    python -m bench.parity --sets 1000 --seed 1

Random sets of evidence (`bench.support.random_evidence`) are written by Reelseek and by the processor of transformers,
with a tiny checkpoint of each family; the Qwen families use Qwen's true vocabulary where the package dashscope is
installed. Exits with 1 where anything differs.
"""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import torch
import transformers

from bench.support.qwen_vocabulary import qwen_tokenizer, qwen_vocabulary_file
from bench.support.random_evidence import random_evidence
from bench.support.table import print_table
from indexer.models.local.families.family import Family
from indexer.models.local.families.registry import FAMILIES
from indexer.models.local.inputs import PromptInputs
from indexer.models.vision_language import Prompt, Turn, frames_of
from tests.helpers.vendor_processor import vendors_own
from tests.helpers.vlm_checkpoints import FAMILY_NAMES, write_vlm_checkpoint

CONTEXT = 32_768
RATE_TENSOR = "second_per_grid_ts"
RATE_TOLERANCE = 0.051
"""Seconds: Reelseek states the rate of a run to a tenth of a second, since decoded frames lie beside their times."""
HEADS = ("family", "vocabulary", "sets", "tokens the same", "pixels the same", "count right", "frames", "most tokens")


@dataclass(slots=True)
class Agreement:
    """In how many sets both agree; `differing` holds the first numbers of those in which they do not."""

    sets: int = 0
    frames: int = 0
    most_tokens: int = 0
    same: Counter[str] = field(default_factory=Counter[str])
    differing: list[int] = field(default_factory=list[int])

    @property
    def is_whole(self) -> bool:
        return all(self.same[name] == self.sets for name in ("tokens", "pixels", "count"))


def main() -> None:
    options = _options()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)  # the tensors are small
    file = qwen_vocabulary_file()
    rows: list[list[str]] = []
    agreements: list[Agreement] = []
    for family in options.families:
        true = file is not None and family.startswith("qwen")
        with TemporaryDirectory() as folder:
            tokenizer = qwen_tokenizer(file) if true and file is not None else None
            checkpoint = write_vlm_checkpoint(Path(folder), family, context=CONTEXT, tokenizer=tokenizer)
            made = compare(family, checkpoint, sets=options.sets, seed=options.seed)
        agreements.append(made)
        counts = [str(one) for one in (made.sets, *(made.same[name] for name in ("tokens", "pixels", "count")))]
        rows.append([family, "Qwen's" if true else "tiny", *counts, str(made.frames), str(made.most_tokens)])
        print(f"{family}: {made}", flush=True)
    print_table(HEADS, rows)
    sys.exit(not all(made.is_whole for made in agreements))


def compare(name: str, checkpoint: Path, *, sets: int, seed: int, family: Family | None = None) -> Agreement:
    """Writes so many random sets in both ways and compares them.

    Args:
        name: of the family whose processor is compared with.
        family: what Reelseek knows of it, unless another is to be tried.
    """
    processor: Any = transformers.AutoProcessor.from_pretrained(checkpoint, local_files_only=True)
    ours = family or FAMILIES[name]
    inputs, vision = PromptInputs(processor, ours), ours.vision(processor)
    found, rng = Agreement(), Random(f"parity {name} {seed}")
    for number in range(sets):
        prompt = random_evidence(rng, vision)
        count = len(inputs.ids(prompt))  # as `LocalModel.count_tokens` counts
        same = _agreeing(name, processor, inputs, prompt, count)
        found.sets += 1
        found.frames += sum(len(run.times) for run in frames_of(prompt))
        found.most_tokens = max(found.most_tokens, count)
        found.same.update(same)
        if len(same) < 3 and len(found.differing) < 5:
            found.differing.append(number)
    return found


def _agreeing(name: str, processor: Any, inputs: PromptInputs, prompt: Prompt, count: int) -> set[str]:
    """Which of tokens, pixels and count are as the own processor has them."""
    own = vendors_own(name, processor, _with_control_tokens_apart(prompt, processor))
    ours = inputs.batch([prompt])
    ids = torch.as_tensor(own["input_ids"]).tolist()
    agreeing = {"tokens"} if ours["input_ids"].tolist() == ids else set[str]()
    if count == len(ids[0]):
        agreeing.add("count")
    names = set(own) - {"input_ids"}
    if set(ours) - {"input_ids"} == names and all(_is_same(one, ours[one], own[one]) for one in names):
        agreeing.add("pixels")
    return agreeing


def _is_same(name: str, ours: Any, own: Any) -> bool:
    """All other tensors: pixels, their grid, which tokens are pictures, and the rate of a run."""
    one, other = torch.as_tensor(ours), torch.as_tensor(own)
    if name == RATE_TENSOR:
        return bool(one.shape == other.shape and ((one - other).abs() <= RATE_TOLERANCE).all())
    return torch.equal(one, other)


def _with_control_tokens_apart(prompt: Prompt, processor: Any) -> Prompt:
    """Words that spell a control token, broken after its first letter: for the own processor they would be one."""
    tokens = [token.content for token in processor.tokenizer.added_tokens_decoder.values() if token.special]

    def apart(text: str) -> str:
        for token in tokens:
            text = text.replace(token, f"{token[0]} {token[1:]}")
        return text

    return tuple(
        Turn(turn.role, tuple(apart(part) if isinstance(part, str) else part for part in turn.parts)) for turn in prompt
    )


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=100, help="of evidence, for each family")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--families", nargs="+", choices=FAMILY_NAMES, default=list(FAMILY_NAMES))
    return parser.parse_args()


if __name__ == "__main__":
    main()
