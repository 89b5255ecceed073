"""Rewriting of a question by a model so that it stands alone, and the checks that a rewriting must pass."""

import json
from collections.abc import Sequence
from typing import Any, cast

from indexer.errors import PromptTooLongError
from indexer.models.vision_language import IsCancelled, Prompt, VisionLanguageModel, user_prompt
from search.conversation.exchange import Exchange
from search.conversation.follow_up import refers
from search.query.validation import MAX_QUERY_CHARACTERS
from search.text.quoting import quote_for_prompt
from search.text.words import EMPTY_WORDS, split_words

LEAST_CONTEXT = 4096
"""Tokens. A model of a shorter context was made for a task of its own, as the demo's is, and cannot rewrite."""
MOST_TOKENS = 96
MOST_EXCHANGES = 3
"""The last ones, which the model is told."""
LEAST_KNOWN_SHARE = 0.7
"""Of the meaningful words of a rewriting, those that somebody said before: a rewriting asks for nothing new."""
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"question": {"type": "string"}},
    "required": ["question"],
    "additionalProperties": False,
}
INSTRUCTION = (
    "Rewrite the last question so that it can be understood without the conversation: put the things that it refers to"
    " in place of words such as it, that, they, there, again or the other one. Keep its meaning and its language, and"
    ' add nothing else. If it can be understood already, repeat it. Reply as JSON: {"question"}.'
)


def rewrite_question(
    words: str, exchanges: Sequence[Exchange], model: VisionLanguageModel, *, is_cancelled: IsCancelled | None = None
) -> str | None:
    """The question so that it stands alone; None where the model cannot rewrite, or what it says passes no check.

    Args:
        words: what the person asks.
        exchanges: the conversation so far; at least one.

    Raises:
        ModelError, GenerationCancelledError: see the model.
    """
    if model.context_limit < LEAST_CONTEXT:
        return None
    told = exchanges[-MOST_EXCHANGES:]
    try:
        (reply,) = model.generate(
            [rewriting_prompt(words, told)], max_tokens=MOST_TOKENS, schema=SCHEMA, is_cancelled=is_cancelled
        )
    except PromptTooLongError:
        return None
    return checked_rewriting(reply.text, words, told)


def rewriting_prompt(words: str, exchanges: Sequence[Exchange]) -> Prompt:
    """The conversation, quoted as data, and what is to be done."""
    said = [
        f"Question: <<<{quote_for_prompt(one.question)}>>>\nAnswer: <<<{quote_for_prompt(one.answer.answer)}>>>\n"
        for one in exchanges
    ]
    return user_prompt(f"{''.join(said)}Last question: <<<{quote_for_prompt(words)}>>>\n{INSTRUCTION}")


def checked_rewriting(reply: str, words: str, exchanges: Sequence[Exchange]) -> str | None:
    """The question of a model's reply; None where it is none, still refers to something, or brings in other things."""
    try:
        value: Any = json.loads(reply)
    except (ValueError, RecursionError):
        return None
    question = cast(dict[str, Any], value).get("question") if isinstance(value, dict) else None
    if not isinstance(question, str):
        return None
    text = " ".join(question.encode("utf-8", "replace").decode().split())
    meaningful = _meaningful(text)
    if not meaningful or len(text) > MAX_QUERY_CHARACTERS or refers(text):
        return None
    known = _meaningful(" ".join([words, *(f"{one.question} {one.answer.answer}" for one in exchanges)]))
    if not _meaningful(words) <= meaningful or len(meaningful & known) < LEAST_KNOWN_SHARE * len(meaningful):
        return None
    return text


def _meaningful(text: str) -> set[str]:
    return {word for word in split_words(text) if word not in EMPTY_WORDS and word not in _NOT_CARRIED}


_NOT_CARRIED = frozenset("again one ones thing things happen happens happened other same".split())
"""Words of a question that refers to something; they go when what they mean is named."""
