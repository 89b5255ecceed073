"""How the full-text indexes split their columns: at spaces, and nothing else is done to the terms.

What the terms are is in `indexer.words.index_terms`, so that there is one folding in every place.
"""

from typing import Any

WORD_TOKENIZER = "whitespace"
TOKEN_OPTIONS: dict[str, Any] = {
    "stem": False,
    "remove_stop_words": False,
    "lower_case": False,
    "ascii_folding": False,
    "max_token_length": None,
}
