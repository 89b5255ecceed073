"""The drawn world in the phrasings of the test bed: `python -m bench.realwords.drawn_forms --library DIR`.

Every pair of a colour and a shape that stands in the library's captions, every single noun of them, pairs that stand in
none, and things of no drawn world are asked bare, with an article, as two questions and in the plural. Prints the share
found in each form, and how often the verdict is the same in all.
"""

import argparse
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from bench.realwords.outcomes import share
from bench.support.table import print_table
from demo.world.vocabulary import ACTOR_COLOURS, SHAPES
from indexer.config import Settings
from search.engine import SearchEngine

FORMS: dict[str, Callable[[str], str]] = {
    "bare": str,
    "article": "a {}".format,
    "question": "is there a {}?".format,
    "where": "where can I see a {}".format,
    "plural": lambda thing: f"{thing}es" if thing.endswith(("s", "x", "ch", "sh")) else f"{thing}s",
}
STRANGE = (
    "giraffe", "red tractor", "bicycle", "yellow submarine", "violin", "dancing elephant", "coffee cup", "lighthouse",
    "green parrot", "umbrella", "wooden bridge", "blue whale", "guitar", "mountain", "red fire engine", "pizza",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Colour and shape asked in five forms, in a library of drawn videos.")
    parser.add_argument("--library", type=Path, default=Path("out/demo/seed-1/library"))
    options = parser.parse_args()
    with SearchEngine.open(options.library, settings=Settings(library=str(options.library))) as engine:
        videos = engine.videos()
        captions = [row.text.lower() for video in videos for row in engine.library.texts(video.video_id, "caption")]
        held = _neighbours(" ".join(captions))
        every = {f"{colour} {shape}" for colour in ACTOR_COLOURS for shape in SHAPES}
        there, absent = sorted(every & held), sorted(every - held)
        nouns = sorted({pair.split()[1] for pair in there})
        rows = [
            _row(engine, name, things)
            for name, things in (
                ("pairs in captions", there),
                ("single nouns", nouns),
                ("pairs in none", absent),
                ("other things", STRANGE),
            )
        ]
    print_table(("found of", "number", *FORMS, "the same in all"), rows)


def _neighbours(text: str) -> set[str]:
    return {f"{one} {other}" for one, other in pairwise(re.findall(r"\w+", text))}


def _row(engine: SearchEngine, name: str, things: Sequence[str]) -> list[str]:
    found = {form: [engine.search(make(thing)).found for thing in things] for form, make in FORMS.items()}
    same = share(len(set(verdicts)) == 1 for verdicts in zip(*found.values(), strict=True))
    return [name, str(len(things)), *(f"{share(one):.3f}" for one in found.values()), f"{same:.3f}"]


if __name__ == "__main__":
    main()
