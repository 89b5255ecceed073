"""The tokenizer of the full-text indexes and of the queries on them."""

from typing import Any

import lancedb

WORD_TOKENIZER = "icu/split"
"""Unicode's word rules for every script, and `foo.bar_baz` is three words, as on slides and terminals."""
TOKEN_OPTIONS: dict[str, Any] = {"stem": False, "remove_stop_words": False, "lower_case": True, "ascii_folding": True}
"""Nothing is stemmed and no word left out: both are right for one language and wrong for the next."""


def split_index_words(text: str) -> list[str]:
    """The words of a text as the index splits and folds them."""
    return [token.text for token in lancedb.tokenize(text, base_tokenizer=WORD_TOKENIZER, **TOKEN_OPTIONS)]
