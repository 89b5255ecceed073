"""Prompts as messages of OpenAI's protocol, and an estimate of their tokens: a server's tokenizer is not at hand."""

import base64
import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.models.vision_language import Frames, Part, Prompt, VisionSpec

JPEG_QUALITY = 90
SERVER_VISION = VisionSpec(grid_pixels=28, frames_a_step=1)
"""A picture an instant, which every server takes; of a size that Qwen-VL models take unchanged."""
LETTERS_A_TOKEN = 3.0
"""Of plain English, which has 4 in most vocabularies: rather too many tokens are expected than too few."""
TOKENS_A_MESSAGE = 16
"""Of the chat template, for each message and for the reply's beginning."""
TOKENS_A_PICTURE = 8
"""Around the picture's own."""


def messages_of(prompt: Prompt) -> list[dict[str, Any]]:
    """The messages, each picture after its time in words."""
    return [{"role": turn.role, "content": _content(turn.parts)} for turn in prompt]


def estimated_tokens(prompt: Prompt) -> int:
    """About as many tokens as the prompt has: squares of 28 pixels, and letters."""
    count = float(TOKENS_A_MESSAGE)
    for turn in prompt:
        count += TOKENS_A_MESSAGE
        for part in turn.parts:
            count += _frames_tokens(part) if isinstance(part, Frames) else _letters_tokens(part)
    return math.ceil(count)


def _frames_tokens(frames: Frames) -> float:
    number, height, width = frames.pixels.shape[:3]
    squares = math.ceil(height / SERVER_VISION.grid_pixels) * math.ceil(width / SERVER_VISION.grid_pixels)
    return sum(_letters_tokens(_time_text(time)) for time in frames.times) + number * (squares + TOKENS_A_PICTURE)


def _letters_tokens(text: str) -> float:
    """Letters beyond ASCII count as a token each, and digits, which many vocabularies keep apart."""
    single = sum(letter.isdigit() or not letter.isascii() for letter in text)
    return single + (len(text) - single) / LETTERS_A_TOKEN


def _content(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Words and pictures in order; neighbouring words are joined."""
    content: list[dict[str, Any]] = []

    def add(text: str) -> None:
        if content and content[-1]["type"] == "text":
            content[-1]["text"] += text
        else:
            content.append({"type": "text", "text": text})

    for part in parts:
        if isinstance(part, str):
            add(part)
            continue
        for picture, time in zip(part.pixels, part.times, strict=True):
            add(_time_text(time))
            content.append({"type": "image_url", "image_url": {"url": _data_url(picture)}})
    return content


def _time_text(seconds: float) -> str:
    return f"{seconds:.1f}s "


def _data_url(picture: NDArray[np.uint8]) -> str:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=JPEG_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
