"""Index terms: under which words a text is found, and which are looked up for a query. Pure.

Nothing is stemmed and no word left out: both are right for one language and wrong for the next.
"""

from collections.abc import Iterator
from itertools import pairwise

from indexer.words.attached_forms import attached_forms
from indexer.words.folding import FoldedWord, folded_runs


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
