"""Inputs of a local model: prompts as text, as tokens and as tensors. Runs no model.

A prompt is rendered in one way alone: its tokens are counted by rendering it.
"""

from collections.abc import Sequence
from typing import Any

import torch

from indexer.errors import ModelBrokenError
from indexer.models.local.families.family import Config, Family, Processor
from indexer.models.vision_language import Frames, Part, Prompt, frames_of


class PromptInputs:
    """Prepares prompts with the processor of one model."""

    def __init__(self, processor: Processor, family: Family) -> None:
        self._processor, self._family = processor, family
        added = processor.tokenizer.added_tokens_decoder.values()
        self._control_tokens = [token.content for token in added if token.special]

    def render(self, prompt: Prompt) -> str:
        """The whole prompt with the chat template: times of frames as the family tells them, and placeholders.

        Raises:
            ValueError: frames of a size that the model does not take.
        """
        messages: Any = [
            {"role": turn.role, "content": [{"type": "text", "text": self._text(part)} for part in turn.parts]}
            for turn in prompt
        ]
        return str(
            self._processor.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True, **self._family.template_arguments
            )
        )

    def ids(self, prompt: Prompt) -> list[int]:
        """The tokens of the whole prompt."""
        return list(self._processor.tokenizer(self.render(prompt))["input_ids"])

    def batch(self, prompts: Sequence[Prompt]) -> dict[str, Any]:
        """Tensors for `generate`, padded on the left."""
        rows = [self.ids(prompt) for prompt in prompts]
        inputs = _padded("input_ids", rows, self._padding_id()) | _padded(
            "attention_mask", [[1] * len(row) for row in rows], 0
        )
        if getattr(self._processor, "return_mm_token_type_ids", False):
            inputs |= _padded("mm_token_type_ids", self._processor.create_mm_token_type_ids(rows), 0)
        runs = [run for prompt in prompts for run in frames_of(prompt)]
        return inputs | (dict(self._family.tensors(self._processor, runs)) if runs else {})

    def _text(self, part: Part) -> str:
        if isinstance(part, Frames):
            return self._family.text(self._processor, part)
        for token in self._control_tokens:  # no text out of a video stands for a picture or ends the message
            part = part.replace(token, f"{token[0]} {token[1:]}")
        return part

    def _padding_id(self) -> int:
        padding = self._processor.tokenizer.pad_token_id
        return 0 if padding is None else int(padding)


def append_tokens(inputs: dict[str, Any], tokens: Sequence[int]) -> dict[str, Any]:
    """The inputs of a batch with the given tokens of the reply appended to each prompt, so that they are not generated.

    Args:
        inputs: as `PromptInputs.batch` makes them.
    """
    columns = {"input_ids": tokens, "attention_mask": [1] * len(tokens), "mm_token_type_ids": [0] * len(tokens)}
    return {name: _append_columns(value, columns[name]) if name in columns else value for name, value in inputs.items()}


def _append_columns(rows: torch.Tensor, values: Sequence[int]) -> torch.Tensor:
    more = torch.tensor([list(values)], dtype=rows.dtype, device=rows.device)
    return torch.cat([rows, more.expand(len(rows), -1)], dim=1)


def _padded(name: str, rows: Sequence[Sequence[int]], padding: int) -> dict[str, torch.Tensor]:
    width = max(len(row) for row in rows)
    return {name: torch.tensor([[padding] * (width - len(row)) + list(row) for row in rows])}  # (rows, width)


def check_processor(processor: Processor, family: Family, config: Config, spec: str) -> None:
    """Checks that a processor belongs to a model.

    Raises:
        ModelBrokenError: it does not; the message names what differs.
    """
    parts = ("tokenizer", family.media_processor)
    faults = [f"it has no {part.replace('_', ' ')}" for part in parts if getattr(processor, part, None) is None]
    if not faults:
        pairs = family.agreement(processor, config)
        faults = [f"{name} {mine} there, {its} in the model" for name, (mine, its) in pairs.items() if mine != its]
        vocabulary = config.get_text_config().vocab_size
        if len(processor.tokenizer) > vocabulary:
            faults.append(f"{len(processor.tokenizer)} words there, {vocabulary} in the model")
        if not getattr(processor, "chat_template", None):
            faults.append("it has no chat template")
    if faults:
        raise ModelBrokenError(
            f"vision-language model {spec!r}: its processor does not match it: {'; '.join(faults)};"
            " save both of the same model into one directory"
        )
