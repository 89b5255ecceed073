"""Streaming of replies as they are generated, and cancellation between tokens."""

from collections.abc import Sequence
from typing import Any

import torch

from indexer.models.vision_language import IsCancelled, OnText, Reply


class ReplyStreamer:
    """A stopping criterion of transformers, called after each token, for one `generate` call."""

    def __init__(
        self, tokenizer: Any, end_ids: Sequence[int], on_text: OnText | None, is_cancelled: IsCancelled | None
    ) -> None:
        self._tokenizer, self._end_ids = tokenizer, set(end_ids)
        self._on_text, self._is_cancelled = on_text, is_cancelled
        self._start = 0
        self._streamed = ""
        self.cancelled = False

    def begin(self, start: int) -> None:
        """Sets the index of the reply's first token."""
        self._start = start

    def __call__(self, input_ids: torch.Tensor, scores: Any, **unused: Any) -> torch.Tensor:
        """(rows,) whether each row ends here: all when cancelled, otherwise none."""
        self.cancelled = self.cancelled or (self._is_cancelled is not None and self._is_cancelled())
        if self._on_text is not None and not self.cancelled:
            self._stream(input_ids[0, self._start :].tolist())
        return torch.full((len(input_ids),), self.cancelled, dtype=torch.bool, device=input_ids.device)

    def reply(self, ids: Sequence[int]) -> Reply:
        """The reply of a row of generated tokens, up to its end token."""
        end = next((index for index, token in enumerate(ids) if token in self._end_ids), None)
        tokens = list(ids if end is None else ids[:end])
        return Reply(self._decode(tokens), len(tokens), end is not None)

    def finish(self, text: str) -> None:
        """Streams the rest of the whole reply, also a partial character at a truncated end."""
        if self._on_text is not None and len(text) > len(self._streamed):
            self._on_text(text[len(self._streamed) :])

    def _stream(self, ids: list[int]) -> None:
        text = self._decode([token for token in ids if token not in self._end_ids])
        # A partial character decodes to the replacement character: it is held back until the rest follows.
        if self._on_text is not None and not text.endswith("\ufffd") and len(text) > len(self._streamed):
            self._on_text(text[len(self._streamed) :])
            self._streamed = text

    def _decode(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))
