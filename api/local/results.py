"""Search results and answers as JSON from a service to a command of the same version: in no documented format."""

from pathlib import Path
from typing import Any

import msgspec

from search.answering.answer import Answer
from search.results import SearchResult


def encode_result(result: SearchResult) -> bytes:
    """A result as JSON."""
    return msgspec.json.encode(result, enc_hook=_encode)


def decode_result(content: bytes) -> SearchResult:
    """The result that was encoded.

    Raises:
        ValueError: it is none, or of another version.
    """
    return msgspec.json.decode(content, type=SearchResult, dec_hook=_decode)


def encode_answer(answer: Answer) -> bytes:
    """An answer as JSON."""
    return msgspec.json.encode(answer)


def decode_answer(content: bytes) -> Answer:
    """The answer that was encoded. Raises ValueError as `decode_result`."""
    return msgspec.json.decode(content, type=Answer)


def _encode(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} in a result")


def _decode(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(f"{kind.__name__} in a result")
