"""On-screen text by quick networks first, beside the full ones alone: processor time, and true words that were read.

`python -m bench.quick_ocr [--half tuning|checking]` reads the videos of ../shared at one frame a second, both ways from
the same frames, and prints

- for videos with words of the test bed (`bench.realwords`) and for those without: the seconds of one core that reading
  took, without decoding;
- of the words that stand on the screen, the share that was read while they stand there.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.realwords.queries import HALVES, SHARED, RealQuery, load_queries
from bench.screen_text import Cost, changed_frames, read_frames
from bench.support.table import print_table
from indexer.errors import VideoError
from indexer.ocr.lines import line_letters_key
from indexer.ocr.reader import ScreenTextReader
from indexer.ocr.timed_texts import collect_screen_texts
from indexer.records import SampledFrame, TimedText, TimeSpan

WAYS = {"full alone": False, "quick first": True}
"""Name -> whether quick networks are used."""
NEAR_SECONDS = 0.05
"""Some windows are one frame long."""


@dataclass
class Sum:
    """What the videos of one kind cost, and what was read in them."""

    videos: int = 0
    seconds: float = 0.0
    core_seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(WAYS, 0.0))
    words: int = 0
    words_read: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WAYS, 0))

    def row(self, name: str) -> list[str]:
        """Cells of a table."""
        costs = [self.core_seconds[way] for way in WAYS]
        shares = [f"{self.words_read[way] / self.words:.3f}" if self.words else "-" for way in WAYS]
        counts = [str(self.videos), f"{self.seconds:.0f}"]
        return [name, *counts, *(f"{cost:.1f}" for cost in costs), f"{costs[0] / max(costs[1], 1e-9):.1f}", *shares]


def true_words(queries: Sequence[RealQuery], path: Path) -> set[tuple[str, TimeSpan]]:
    """Words that stand on the screen of a video, as letters alone, and when."""
    return {
        (key, window)
        for query in queries
        if query.source == "screen"
        for window in query.windows_in(str(path))
        for key in map(line_letters_key, query.words.split())
        if key
    }


def count_read(words: set[tuple[str, TimeSpan]], texts: Sequence[TimedText]) -> int:
    """How many of the words are in a text that is there at the time."""
    shown = [(text.span, set(map(line_letters_key, text.text.split()))) for text in texts]
    return sum(any(key in keys and _touches(span, window) for span, keys in shown) for key, window in words)


def _touches(one: TimeSpan, other: TimeSpan) -> bool:
    return max(one.start_seconds, other.start_seconds) <= min(one.stop_seconds, other.stop_seconds) + NEAR_SECONDS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=HALVES, default="tuning")
    options = parser.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"{SHARED} is absent: the videos of the test bed are not on this machine")
    queries = load_queries(options.half)
    others = [query for half in HALVES if half != options.half for query in load_queries(half)]
    readers = {way: ScreenTextReader(quick=quick) for way, quick in WAYS.items()}
    sums = {"with words": Sum(), "without": Sum()}
    for path in sorted(file for folder in ("videos", "hard") for file in (SHARED / folder).rglob("*")):
        words = true_words(queries, path)
        if not path.is_file() or true_words(others, path):
            continue
        cost = Cost()
        try:
            frames = list(changed_frames(path, cost))
        except VideoError:
            continue
        _add(sums["with words" if words else "without"], frames, cost, words, readers)
    heads = ["videos", "number", "length s", *(f"{way}, core s" for way in WAYS), "ratio"]
    print_table([*heads, *(f"words read, {way}" for way in WAYS)], [kind.row(name) for name, kind in sums.items()])


def _add(
    kind: Sum,
    frames: Sequence[SampledFrame],
    cost: Cost,
    words: set[tuple[str, TimeSpan]],
    readers: dict[str, ScreenTextReader],
) -> None:
    kind.videos += 1
    kind.seconds += cost.seconds
    kind.words += len(words)
    for way, reader in readers.items():
        own = Cost()
        states = read_frames(frames, reader, own)
        kind.core_seconds[way] += own.core_seconds
        kind.words_read[way] += count_read(words, collect_screen_texts(states, cost.seconds))


if __name__ == "__main__":
    main()
