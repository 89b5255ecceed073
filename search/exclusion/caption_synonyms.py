"""The words by which this library's captions name a thing: `shaded` where a query says `gradient`. Pure.

Who writes captions has words of their own. Which of them means the same as a word of a query is read off the library:
two words mean the same where its captions are as near to the one as to the other. That needs no list of words, and no
scale: cosines of different models are not comparable, their order over the same captions is.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from indexer.store.hits import Similarities
from search.scoring.background import MIN_SAMPLE
from search.text.words import FUNCTION_WORDS, split

MIN_CAPTIONS = 5
"""Captions that hold a word; what is in fewer goes along with anything by chance."""
MIN_AREA_UNDER_CURVE = 0.95
"""Chance that a caption with the library's word is nearer to the query's word than one without (area under the ROC
curve)."""
MIN_CORRELATION = 0.88
"""Correlation of the cosines of both words over the captions. Measured with all-MiniLM-L6-v2 on 1,000 sentences about
clips (QVHighlights): automobile and car 0.95, darkness and dark 0.90, sea and ocean 0.91, aircraft and plane 0.89;
puppy and dog 0.78, snow and weather 0.69, persons and people 0.78. With a model trained on drawn worlds:
synonyms 0.91 and more, others 0.49 and less."""
MAX_CANDIDATES = 3
"""Words that are embedded and compared, those that are set apart best."""

Synonyms = Mapping[str, str]
"""Folded word of a thing -> the word of the captions that means the same."""


def caption_synonyms(thing: str, captions: Sequence[str], compare: Callable[[str], Similarities]) -> Synonyms:
    """For words of a thing that mean something, the captions' own word; a word that they use stands for itself.

    Args:
        captions: a sample of the library's.
        compare: a word -> (n,) its cosines with these captions.
    """
    if len(captions) < MIN_SAMPLE:
        return {}
    places = _places(captions)
    found: dict[str, str] = {}
    for word in dict.fromkeys(split(thing)):
        if word not in FUNCTION_WORDS and word not in places:
            cosines = compare(word)
            alike = {
                other: _correlation(cosines, compare(other)) for other in _set_apart(cosines, places)[:MAX_CANDIDATES]
            }
            best = max(alike, key=lambda other: alike[other], default=word)
            if best != word and alike[best] >= MIN_CORRELATION:
                found[word] = best
    return found


def _places(captions: Sequence[str]) -> dict[str, list[int]]:
    """Word -> the captions that hold it, of words that are in enough of them and not in all."""
    places: dict[str, list[int]] = defaultdict(list)
    for number, caption in enumerate(captions):
        for word in frozenset(split(caption)) - FUNCTION_WORDS:
            places[word].append(number)
    return {word: own for word, own in places.items() if MIN_CAPTIONS <= len(own) < len(captions)}


def _set_apart(cosines: Similarities, places: Mapping[str, Sequence[int]]) -> list[str]:
    """Words whose captions are nearly all nearer than the others, the best first."""
    _, inverse, counts = np.unique(cosines, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts + 1) / 2)[inverse]  # from 0, equal ones share the mean of theirs
    apart: dict[str, float] = {}
    for word, own in places.items():
        count = len(own)
        above = float(ranks[own].sum()) - count * (count - 1) / 2
        apart[word] = above / (count * (len(cosines) - count))
    return sorted(
        (word for word, share in apart.items() if share >= MIN_AREA_UNDER_CURVE), key=lambda word: (-apart[word], word)
    )


def _correlation(one: Similarities, other: Similarities) -> float:
    if min(float(np.ptp(one)), float(np.ptp(other))) < 1e-6:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
