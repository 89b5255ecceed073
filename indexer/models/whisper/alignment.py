"""Word alignment: when each word was said, from Whisper's attention to the sound and dynamic time warping.

As in the original (openai/whisper, `timing.py`): the attention of the heads that a checkpoint lists as alignment heads,
normalized over the tokens, smoothed and averaged, and the cheapest monotonic path through it. With a checkpoint that
lists no such heads, a line has no word times.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from indexer.models.transcript import TranscriptLine
from indexer.models.whisper.tokens import STAMP_SECONDS, TokenLine
from indexer.records import TimedText, TimeSpan

WITHOUT_SPACES = {"zh", "ja", "th", "lo", "my", "yue", "km"}
"""Languages written without spaces between words: each piece of text is timed by itself."""


class WordAligner:
    """Aligns the words of transcribed lines with the sound."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer
        self._heads: list[tuple[int, int]] = [
            (int(layer), int(head)) for layer, head in getattr(model.generation_config, "alignment_heads", None) or []
        ]

    def timed(
        self, lines: Sequence[TokenLine], hidden: torch.Tensor, seconds: float, language: str
    ) -> tuple[TranscriptLine, ...]:
        """The lines with their timed words; lines without text are left out.

        Args:
            hidden: (1, 1500, dim) the encoded sound.
            seconds: duration of the sound.
            language: Whisper's own name of it.
        """
        starts = self._token_starts([token for line in lines for token in line.ids], hidden, seconds, language)
        found: list[TranscriptLine] = []
        index = 0
        for line in lines:
            own = None if starts is None else starts[index : index + len(line.ids) + 1]
            index += len(line.ids)
            words = tuple(self._words(line, own, language in WITHOUT_SPACES))
            if "".join(word.text for word in words).strip():
                found.append(TranscriptLine(words, line.mean_log_probability))
        return tuple(found)

    def _words(self, line: TokenLine, starts: Sequence[float] | None, is_without_spaces: bool) -> Iterator[TimedText]:
        low, high = line.start_seconds, line.stop_seconds
        if starts is None:
            yield TimedText(TimeSpan(low, high), self._decoded(line.ids))
            return
        begins, texts = [0], [""]
        for index, text in self._pieces(line.ids):
            is_new = is_without_spaces or text.startswith(" ")
            if is_new and texts[-1] and any(sign.isalnum() for sign in text):
                begins.append(index)
                texts.append("")
            texts[-1] += text
        edges = [min(max(starts[index], low), high) for index in (*begins, len(line.ids))]
        for text, start, stop in zip(texts, edges, edges[1:], strict=True):
            yield TimedText(TimeSpan(start, max(start, stop)), text)

    def _pieces(self, ids: Sequence[int]) -> Iterator[tuple[int, str]]:
        """(index of the first token, text) of the shortest runs of tokens that decode to complete characters."""
        first = 0
        for index in range(len(ids)):
            text = self._decoded(ids[first : index + 1])
            if not text.endswith("\ufffd") or index + 1 == len(ids):
                yield first, text
                first = index + 1

    def _decoded(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _token_starts(
        self, ids: Sequence[int], hidden: torch.Tensor, seconds: float, language: str
    ) -> list[float] | None:
        """The start time of each token, and the end of the last one; None without alignment heads."""
        config = self._model.generation_config
        prompt = [config.decoder_start_token_id]
        if getattr(config, "is_multilingual", False):
            prompt += [config.lang_to_id[f"<|{language}|>"], config.task_to_id["transcribe"]]
        prompt.append(config.no_timestamps_token_id)
        whole = [*prompt, *ids, self._tokenizer.eos_token_id]
        if not self._heads or len(whole) > self._model.config.max_target_positions:
            return None
        attention = self._attention(whole, hidden)  # (heads, tokens, 1500)
        frames = max(1, min(attention.shape[-1], round(seconds / STAMP_SECONDS)))
        matrix = _smoothed(attention[..., :frames]).mean(dim=0)[len(prompt) :]  # (ids and the end, frames)
        first = align_tokens(-matrix.double().cpu().numpy())
        return [frame * STAMP_SECONDS for frame in first]

    def _attention(self, ids: Sequence[int], hidden: torch.Tensor) -> torch.Tensor:
        """(heads, tokens, 1500) the attention of each token to each frame of the sound."""
        before = self._model.config._attn_implementation
        self._model.set_attn_implementation("eager")  # the other implementations do not return attention weights
        try:
            output = self._model(
                encoder_outputs=(hidden,),
                decoder_input_ids=torch.tensor([list(ids)], device=hidden.device),
                output_attentions=True,
                use_cache=False,
            )
        finally:
            self._model.set_attn_implementation(before)
        return torch.stack([output.cross_attentions[layer][0, head] for layer, head in self._heads]).float()


def _smoothed(attention: torch.Tensor, width: int = 7) -> torch.Tensor:
    """Normalized over the tokens, then median-filtered over neighbouring frames; (heads, tokens, frames)."""
    deviation, mean = torch.std_mean(attention, dim=-2, keepdim=True, unbiased=False)
    normalized = (attention - mean) / deviation.clamp_min(1e-6)
    if normalized.shape[-1] <= width // 2:
        return normalized
    padded = torch.nn.functional.pad(normalized, (width // 2, width // 2), mode="reflect")
    return padded.unfold(-1, width, 1).median(dim=-1).values


def align_tokens(costs: NDArray[np.float64]) -> list[int]:
    """(tokens, frames) costs -> the first frame of each token, in ascending order.

    Dynamic time warping: the cheapest path from corner to corner with the steps next token, next frame, or both.
    """
    tokens, frames = costs.shape
    total = np.full((tokens + 1, frames + 1), np.inf)
    total[0, 0] = 0.0
    for token in range(1, tokens + 1):
        above, row = total[token - 1], total[token]
        for frame in range(1, frames + 1):
            row[frame] = costs[token - 1, frame - 1] + min(above[frame - 1], above[frame], row[frame - 1])
    first = [0] * tokens
    token, frame = tokens, frames
    while token > 0 and frame > 0:
        first[token - 1] = frame - 1
        steps = (total[token - 1, frame - 1], total[token - 1, frame], total[token, frame - 1])
        best = int(np.argmin(steps))
        token -= best in (0, 1)
        frame -= best in (0, 2)
    return first
