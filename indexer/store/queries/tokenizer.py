"""The words of texts and of queries as the full-text indexes hold them: tokens of `indexer.folding`, and no others.

Nothing is stemmed and no word left out: both are right for one language and wrong for the next. The indexes split at
spaces and leave the rest alone, so that there is one folding in every place.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from indexer.attached_forms import attached_forms
from indexer.folding import FoldedWord, folded_runs

WORD_TOKENIZER = "whitespace"
TOKEN_OPTIONS: dict[str, Any] = {
    "stem": False,
    "remove_stop_words": False,
    "lower_case": False,
    "ascii_folding": False,
    "max_token_length": None,
}


def index_terms(text: str) -> list[str]:
    """The terms under which a text is found: its words, also without what is attached to them; of scripts without
    spaces, the signs and the pairs of neighbouring signs."""
    return [term for run in folded_runs(text) for term in _terms(run, signs=True)]


def query_terms(query: str) -> list[str]:
    """The terms that are looked up for a query, each once. A single sign is looked up where it stands alone: pairs find
    words, single signs nearly everything."""
    return list(dict.fromkeys(term for run in folded_runs(query) for term in _terms(run, signs=False)))


def _terms(run: list[FoldedWord], *, signs: bool) -> Iterator[str]:
    if not run[0].is_unspaced:
        yield run[0].text
        yield from attached_forms(run[0].text)
        return
    if signs or len(run) == 1:
        yield from (word.text for word in run)
    yield from (one.text + other.text for one, other in pairwise(run))
