"""Errors of OpenAI's client and of the network, as the errors of Reelseek. A key never gets into a message."""

import re

import openai

from indexer.errors import (
    ModelBusyError,
    ModelError,
    ModelMissingError,
    ModelServerError,
    ModelUnreachableError,
    PromptTooLongError,
)
from indexer.models.remote.address import ServerAddress

KEY_VARIABLE = "REELSEEK_MODEL_KEY"
"""Environment variable with the key of the server."""
LONGEST_MESSAGE = 300
TOO_LONG = re.compile(
    r"context[ _]?(length|size|window)|exceed_context|maximum (context|model|input)"
    r"|(input|prompt).*(too long|longer than)",
    re.IGNORECASE,
)


def worth_retrying(error: Exception) -> bool:
    """Whether the same request may be answered a little later: 429 and 5xx."""
    return isinstance(error, openai.APIStatusError) and (error.status_code == 429 or error.status_code >= 500)


def asked_to_wait(error: Exception) -> float:
    """Seconds for which the server asks to wait; 0 where it does not."""
    if not isinstance(error, openai.APIStatusError):
        return 0.0
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "0")))
    except ValueError:
        return 0.0


def error_of(error: Exception, address: ServerAddress, key: str) -> ModelError | PromptTooLongError:
    """The error of Reelseek for one of the client."""
    said = message_of(error, key)
    place = f"{address.model} at {address.url}"
    if isinstance(error, openai.APITimeoutError | openai.APIConnectionError):
        cause = error.__cause__
        why = _short(f"{type(cause).__name__}: {cause}" if cause else said, key)
        return ModelUnreachableError(
            f"the server of {place} cannot be reached or cut the connection ({why}); start it, or correct the address"
        )
    if isinstance(error, openai.APIStatusError):
        return _status_error(error.status_code, said, place)
    if TOO_LONG.search(said):
        return _too_long(place, said)
    return ModelServerError(f"the server of {place} sent an unreadable reply: {said}; check its log")


def message_of(error: Exception, key: str) -> str:
    """What the server says of its error, without the key."""
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None  # pyright: ignore[reportUnknownMemberType]
    if message is None and isinstance(error, openai.APIStatusError):
        message = error.response.text  # not in the protocol's form
    return _short(str(message or error) or type(error).__name__, key)


def _status_error(status: int, said: str, place: str) -> ModelError | PromptTooLongError:
    match status:
        case 401 | 403:
            return ModelUnreachableError(
                f"the server of {place} refuses access ({status}): {said}; set its key in {KEY_VARIABLE}"
            )
        case 404:
            return ModelMissingError(
                f"the server of {place} does not know this model or path: {said}; `curl URL/models` lists its models"
            )
        case 429:
            return ModelBusyError(f"the server of {place} accepts no more requests: {said}; try again later")
        case 400 | 413 | 422 if TOO_LONG.search(said):
            return _too_long(place, said)
        case _:
            return ModelServerError(f"the server of {place} replied with status {status}: {said}; see its log")


def _too_long(place: str, said: str) -> PromptTooLongError:
    return PromptTooLongError(
        f"the prompt is too long for {place}: {said}; set its context length with --vision-language-context"
    )


def _short(text: str, key: str) -> str:
    """One line without the key, whole or as servers shorten it in their messages."""
    line = " ".join(re.sub(r"<[^>]*>", " ", text).split())
    if key:
        line = line.replace(key, "***")
        line = re.sub(re.escape(key[:3]) + r"[\w-]*\*{2,}[\w*-]*", "***", line) if len(key) > 6 else line
    return line if len(line) <= LONGEST_MESSAGE else line[:LONGEST_MESSAGE] + "…"
