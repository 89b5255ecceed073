"""How likely is each segment what was asked for? One scale, 0 to 1, for all signals. Pure.

Where the profile of models was measured (`calibration`), the evidence of a segment is brought together family by
family: what is seen (picture and caption of the same segment), what is said, what is written. The best family decides:
a moment need not be shown, said and written all at once. A picture mixes what is seen where, and a caption has errors
of its own, so the two are judged together: the caption, and the lesser of both. Where a reranker has read the texts of
the best segments (`reading`), its word and that first judgement together decide about them.

Where it was not, each signal is judged by how far it stands out from this library's background; see
`relevance.standing_relevance`. 0.5 is then where a hit begins to count, not a chance.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import TextSource
from indexer.store.hits import SegmentKey
from search.scoring.background import Background, Threshold, standing_relevance
from search.scoring.calibration import MOST_LOG_ODDS, READ, Calibration, Matrix, log_odds, signed
from search.text.term_coverage import content_words

FUZZY_WORTH = 0.9
"""A word found with a reader's slip, beside one that is spelled right."""
MEANT: dict[str, tuple[TextSource, ...]] = {"said": ("subtitle", "speech"), "written": ("screen_text",)}
VIDEO_WORTH = 0.55
"""What the words around a video (its name, its tags) can be worth at most: they count, and outrank nothing seen."""


@dataclass(frozen=True, slots=True)
class Near:
    """What one signal looked at, counting or not."""

    best: dict[SegmentKey, float]
    """Greatest cosine, or share of the query's words, of each segment looked at."""
    outside: float
    """No other segment lies above it."""
    background: Background | None = None
    """None for words."""
    threshold: Threshold | None = None

    def of(self, keys: Iterable[SegmentKey]) -> Matrix:
        """(n,)"""
        return np.array([self.best.get(key, self.outside) for key in keys], float)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of the segments that some signal looked at."""

    near: dict[str, Near] = field(default_factory=dict[str, Near])
    """Signal -> what it looked at."""
    held: dict[TextSource, dict[SegmentKey, frozenset[str]]] = field(
        default_factory=dict[TextSource, dict[SegmentKey, frozenset[str]]]
    )
    """Source -> the query's words that a segment's texts hold; sources whose words were looked for."""

    def keys(self) -> list[SegmentKey]:
        """Every segment that was looked at."""
        return sorted({key for near in self.near.values() for key in near.best})


@dataclass(frozen=True, slots=True)
class Judged:
    """The segments that were looked at, before any was read again."""

    keys: list[SegmentKey]
    measured: Matrix
    """(n,) chances by the families that were measured; 0 where none was."""
    by_rule: Matrix
    """(n,) relevance by the signals that no family judges."""
    in_words: NDArray[np.bool_]
    """(n,) whether what is said or written there holds every word of the query that means something."""
    calibration: Calibration | None

    def relevance(self, read: Mapping[SegmentKey, float] = MappingProxyType({})) -> dict[SegmentKey, float]:
        """Segment -> relevance, 0 to 1. A reading does not turn down what stands there in so many words.

        Args:
            read: of some segments the log odds that they answer, by a reranker that read their texts.
        """
        again = self.measured if self.calibration is None else _reread(self.keys, self.measured, read, self.calibration)
        again = np.where(self.in_words, np.maximum(again, self.measured), again)
        return dict(zip(self.keys, np.maximum(again, self.by_rule).tolist(), strict=True))


def judge(query: str, evidence: Evidence, calibration: Calibration | None) -> Judged:
    """Every segment that was looked at, judged by all that is known of it."""
    keys = evidence.keys()
    chances, by_rule = np.zeros(len(keys)), np.zeros(len(keys))
    measured: set[str] = set()
    if calibration is not None:
        for family, (signals, features) in features_of(query, evidence, keys).items():
            if family in calibration.families:
                chances = np.maximum(chances, calibration.families[family].chance(features))
                measured |= signals
    for signal in evidence.near.keys() - measured:
        by_rule = np.maximum(by_rule, _by_rule(signal, evidence.near[signal], keys))
    return Judged(keys, chances, by_rule, _in_words(query, evidence, keys), calibration)


def _in_words(query: str, evidence: Evidence, keys: list[SegmentKey]) -> NDArray[np.bool_]:
    wanted = frozenset(content_words(query))
    held = [evidence.held[source] for sources in MEANT.values() for source in sources if source in evidence.held]
    none = frozenset[str]()
    return np.array([bool(wanted) and any(own.get(key, none) >= wanted for own in held) for key in keys], bool)


def _reread(
    keys: Sequence[SegmentKey], first: Matrix, read: Mapping[SegmentKey, float], calibration: Calibration
) -> Matrix:
    """(n,) chances, those of what was read judged anew.

    What was not read was less likely than all that was, so it stays at most as likely as the best of them: a library
    holds any number of near misses, and only the first are read.
    """
    if READ not in calibration.families or not read:
        return first
    is_read = np.array([key in read for key in keys], bool)
    logits = np.array([read[key] for key in keys if key in read])
    again = calibration.families[READ].chance(reading_features(first[is_read], logits))
    judged = np.minimum(first, again.max())
    judged[is_read] = again
    return judged


def reading_features(first: Matrix, logits: Matrix) -> Matrix:
    """(n,) chances by the other families, (n,) log odds by the reranker -> (n, 2)."""
    return signed(READ, {"first": log_odds(first), "reading": np.clip(logits, -MOST_LOG_ODDS, MOST_LOG_ODDS)})


def features_of(query: str, evidence: Evidence, keys: list[SegmentKey]) -> dict[str, tuple[frozenset[str], Matrix]]:
    """Family -> (signals that it judges, features (n, n_features) of the segments), for what there is evidence of."""
    length = np.full(len(keys), len(content_words(query)) / 10)
    near, found = evidence.near, dict[str, tuple[frozenset[str], Matrix]]()

    def add(family: str, signals: set[str], **columns: Matrix) -> None:
        found[family] = (frozenset(signals), signed(family, {**columns, "length": length}))

    if "caption" in near and "caption" in evidence.held:
        cosine, missing = near["caption"].of(keys), _missing(evidence, ("caption",), keys)
        if "picture" in near:
            lesser = np.minimum(cosine, near["picture"].of(keys))
            signals = {"picture", "caption", "caption_words"}
            add("picture, caption and words", signals, caption=cosine, lesser=lesser, missing=missing)
        else:
            add("caption and words", {"caption", "caption_words"}, cosine=cosine, missing=missing)
    else:
        for name in {"picture", "caption"} & near.keys():
            add(name, {name}, cosine=near[name].of(keys))
    for family, sources in MEANT.items():
        there: list[TextSource] = [source for source in sources if source in near]
        if not there:
            continue
        cosine = np.max([near[source].of(keys) for source in there], axis=0)
        words = {f"{source}_words" for source in there}
        if any(source not in evidence.held for source in there):
            add(family, set(there), cosine=cosine)
            continue
        share = np.max([near[name].of(keys) for name in words], axis=0)
        columns = {"cosine": cosine, "missing": _missing(evidence, there, keys)}
        columns |= {"share": share} if family == "written" else {}
        add(f"{family} and words", {*there, *words}, **columns)
    return found


def _missing(evidence: Evidence, sources: Iterable[TextSource], keys: list[SegmentKey]) -> Matrix:
    """(n,) of the query's words that these texts use somewhere, the share that the segment's own do not hold."""
    held: list[Mapping[SegmentKey, frozenset[str]]] = [evidence.held[source] for source in sources]
    known = frozenset[str]().union(*(words for own in held for words in own.values()))
    if not known:
        return np.zeros(len(keys))
    none = frozenset[str]()
    return np.array([1 - len(none.union(*(own.get(key, none) for own in held))) / len(known) for key in keys])


def _by_rule(signal: str, near: Near, keys: list[SegmentKey]) -> Matrix:
    values = near.of(keys)
    if near.background is not None and near.threshold is not None:
        return standing_relevance(values, near.background, near.threshold)
    worth = VIDEO_WORTH if signal == "metadata_words" else 1.0
    return np.where(values > 0, 0.5 + (worth - 0.5) * np.clip(values, 0, 1), 0.0)
