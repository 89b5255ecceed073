"""The table of real queries: what a user would type, and where in ../shared it is true.

`real_queries.jsonl` was read off the videos by eye, frame by frame at 1 to 5 frames a second; the times of embedded
subtitles are those of their packets. A query is a hit when the first moment overlaps a true window. The same clip lies
in several files, so a line may name more videos in which it is true (`also`). No picture of the videos is kept here.

`python -m tests.helpers.real_queries LIBRARY` prints each miss, and R@1 by kind, of a library that holds ../shared.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("real_queries.jsonl")
SHARED = Path(__file__).parents[3] / "shared"
KINDS = ("screen_words", "screen_meaning", "subtitle_words", "subtitle_meaning")
FoundMoment = tuple[str, float, float]
"""Path of the video, start and stop in seconds."""


@dataclass(frozen=True)
class RealQuery:
    """One line of the table."""

    query: str
    kind: str
    windows: dict[str, list[list[float]]]
    """Path under ../shared -> `[start, stop]` in seconds."""

    def is_hit(self, moment: FoundMoment | None) -> bool:
        """Whether the moment overlaps a true window."""
        if moment is None:
            return False
        path, start, stop = moment
        return any(
            Path(path).as_posix().endswith(f"/{name}") and any(start < high and low < stop for low, high in spans)
            for name, spans in self.windows.items()
        )


def load_real_queries(file: Path = TABLE) -> list[RealQuery]:
    """The lines of the table in order."""
    queries: list[RealQuery] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        windows = {place["video"]: place["windows"] for place in [item, *item.get("also", [])]}
        queries.append(RealQuery(item["query"], item["kind"], windows))
    return queries


def missed(queries: list[RealQuery], first: Callable[[str], FoundMoment | None]) -> list[tuple[RealQuery, object]]:
    """Queries whose first moment is none or elsewhere, each with that moment."""
    answers = [(query, first(query.query)) for query in queries]
    return [(query, moment) for query, moment in answers if not query.is_hit(moment)]


def _first_of(library: Path) -> Callable[[str], FoundMoment | None]:
    from indexer.config import Settings
    from search.engine import SearchEngine

    engine = SearchEngine.open(library, settings=Settings(models=""))

    def first(query: str) -> FoundMoment | None:
        moments = engine.search(query, limit=1).moments
        return next(((found.video, found.span.start_seconds, found.span.stop_seconds) for found in moments), None)

    return first


def main() -> None:
    queries = load_real_queries()
    misses = missed(queries, _first_of(Path(sys.argv[1])))
    of_kind: dict[str, int] = defaultdict(int)
    for query, moment in misses:
        of_kind[query.kind] += 1
        print(f"missed {query.kind}: {query.query!r} -> {moment}")
    for kind in KINDS:
        count = sum(query.kind == kind for query in queries)
        print(f"{kind:17} R@1 {1 - of_kind[kind] / count:.3f}  of {count}")
    print(f"{'all':17} R@1 {1 - len(misses) / len(queries):.3f}  of {len(queries)}")


if __name__ == "__main__":
    main()
