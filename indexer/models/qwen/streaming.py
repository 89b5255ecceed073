"""Looks at every token as it is generated: hands the text on, and stops when asked."""

from collections.abc import Sequence
from typing import Any

import torch

from indexer.models.vision_language import IsCancelled, OnText, Reply


class ReplyStreamer:
    """A stopping criterion of transformers, called after each token; serves one `generate` call."""

    def __init__(
        self, tokenizer: Any, end_ids: Sequence[int], on_text: OnText | None, is_cancelled: IsCancelled | None
    ) -> None:
        self._tokenizer, self._end_ids = tokenizer, set(end_ids)
        self._on_text, self._is_cancelled = on_text, is_cancelled
        self._start = 0
        self._told = ""
        self.cancelled = False

    def begin(self, start: int) -> None:
        """Tells where the reply begins, in tokens."""
        self._start = start

    def __call__(self, input_ids: torch.Tensor, scores: Any, **unused: Any) -> torch.Tensor:
        """Which rows end here: all when cancelled, else none; (rows,)."""
        self.cancelled = self.cancelled or (self._is_cancelled is not None and self._is_cancelled())
        if self._on_text is not None and not self.cancelled:
            self._tell(input_ids[0, self._start :].tolist())
        return torch.full((len(input_ids),), self.cancelled, dtype=torch.bool, device=input_ids.device)

    def reply(self, ids: Sequence[int]) -> Reply:
        """A row of generated tokens, with what follows its end cut off."""
        end = next((place for place, token in enumerate(ids) if token in self._end_ids), None)
        kept = list(ids if end is None else ids[:end])
        return Reply(self._decoded(kept), len(kept), end is not None)

    def finish(self, text: str) -> None:
        """Tells what is left of the whole reply: half a character at a reply's cut end never gets its other half."""
        if self._on_text is not None and len(text) > len(self._told):
            self._on_text(text[len(self._told) :])

    def _tell(self, ids: list[int]) -> None:
        text = self._decoded([token for token in ids if token not in self._end_ids])
        # Half of a character decodes to a replacement mark: it waits for its other half.
        if self._on_text is not None and not text.endswith("\ufffd") and len(text) > len(self._told):
            self._on_text(text[len(self._told) :])
            self._told = text

    def _decoded(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))
