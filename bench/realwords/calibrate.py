"""Fits the calibration of the profile `text` to the tuning half: `python -m bench.realwords.calibrate --library DIR`.

Every phrasing of every query is searched, the evidence of every candidate segment is labelled by the true windows, and
the family `texts` is fitted; then its intercept is shifted so that the given share of absent queries reaches 0.5.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from bench.realwords.queries import FORMS, RealQuery, load_queries
from bench.support.calibration_fit import Sample, fit_family, shifted
from indexer.config import Settings
from indexer.models.profiles import PROFILES
from search.engine import SearchEngine
from search.scoring.calibration import FAMILIES
from search.scoring.relevance import relevance_features
from search.session import UnpagedResult
from search.signals import SIGNALS

FAMILY = "texts"
FALSE_SHARE = 0.04
SOURCES = ("screen", "subtitle")
"""Names are judged by a rule, and what is only seen needs pictures."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Fits the profile's calibration to the tuning half of the test bed.")
    parser.add_argument("--library", type=Path, default=Path("out/realwords/library"))
    parser.add_argument("--out", type=Path, default=PROFILES["text"].calibration)
    options = parser.parse_args()
    options.out.unlink(missing_ok=True)  # the evidence is that of an uncalibrated search
    queries = [one for one in load_queries("tuning") if (one.is_absent or one.source in SOURCES)]
    queries = [one for one in queries if not one.is_cross_language]
    with SearchEngine.open(options.library, settings=Settings(library=str(options.library))) as engine:
        samples = [sample_of(engine, query, form) for query in queries for form in FORMS]
    families = shifted({FAMILY: fit_family(FAMILY, samples)}, samples, false_share=FALSE_SHARE)
    fitted = families[FAMILY]
    made = {
        "command": "python -m bench.realwords.calibrate",
        "picture_model": "",
        "queries": len(samples),
        "false_share": FALSE_SHARE,
        "features": FAMILIES[FAMILY],
    }
    content = {"families": {FAMILY: {"weights": fitted.weights, "bias": fitted.bias}}, "made": made}
    options.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(content["families"]))


def sample_of(engine: SearchEngine, query: RealQuery, form: str) -> Sample:
    """The evidence of every segment that a search came near to, and which of them are right."""
    found: UnpagedResult = engine.session().search_words(
        query.forms[form], plain=False, signals=SIGNALS, video_ids=None
    )
    if found.first_result is None:
        return Sample("said", not query.is_absent, np.empty(0, bool), {})
    evidence = found.first_result.evidence
    keys = evidence.keys()
    segments = engine.library.segments_by_key(keys)
    paths = {video.video_id: video.path for video in engine.videos()}
    right = np.array(
        [
            any(
                segments[key].span.intersection_seconds(window) > 0 or window.duration_seconds < 0.1
                for window in query.windows_in(paths[key[0]])
            )
            for key in keys
        ],
        bool,
    )
    features = relevance_features(found.words, evidence, keys)
    return Sample("said", not query.is_absent, right, {FAMILY: features[FAMILY][1]} if FAMILY in features else {})


if __name__ == "__main__":
    main()
