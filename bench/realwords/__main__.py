"""`python -m bench.realwords`: the test bed of real words, by phrasing and by signal.

`[--half tuning|checking] [--library DIR] [--models text] [--misses]` indexes ../shared into the library where it is
absent, asks every query in its five phrasings, and prints

- by phrasing: R@1 (found, and the first moment right), found, start and stop within a second of where the words stand,
  excerpt with a word of the query, still inside the span; the last three of right first moments;
- R@1 by where the words stand: on the screen, in subtitles, in names;
- of what is not there, the share that is found all the same;
- whether the verdict is the same in all phrasings.

Queries by what is seen alone need a profile with pictures, and are left out for others.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.realwords.outcomes import Outcome, Search, outcomes, share
from bench.realwords.queries import FORMS, HALVES, SHARED, SOURCES, RealQuery, load_queries
from bench.support.table import print_table
from indexer.config import Settings
from indexer.models.profiles import PROFILES
from indexer.pipeline.index import index_paths
from search.engine import SearchEngine


def main() -> None:
    parser = argparse.ArgumentParser(description="Queries as people type them, asked of the videos of ../shared.")
    parser.add_argument("--half", choices=HALVES, default="tuning")
    parser.add_argument("--library", type=Path, default=Path("out/realwords/library"))
    parser.add_argument("--models", default="text", choices=list(PROFILES))
    parser.add_argument("--misses", action="store_true", help="list what was missed, and what was wrongly found")
    options = parser.parse_args()
    settings = Settings(library=str(options.library), models=options.models)
    if not (options.library / "library.json").exists():
        if not SHARED.is_dir():
            sys.exit(f"{SHARED} is absent: the videos of the test bed are not on this machine")
        index_paths([SHARED / "videos", SHARED / "hard"], settings=settings)
    sees = bool(PROFILES[options.models].clip_model)
    queries = [query for query in load_queries(options.half) if sees or query.source != "picture"]
    with SearchEngine.open(options.library, settings=settings) as engine:
        report(queries, lambda words: engine.search(words), misses=options.misses)


def report(queries: Sequence[RealQuery], search: Search, *, misses: bool) -> None:
    """Asks the queries and prints the tables."""
    there = outcomes([query for query in queries if not query.is_absent], search)
    absent = outcomes([query for query in queries if query.is_absent], search)
    same = [query for query in there if not query.query.is_cross_language]
    print_by_form(same)
    print_by_source(there)
    print_verdicts(same, absent)
    if misses:
        for one in [*there, *absent]:
            if one.is_found if one.query.is_absent else not one.is_right:
                found = f"found {one.relevance:.2f}" if one.is_found else f"not found {one.relevance:.2f}"
                print(f"{one.query.id} {one.form} {one.query.forms[one.form]!r} | rank {one.rank} {found}: {one.first}")


def print_by_form(there: Sequence[Outcome]) -> None:
    heads = ("phrasing", "queries", "R@1", "in 10", "found", "start", "stop", "excerpt", "still")
    rows: list[list[str]] = []
    for form in (*FORMS, ""):
        own = [one for one in there if one.form == form or not form]
        right = [one for one in own if one.is_right]
        texts = [one for one in right if one.query.source != "name"]
        shares = [
            share(one.is_right for one in own),
            share(one.is_found and one.rank > 0 for one in own),
            share(one.is_found for one in own),
            share(one.starts_within for one in texts),
            share(one.stops_within for one in texts),
            share(one.shows_words for one in texts),
            share(one.still_is_inside for one in texts),
        ]
        rows.append([form or "all", str(len(own)), *(f"{value:.3f}" for value in shares)])
    print_table(heads, rows)


def print_by_source(there: Sequence[Outcome]) -> None:
    rows: list[list[str]] = []
    for source in (*SOURCES, "other language"):
        crosses = source == "other language"
        own = [
            one
            for one in there
            if one.query.is_cross_language == crosses and source in (one.query.source, "other language")
        ]
        if own:
            shares = [share(one.is_right for one in own if one.form == form) for form in FORMS]
            rows.append([source, str(len(own) // len(FORMS)), *(f"{value:.3f}" for value in shares)])
    print_table(("R@1 by source", "queries", *FORMS), rows)


def print_verdicts(there: Sequence[Outcome], absent: Sequence[Outcome]) -> None:
    rows = [
        [form, *(f"{share(one.is_found for one in held if one.form == form):.3f}" for held in (there, absent))]
        for form in FORMS
    ]
    rows.append(["the same in all", *(f"{_agreement(held):.3f}" for held in (there, absent))])
    print_table(("verdict", "found of what is there", f"found of {len(absent) // len(FORMS)} absent"), rows)


def _agreement(held: Sequence[Outcome]) -> float:
    verdicts: dict[str, set[bool]] = {}
    for one in held:
        verdicts.setdefault(one.query.id, set()).add(one.is_found)
    return share(len(said) == 1 for said in verdicts.values())


if __name__ == "__main__":
    main()
