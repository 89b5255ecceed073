"""What a match is worth, as measured: for each family of evidence, the chance that such a segment is right. Pure.

A logistic regression for each family (Platt 1999, "Probabilistic Outputs for Support Vector Machines": a sigmoid over
a classifier's score, fitted on data that it was not trained on). `python -m bench.trust --calibrate` fits them on
drawn worlds and writes the calibration file of the profile, which says with which seeds, models and queries. A profile
without such a file is judged by the rule in `search.scoring.background`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.models.profiles import PROFILES
from indexer.store.schema import Maker

FAMILIES: dict[str, tuple[str, ...]] = {
    "picture": ("cosine", "length"),
    "caption": ("cosine", "length"),
    "caption and words": ("cosine", "missing", "length"),
    "picture, caption and words": ("caption", "lesser", "missing", "length"),
    "said": ("cosine", "length"),
    "said and words": ("cosine", "missing", "length"),
    "written": ("cosine", "length"),
    "written and words": ("cosine", "share", "missing", "length"),
    "read": ("first", "reading"),
}
"""Family -> its features. `cosine`, `caption`: between query and text or picture; `lesser`: the smaller of the cosines
of picture and caption of one segment; `share`: of the query's words that stand in the text; `missing`: share of the
query's words that other texts of the library hold and this segment's do not; `length`: words of the query that mean
something, in tens; `first`: log odds by the other families; `reading`: those of a reranker that read the segment's
texts. All but `missing` and `length` speak for a segment; those speak against it."""
RERANKED = "read"
"""The family that judges what a reranker has read, in place of the others."""
MOST_LOG_ODDS = 12.0
NEGATIVE_FEATURES = frozenset({"missing", "length"})
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Family:
    """One logistic regression."""

    weights: tuple[float, ...]
    """Of its features, in the order of `FAMILIES`, all 0 or above; those of `NEGATIVE_FEATURES` are taken off."""
    bias: float

    def chance(self, features: Matrix) -> Matrix:
        """(n, n_features) -> (n,) from 0 to 1."""
        return 1.0 / (1.0 + np.exp(-(features @ np.array(self.weights) + self.bias)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of one profile of models."""

    families: Mapping[str, Family]
    made: Mapping[str, Any]
    """Seeds, counts and models, as `bench.trust` wrote them."""


def calibration_for(maker: Maker) -> Calibration | None:
    """The scale for a library; None where its models are not those of its profile, or were not measured."""
    found = calibration_of(maker.profile)
    if found is None or maker.clip_spec or maker.text_spec:
        return None
    kind = str(found.made.get("picture_model", "")).split(" ")[0]
    return found if maker.picture_model.split(" ")[0] == kind else None


@cache
def calibration_of(profile: str) -> Calibration | None:
    """The measured scale of a profile; None where nothing was measured."""
    row = PROFILES.get(profile)
    if row is None or row.calibration is None or not row.calibration.is_file():
        return None
    found = json.loads(row.calibration.read_text(encoding="utf-8"))
    families = {name: Family(tuple(one["weights"]), one["bias"]) for name, one in found["families"].items()}
    return Calibration(families, found["made"])


def log_odds(chance: Matrix) -> Matrix:
    """(n,) from 0 to 1 -> (n,), no further from 0 than `MOST_LOG_ODDS`."""
    with np.errstate(divide="ignore"):
        return np.clip(np.log(chance) - np.log1p(-chance), -MOST_LOG_ODDS, MOST_LOG_ODDS)


def signed_features(family: str, columns: Mapping[str, Sequence[float] | Matrix]) -> Matrix:
    """The features of a family as a matrix (n, n_features), those that speak against it negative."""
    return np.stack(
        [
            -np.asarray(columns[name], float) if name in NEGATIVE_FEATURES else np.asarray(columns[name], float)
            for name in FAMILIES[family]
        ],
        axis=1,
    )
