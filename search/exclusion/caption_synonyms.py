"""Synonyms in a library's captions: the captioner's word for a word of a query, as `shaded` for `gradient`. Pure.

A captioner has a vocabulary of its own. The synonyms are learned from the library: two words mean the same where the
captions are as near to the one as to the other. That needs no word list and no threshold of cosines, since cosines of
different models are not comparable, but their order over the same captions is.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from indexer.store.hits import Similarities
from search.scoring.background import MIN_SAMPLE
from search.text.words import FUNCTION_WORDS, split_words

MIN_CAPTIONS = 5
"""A word must be in so many captions; one in fewer goes along with anything by chance."""
MIN_AREA_UNDER_CURVE = 0.95
"""Probability that a caption with the captioner's word is nearer to the query's word than a caption without it (area
under the ROC curve)."""
MIN_CORRELATION = 0.88
"""Correlation of the cosines of both words over the captions. Measured with all-MiniLM-L6-v2 on 1,000 sentences about
clips (QVHighlights): automobile and car 0.95, darkness and dark 0.90, sea and ocean 0.91, aircraft and plane 0.89;
puppy and dog 0.78, snow and weather 0.69, persons and people 0.78. With a model trained on drawn worlds: synonyms 0.91
and more, other words 0.49 and less."""
MAX_CANDIDATES = 3
"""Words that are embedded and compared, those with the greatest area under the curve."""

Synonyms = Mapping[str, str]
"""Folded word of a query -> the captioner's word that means the same."""


def caption_synonyms(thing: str, captions: Sequence[str], compare: Callable[[str], Similarities]) -> Synonyms:
    """The captioner's words for the content words of a thing; words that the captions use themselves have none.

    Args:
        captions: a sample of the library's.
        compare: a word -> (n,) its cosines with these captions.
    """
    if len(captions) < MIN_SAMPLE:
        return {}
    captions_with = _captions_by_word(captions)
    found: dict[str, str] = {}
    for word in dict.fromkeys(split_words(thing)):
        if word not in FUNCTION_WORDS and word not in captions_with:
            cosines = compare(word)
            candidates = _candidates(cosines, captions_with)[:MAX_CANDIDATES]
            correlations = {other: _correlation(cosines, compare(other)) for other in candidates}
            best = max(correlations, key=lambda other: correlations[other], default=word)
            if best != word and correlations[best] >= MIN_CORRELATION:
                found[word] = best
    return found


def _captions_by_word(captions: Sequence[str]) -> dict[str, list[int]]:
    """Word -> indexes of the captions that hold it, for words in enough captions but not in all."""
    indexes: dict[str, list[int]] = defaultdict(list)
    for index, caption in enumerate(captions):
        for word in frozenset(split_words(caption)) - FUNCTION_WORDS:
            indexes[word].append(index)
    return {word: own for word, own in indexes.items() if MIN_CAPTIONS <= len(own) < len(captions)}


def _candidates(cosines: Similarities, captions_with: Mapping[str, Sequence[int]]) -> list[str]:
    """Words whose captions are nearly all nearer than the others, by the area under the curve, best first."""
    _, inverse, counts = np.unique(cosines, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts + 1) / 2)[inverse]  # from 0; ties share their mean rank
    areas: dict[str, float] = {}
    for word, own in captions_with.items():
        count = len(own)
        above = float(ranks[own].sum()) - count * (count - 1) / 2
        areas[word] = above / (count * (len(cosines) - count))
    near = (word for word, area in areas.items() if area >= MIN_AREA_UNDER_CURVE)
    return sorted(near, key=lambda word: (-areas[word], word))


def _correlation(one: Similarities, other: Similarities) -> float:
    if min(float(np.ptp(one)), float(np.ptp(other))) < 1e-6:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
