"""Relevance: how likely each segment is to be what the query asks for, from 0 to 1 on one scale for all signals. Pure.

With a calibration (`search.scoring.calibration`), the evidence of a segment is combined family by family: what is seen
(picture and caption of the same segment), what is said, what is written. The best family decides, since a moment need
not be shown, said and written all at once. A picture vector mixes what is seen where, and a caption has errors of its
own, so the two are judged together, by the caption's cosine and the lesser of both. Where a reranker has read the
texts of the best segments, its log odds and the first relevance are combined by a family of their own.

Without a calibration, each signal is judged by how far it stands out from the library's background, see
`search.scoring.background.z_score_relevance`. 0.5 is then where a hit begins to count, and not a probability.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import TextSource
from indexer.store.hits import SegmentKey
from search.scoring.background import Background, MatchThreshold, z_score_relevance
from search.scoring.calibration import MAX_LOG_ODDS, RERANKED, Calibration, Matrix, log_odds, signed_features
from search.signals import METADATA, sources_of_kind
from search.text.term_coverage import content_words
from search.text.vocabulary import Vocabulary

FUZZY_MATCH_WEIGHT = 0.9
"""Of a word that matches but for an OCR error, relative to an exact match."""
TEXT_FAMILIES: dict[str, tuple[TextSource, ...]] = {
    "said": sources_of_kind("said"),
    "written": sources_of_kind("written"),
}
ALL_WORDS_RELEVANCE = 0.9
"""At least, of a segment with a text that holds every content word of the query, or all its words side by side."""
METADATA_RELEVANCE = ((0.0, 0.0), (0.5, 0.35), (0.7, 0.55), (1.0, 0.89))
"""(share of the query's words, by rarity, that a video's name, tags and other metadata hold; relevance), with straight
lines between: a name counts where it holds nearly all, and less than a text that holds them all, unless the query gives
the whole name."""
MOST_RUN_WEIGHT = 1.5
"""Rarity of the words in a run, from which a longer one makes nothing more likely."""
WHOLE_NAME_RELEVANCE = 0.95
"""At least, of a video whose whole name or title is the query: more than of a text that mentions it among others."""
_NO_WORDS = frozenset[str]()


@dataclass(frozen=True, slots=True)
class NearestScores:
    """The scores of the segments that one signal came nearest to, whether or not they count."""

    best: dict[SegmentKey, float]
    """Greatest cosine, or share of the query's words, of each of these segments."""
    outside: float
    """Upper bound of the score of all other segments."""
    background: Background | None = None
    """None for a match by words."""
    threshold: MatchThreshold | None = None

    def of(self, keys: Iterable[SegmentKey]) -> Matrix:
        """(n,)"""
        return np.array([self.best.get(key, self.outside) for key in keys], float)


@dataclass(frozen=True, slots=True)
class RelevanceEvidence:
    """Everything that the signals know of the segments that one of them came near to."""

    nearest: dict[str, NearestScores] = field(default_factory=dict[str, NearestScores])
    """Signal -> its scores."""
    held_words: dict[TextSource, dict[SegmentKey, frozenset[str]]] = field(
        default_factory=dict[TextSource, dict[SegmentKey, frozenset[str]]]
    )
    """Source that was searched by words -> segment -> the query's words that its texts hold."""
    runs: dict[TextSource, dict[SegmentKey, frozenset[str]]] = field(
        default_factory=dict[TextSource, dict[SegmentKey, frozenset[str]]]
    )
    """The same of the longest run of the query's words in one of its texts, where that holds two of them or more."""
    verbatim: dict[TextSource, frozenset[SegmentKey]] = field(default_factory=dict[TextSource, frozenset[SegmentKey]])
    """Source -> segments with a text that holds all words of the query, two or more, side by side; with a caption that
    names what the query describes."""
    named: frozenset[SegmentKey] = frozenset()
    """Segments that stand for a video whose whole name or title is the query."""
    vocabulary: Vocabulary | None = None
    """Of the library; None: all words weigh the same."""

    def keys(self) -> list[SegmentKey]:
        """Every segment with evidence, sorted."""
        return sorted({key for scores in self.nearest.values() for key in scores.best})


@dataclass(frozen=True, slots=True)
class FirstPassRelevance:
    """The relevance of segments before reranking, with what a reranker's scores are combined with."""

    keys: list[SegmentKey]
    calibrated: Matrix
    """(n,) probabilities by the calibrated families; 0 where none applies."""
    by_rule: Matrix
    """(n,) relevance by the signals that no family covers."""
    holds_all_words: NDArray[np.bool_]
    """(n,) whether what is said or written there holds every content word of the query."""
    calibration: Calibration | None

    def relevance(self, reranked: Mapping[SegmentKey, float] = MappingProxyType({})) -> dict[SegmentKey, float]:
        """Segment -> relevance, 0 to 1. A reranker cannot lower a segment whose texts hold all words of the query.

        Args:
            reranked: for some segments a reranker's log odds that they answer the query.
        """
        final = self.calibrated
        if self.calibration is not None:
            final = _rerank(self.keys, self.calibrated, reranked, self.calibration)
        final = np.where(
            self.holds_all_words, np.maximum(ALL_WORDS_RELEVANCE, np.maximum(final, self.calibrated)), final
        )
        return dict(zip(self.keys, np.maximum(final, self.by_rule).tolist(), strict=True))


def judge_relevance(query: str, evidence: RelevanceEvidence, calibration: Calibration | None) -> FirstPassRelevance:
    """The relevance of every segment with evidence, before reranking."""
    keys = evidence.keys()
    calibrated, by_rule = np.zeros(len(keys)), np.zeros(len(keys))
    covered: set[str] = set()
    if calibration is not None:
        for family, (signals, features) in relevance_features(query, evidence, keys).items():
            if family in calibration.families:
                calibrated = np.maximum(calibrated, calibration.families[family].probability(features))
                covered |= signals
    for signal in evidence.nearest.keys() - covered:
        by_rule = np.maximum(by_rule, _relevance_by_rule(signal, evidence.nearest[signal], keys))
    by_rule = np.maximum(by_rule, [WHOLE_NAME_RELEVANCE if key in evidence.named else 0.0 for key in keys])
    return FirstPassRelevance(keys, calibrated, by_rule, _holds_all_words(query, evidence, keys), calibration)


def _holds_all_words(query: str, evidence: RelevanceEvidence, keys: list[SegmentKey]) -> NDArray[np.bool_]:
    wanted = frozenset(content_words(query))
    sources = [source for family in TEXT_FAMILIES.values() for source in family]
    held = [evidence.held_words[source] for source in sources if source in evidence.held_words]
    verbatim = list(evidence.verbatim.values())
    return np.array(
        [
            bool(wanted and any(own.get(key, _NO_WORDS) >= wanted for own in held))
            or any(key in own for own in verbatim)
            for key in keys
        ],
        bool,
    )


def _rerank(
    keys: Sequence[SegmentKey], first: Matrix, reranked: Mapping[SegmentKey, float], calibration: Calibration
) -> Matrix:
    """(n,) probabilities, those of the reranked segments computed anew.

    A segment that was not reranked was less likely than all that were, so it stays at most as likely as the best of
    them: a library holds any number of near misses, and only the first few are reranked.
    """
    if RERANKED not in calibration.families or not reranked:
        return first
    is_reranked = np.array([key in reranked for key in keys], bool)
    logits = np.array([reranked[key] for key in keys if key in reranked])
    anew = calibration.families[RERANKED].probability(reranker_features(first[is_reranked], logits))
    final = np.minimum(first, anew.max())
    final[is_reranked] = anew
    return final


def reranker_features(first: Matrix, logits: Matrix) -> Matrix:
    """(n,) probabilities by the other families and (n,) log odds by the reranker -> (n, 2)."""
    reading = np.clip(logits, -MAX_LOG_ODDS, MAX_LOG_ODDS)
    return signed_features(RERANKED, {"first": log_odds(first), "reading": reading})


def relevance_features(
    query: str, evidence: RelevanceEvidence, keys: list[SegmentKey]
) -> dict[str, tuple[frozenset[str], Matrix]]:
    """Family -> (signals that it covers, features (n, n_features) of the segments), for families with evidence."""
    length = np.full(len(keys), len(content_words(query)) / 10)
    nearest, found = evidence.nearest, dict[str, tuple[frozenset[str], Matrix]]()

    def add(family: str, signals: set[str], **columns: Matrix) -> None:
        found[family] = (frozenset(signals), signed_features(family, {**columns, "length": length}))

    if "caption" in nearest and "caption" in evidence.held_words:
        cosine, missing = nearest["caption"].of(keys), _missing(evidence, ("caption",), keys)
        if "picture" in nearest:
            lesser = np.minimum(cosine, nearest["picture"].of(keys))
            signals = {"picture", "caption", "caption_words"}
            add("picture, caption and words", signals, caption=cosine, lesser=lesser, missing=missing)
        else:
            add("caption and words", {"caption", "caption_words"}, cosine=cosine, missing=missing)
    else:
        for name in {"picture", "caption"} & nearest.keys():
            add(name, {name}, cosine=nearest[name].of(keys))
    for family, sources in TEXT_FAMILIES.items():
        present: list[TextSource] = [source for source in sources if source in nearest]
        if not present:
            continue
        cosine = np.max([nearest[source].of(keys) for source in present], axis=0)
        words = {f"{source}_words" for source in present}
        if any(source not in evidence.held_words for source in present):
            add(family, set(present), cosine=cosine)
            continue
        share = np.max([nearest[name].of(keys) for name in words], axis=0)
        columns = {"cosine": cosine, "missing": _missing(evidence, present, keys)}
        columns |= {"share": share} if family == "written" else {}
        add(f"{family} and words", {*present, *words}, **columns)
    if texts := _text_features(query, evidence, keys):
        found["texts"] = texts
    return found


def _text_features(
    query: str, evidence: RelevanceEvidence, keys: list[SegmentKey]
) -> tuple[frozenset[str], Matrix] | None:
    """The features of the family `texts`, which judges what is said and what is written alike."""
    sources = [source for own in TEXT_FAMILIES.values() for source in own if source in evidence.held_words]
    nearest = [evidence.nearest[source].of(keys) for source in sources if source in evidence.nearest]
    if not nearest:
        return None
    vocabulary = evidence.vocabulary
    weights = {word: 1.0 if vocabulary is None else vocabulary.rarity(word) for word in content_words(query)}
    total = sum(weights.values())

    def weight_of(held: dict[TextSource, dict[SegmentKey, frozenset[str]]]) -> Matrix:
        own = [held[source] for source in sources if source in held]
        words = [_NO_WORDS.union(*(one.get(key, ()) for one in own)) for key in keys]
        return np.array([sum(weights[word] for word in one) for one in words])

    columns: dict[str, Matrix] = {
        "cosine": np.clip(np.max(nearest, axis=0), 0, 1),
        "run": np.minimum(weight_of(evidence.runs) / MOST_RUN_WEIGHT, 1.0),
        "rare_share": np.minimum(weight_of(evidence.held_words) / total, 1.0) if total else np.zeros(len(keys)),
    }
    names = frozenset(name for source in sources for name in (source, f"{source}_words"))
    return names, signed_features("texts", columns)


def _missing(evidence: RelevanceEvidence, sources: Iterable[TextSource], keys: list[SegmentKey]) -> Matrix:
    """(n,) of the query's words that texts of these sources hold, the share that the segment's own do not hold."""
    held: list[Mapping[SegmentKey, frozenset[str]]] = [evidence.held_words[source] for source in sources]
    known = _NO_WORDS.union(*(words for own in held for words in own.values()))
    if not known:
        return np.zeros(len(keys))
    own_words = [_NO_WORDS.union(*(own.get(key, _NO_WORDS) for own in held)) for key in keys]
    return np.array([1 - len(words) / len(known) for words in own_words])


def _relevance_by_rule(signal: str, nearest: NearestScores, keys: list[SegmentKey]) -> Matrix:
    scores = nearest.of(keys)
    if nearest.background is not None and nearest.threshold is not None:
        return z_score_relevance(scores, nearest.background, nearest.threshold)
    if signal == METADATA:
        shares, relevance = zip(*METADATA_RELEVANCE, strict=True)
        return np.interp(scores, shares, relevance)
    return np.where(scores > 0, 0.5 + 0.5 * np.clip(scores, 0, 1), 0.0)
