"""Constrained decoding: replies that conform to a JSON schema, token by token, with llguidance.

llguidance was chosen over xgrammar: a single wheel without further dependencies for every Python from 3.10 on, masks
computed on demand in place of a long compilation, and whitespace that can be fixed to that of `json.dumps`. A grammar
does not keep a reply from being truncated at the token limit; the caller checks that.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer

Tokenizer = Any
"""A fast tokenizer of transformers."""
AS_JSON_DUMPS: Any = {"item_separator": ", ", "key_separator": ": ", "whitespace_flexible": False}


class ReplyGrammar:
    """Compiles JSON schemas to constraints on one model's vocabulary."""

    def __init__(self, tokenizer: Tokenizer, *, vocabulary_size: int, end_ids: Sequence[int]) -> None:
        """
        Args:
            vocabulary_size: of the model's scores; tokens beyond the tokenizer's vocabulary are never allowed.
            end_ids: tokens that end a reply.
        """
        import llguidance.hf

        self.vocabulary_size, self.end_ids = vocabulary_size, tuple(end_ids)
        self._tokenizer: LLTokenizer = llguidance.hf.from_tokenizer(
            tokenizer, n_vocab=vocabulary_size, eos_token=list(end_ids)
        )

    def constraint(self, schema: dict[str, Any], rows: int) -> "SchemaConstraint":
        """The constraint for a batch with so many rows."""
        return SchemaConstraint(self, [self._matcher(json.dumps(schema)) for _ in range(rows)])

    def _matcher(self, schema: str) -> "LLMatcher":
        from llguidance import LLMatcher

        matcher = LLMatcher(self._tokenizer, _compiled(schema), log_level=0)
        if matcher.is_error():
            raise ValueError(f"the schema cannot be made into a grammar: {matcher.get_error()}")
        return matcher


@lru_cache(maxsize=16)
def _compiled(schema: str) -> str:
    from llguidance import LLMatcher

    return LLMatcher.grammar_from_json_schema(schema, overrides=AS_JSON_DUMPS)


class SchemaConstraint:
    """A logits processor of transformers, for one `generate` call."""

    def __init__(self, grammar: ReplyGrammar, matchers: "list[LLMatcher]") -> None:
        self._grammar, self._matchers = grammar, matchers
        self._ended = [False] * len(matchers)
        self._started = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores (rows, vocabulary) with forbidden tokens set to minus infinity."""
        if self._started:
            for row, token in enumerate(input_ids[:, -1].tolist()):
                self._ended[row] = self._ended[row] or token in self._grammar.end_ids
                if not self._ended[row]:
                    self._matchers[row].consume_token(token)
        self._started = True
        allowed = torch.from_numpy(np.stack([self._allowed(row) for row in range(len(self._matchers))]))
        return scores.masked_fill(~allowed.to(scores.device), float("-inf"))

    def forced_prefix(self, most: int) -> list[int]:
        """The tokens with which the schema makes every reply begin, consumed as generated; at most so many."""
        tokens = list(self._matchers[0].compute_ff_tokens())[:most]
        for matcher in self._matchers:
            matcher.consume_tokens(tokens)
        return tokens

    def is_complete(self, row: int) -> bool:
        """Whether the tokens consumed so far form a complete JSON value."""
        return self._matchers[row].is_accepting()

    def consume_last(self, row: int, token: int) -> None:
        """Consumes the final token, after which the processor is not called again."""
        if not self._ended[row] and token not in self._grammar.end_ids:
            self._matchers[row].consume_token(token)

    def _allowed(self, row: int) -> NDArray[np.bool_]:
        """(vocabulary,) whether each token may come next."""
        size, matcher = self._grammar.vocabulary_size, self._matchers[row]
        if self._ended[row] or matcher.is_stopped():
            allowed = np.zeros(size, np.bool_)
            allowed[list(self._grammar.end_ids)] = True
            return allowed
        bits = np.frombuffer(matcher.compute_bitmask(), np.uint8)
        allowed = np.unpackbits(bits, bitorder="little")[:size].astype(np.bool_)
        return np.pad(allowed, (0, size - len(allowed)))
