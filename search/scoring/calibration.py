"""The calibration of a profile: for each family of evidence, the probability that a segment matches. Pure.

Each family is a logistic regression (Platt 1999, "Probabilistic Outputs for Support Vector Machines": a sigmoid over a
classifier's score, fitted on data that it was not trained on). `python -m bench.trust --calibrate` fits them on drawn
worlds and writes the calibration file of the profile, which records the seeds, models and queries. A profile without
such a file is judged by the rule in `search.scoring.background`.
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
    "texts": ("cosine", "run", "rare_share"),
    "read": ("first", "reading"),
}
"""Family -> its features. For the segment and the query:

- `cosine`, `caption`: cosine between the query and the text or picture
- `lesser`: the smaller of the cosines of picture and caption
- `share`: share of the query's words that the text holds
- `missing`: of the query's words that texts of the library hold, the share that this segment's texts do not hold
- `rare_share`: share of the query's content words, by rarity, that texts of the segment hold
- `run`: rarity of the content words, two or more, in the longest run of the query's words that one text holds side by
  side; at most 1.5, in parts of that
- `length`: number of the query's content words, in tens
- `first`: log odds by the other families
- `reading`: log odds by a reranker that read the segment's texts
"""
RERANKED = "read"
"""The family that judges reranked segments, in place of the others."""
MAX_LOG_ODDS = 12.0
NEGATIVE_FEATURES = frozenset({"missing", "length"})
"""Features that speak against a segment; all others speak for it."""
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CalibratedFamily:
    """The logistic regression of one family of evidence."""

    weights: tuple[float, ...]
    """Of the features, in the order of `FAMILIES`, all 0 or above; `NEGATIVE_FEATURES` are subtracted."""
    bias: float

    def probability(self, features: Matrix) -> Matrix:
        """(n, n_features) -> (n,) from 0 to 1."""
        return 1.0 / (1.0 + np.exp(-(features @ np.array(self.weights) + self.bias)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """The families of one profile of models."""

    families: Mapping[str, CalibratedFamily]
    made: Mapping[str, Any]
    """Seeds, counts and models, as `bench.trust` recorded them."""


def calibration_for(maker: Maker) -> Calibration | None:
    """The calibration for a library; None where its models were not measured or are not those of its profile."""
    found = calibration_of(maker.profile)
    if found is None or maker.clip_spec or maker.text_spec:
        return None
    kind = str(found.made.get("picture_model", "")).split(" ")[0]
    return found if maker.picture_model.split(" ")[0] == kind else None


@cache
def calibration_of(profile: str) -> Calibration | None:
    """The calibration of a profile; None where nothing was measured."""
    row = PROFILES.get(profile)
    if row is None or row.calibration is None or not row.calibration.is_file():
        return None
    found = json.loads(row.calibration.read_text(encoding="utf-8"))
    families = {name: CalibratedFamily(tuple(one["weights"]), one["bias"]) for name, one in found["families"].items()}
    return Calibration(families, found["made"])


def log_odds(probability: Matrix) -> Matrix:
    """(n,) from 0 to 1 -> (n,), clipped to `MAX_LOG_ODDS` on either side of 0."""
    with np.errstate(divide="ignore"):
        return np.clip(np.log(probability) - np.log1p(-probability), -MAX_LOG_ODDS, MAX_LOG_ODDS)


def signed_features(family: str, columns: Mapping[str, Sequence[float] | Matrix]) -> Matrix:
    """The features of a family as a matrix (n, n_features), with the sign of `NEGATIVE_FEATURES` reversed."""
    return np.stack(
        [
            -np.asarray(columns[name], float) if name in NEGATIVE_FEATURES else np.asarray(columns[name], float)
            for name in FAMILIES[family]
        ],
        axis=1,
    )
