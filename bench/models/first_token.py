"""Time to the first word of an answer: `python -m bench.models.first_token --library out/demo/seed-1/library`.

Asks the answerable questions of a demo world (its `questions.jsonl`) of its library, one after another, and prints when
the first clip, the first word of the draft, the first word of the answer and the whole answer were there. Medians;
`share` is the first word told of whichever came first, as a part of the whole time. Models are loaded before.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.support.table import print_table
from indexer.config import Settings
from search.answering.asker import Asker

HEADER = ("questions", "asked", "evidence ms", "draft ms", "answer ms", "whole ms", "share")


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """Times of one question in seconds since it was asked; None for what did not come."""

    kind: str
    evidence: float | None
    draft: float | None
    answer: float | None
    whole: float

    @property
    def share(self) -> float:
        first = min((one for one in (self.draft, self.answer) if one is not None), default=self.whole)
        return first / self.whole


class Clock:
    """Records when each callback was first called."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self.at: dict[str, float] = {}

    def note(self, name: str) -> None:
        self.at.setdefault(name, time.perf_counter() - self._started)


def ask_timed(asker: Asker, question: str, kind: str) -> AnswerTimes:
    """Asks with all callbacks, as the page does."""
    clock = Clock()
    asker.ask(
        question,
        on_text=lambda words: clock.note("answer"),
        on_draft=lambda words: clock.note("draft"),
        on_evidence=lambda clips: clock.note("evidence"),
    )
    clock.note("whole")
    at = clock.at
    return AnswerTimes(kind, at.get("evidence"), at.get("draft"), at.get("answer"), at["whole"])


def row_of(name: str, timed: Sequence[AnswerTimes]) -> tuple[str, ...]:
    """Medians in milliseconds."""

    def cell(part: str) -> str:
        values = [value for one in timed if (value := getattr(one, part)) is not None]
        return f"{median(values) * 1000:.0f}" if values else "-"

    shares = f"{median(one.share for one in timed):.2f}"
    return (name, str(len(timed)), *(cell(part) for part in ("evidence", "draft", "answer", "whole")), shares)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    truths = [json.loads(line) for line in options.questions.read_text(encoding="utf-8").splitlines()]
    truths = [truth for truth in truths if truth["kind"] != "absent"][: options.most]
    with Asker.open(options.library, settings=Settings(library=str(options.library))) as asker:
        for truth in truths[:2]:  # models are loaded and compiled
            asker.ask(truth["question"])
        timed = [ask_timed(asker, truth["question"], truth["kind"]) for truth in truths]
    kinds = sorted({one.kind for one in timed})
    rows = [row_of(kind, [one for one in timed if one.kind == kind]) for kind in kinds]
    print_table(HEADER, [*rows, row_of("all", timed)])


def _options(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    demo = Path("out/demo/seed-1")
    parser.add_argument("--library", type=Path, default=demo / "library")
    parser.add_argument("--questions", type=Path, default=demo / "videos" / "questions.jsonl")
    parser.add_argument("--most", type=int, default=60, help="questions asked")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
