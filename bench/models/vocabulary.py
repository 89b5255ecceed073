"""Prompts and grammar at Qwen's true vocabulary: `python -m bench.models.vocabulary`.

It needs `pip install --no-deps dashscope`.

For each kind of prompt: its tokens, and the milliseconds that counting them takes. For each schema: the milliseconds of
making its grammar, and those that it costs for each token of a reply. The words are real, the pictures are black, and
no model is run: which token a reply has next is drawn among those that the grammar allows.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from transformers import Qwen2VLImageProcessor, Qwen2VLProcessor, Qwen2VLVideoProcessor

from bench.support.qwen_vocabulary import MISSING, SCORES, qwen_tokenizer, qwen_vocabulary_file
from bench.support.random_qwen import PIXELS, TEMPLATE
from bench.support.table import print_table
from indexer.models.local.constrained_decoding import ReplyGrammar
from indexer.models.local.families.qwen2_vl import QWEN2_VL
from indexer.models.local.inputs import PromptInputs
from indexer.models.vision_language import Frames, Prompt
from indexer.pipeline.stages.caption_prompt import caption_prompt
from indexer.records import TimeSpan
from search.answering.draft import DRAFT_SCHEMA
from search.answering.prompts import ShownClip, ask_prompt
from search.answering.reply import FOUND_SCHEMA, REPLY_SCHEMA, SHORT_SCHEMA

QUESTION = "When does the tailor count the lanterns beside the harbour, and what colour are they?"
CAPTION = "A tailor in a blue coat counts paper lanterns on a wooden table, in front of a brick wall."
TEXT = "The tailor counts seven lanterns. Grand Hotel, open daily from 8:30 to 22:00. " * 7
PICTURE = (308, 420)
"""Height and width of a shown frame: 165 tokens a pair."""


def prompts() -> dict[str, Prompt]:
    """Prompts as the product writes them."""
    black = np.zeros((2, *PICTURE, 3), np.uint8)

    def clip(number: int, pairs: int, *, texts: bool) -> ShownClip:
        start = 600.0 * number
        runs = tuple(Frames(black, (start + place, start + place + 0.5)) for place in range(pairs))
        span = TimeSpan(start, start + 8)
        return ShownClip(span, runs, TEXT[:600] if texts else "", CAPTION if texts else "")

    return {
        "question, 6 clips of 4 pairs": ask_prompt(QUESTION, [clip(n, 4, texts=False) for n in range(6)]),
        "the same with captions and texts": ask_prompt(QUESTION, [clip(n, 4, texts=True) for n in range(6)]),
        "draft": ask_prompt(QUESTION, [clip(n, 0, texts=True) for n in range(6)]),
        "caption, 4 pairs": caption_prompt(clip(1, 4, texts=False).runs),
        "16,000 tokens of pictures": ask_prompt(QUESTION, [clip(n, 16, texts=False) for n in range(6)]),
    }


def fastest_ms(run: Any, times: int) -> float:
    """The fastest of some runs, milliseconds."""
    taken: list[float] = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        taken.append(1000 * (time.perf_counter() - started))
    return min(taken)


def grammar_costs(grammar: ReplyGrammar, schema: dict[str, Any], *, tokens: int) -> tuple[float, float, float]:
    """Milliseconds of making the grammar, and of a token: in the middle, and of the slowest in a hundred."""
    started = time.perf_counter()
    constraint = grammar.constraint(schema, 1)
    made = 1000 * (time.perf_counter() - started)
    generator = torch.Generator().manual_seed(7)
    ids = torch.tensor([constraint.forced_prefix(64)])
    each: list[float] = []
    while len(each) < tokens and not constraint.is_complete(0):
        scores = torch.rand(1, SCORES, generator=generator)
        started = time.perf_counter()
        allowed = constraint(ids, scores)
        each.append(1000 * (time.perf_counter() - started))
        ids = torch.cat([ids, allowed.argmax(dim=-1, keepdim=True)], dim=1)
    return made, statistics.median(each), statistics.quantiles(each, n=100)[98]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=300, help="of a reply, at most")
    options = parser.parse_args(arguments)
    file = qwen_vocabulary_file()
    if file is None:
        sys.exit(f"bench.models.vocabulary {MISSING}")
    tokenizer = qwen_tokenizer(file)
    processor = Qwen2VLProcessor(
        image_processor=Qwen2VLImageProcessor(size=dict(PIXELS)),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(size=dict(PIXELS), cap_pixels_per_frame=False),
        chat_template=TEMPLATE,
    )
    inputs = PromptInputs(processor, QWEN2_VL)
    rows: list[tuple[str, str, str]] = []
    for name, prompt in prompts().items():
        count = len(inputs.ids(prompt))
        rows.append((name, f"{count:,}", f"{fastest_ms(partial(inputs.ids, prompt), 5):.1f}"))
    print_table(("prompt", "tokens", "counting, ms"), rows)
    started = time.perf_counter()
    end: Any = tokenizer.eos_token_id
    grammar = ReplyGrammar(tokenizer, vocabulary_size=SCORES, end_ids=[int(end)])
    print(f"the vocabulary of the grammar, once for each model: {time.perf_counter() - started:.1f} s\n")
    schemas = {"answer": REPLY_SCHEMA, "short answer": SHORT_SCHEMA, "found": FOUND_SCHEMA, "draft": DRAFT_SCHEMA}
    costs = {name: grammar_costs(grammar, schema, tokens=options.tokens) for name, schema in schemas.items()}
    heads = ("schema", "made, ms", "a token, ms", "slowest in a hundred, ms")
    print_table(heads, [(name, *(f"{value:.2f}" for value in values)) for name, values in costs.items()])


if __name__ == "__main__":
    main()
