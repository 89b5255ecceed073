"""Questions of the demo: some of each kind, whose true answers are known."""

import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from rich.table import Table
from rich.text import Text

from api.cli.demo.search_checks import RIGHT_IOU
from api.cli.terminal import label
from indexer.config import Settings
from indexer.library_place import library_place
from indexer.models.vision_language import user_prompt
from indexer.records import TimeSpan
from search.answering.answer import Answer
from search.answering.asker import Asker
from search.evaluation.jsonl import JsonLine, read_json_lines

QUESTIONS_OF_A_KIND = 3
KINDS = ("what", "when", "absent")


@dataclass(frozen=True, slots=True)
class AskedCheck:
    """One question with its answer and the truth."""

    kind: str
    question: str
    truth: str
    answer: str
    """Empty if it was not found."""
    right: bool
    """What: the answer contains the true words; when: the first moment is the true one; absent: not found."""
    seconds: float

    def to_json(self) -> dict[str, Any]:
        names = ("kind", "question", "truth", "answer", "right")
        return {**{name: getattr(self, name) for name in names}, "seconds": round(self.seconds, 3)}


def ask_and_compare(questions: Path, *, settings: Settings) -> list[AskedCheck]:
    """Asks some questions of each kind, spread evenly over the file."""
    by_kind: dict[str, list[JsonLine]] = defaultdict(list)
    for line in read_json_lines(questions):
        by_kind[line.text("kind")].append(line)
    with Asker.open(library_place(settings.library), settings=settings) as asker:
        return [_check(asker, line) for kind in KINDS for line in _spread(by_kind[kind])]


def _spread(lines: Sequence[JsonLine]) -> list[JsonLine]:
    number = min(QUESTIONS_OF_A_KIND, len(lines))
    return [lines[(2 * place + 1) * len(lines) // (2 * number)] for place in range(number)]


def _check(asker: Asker, line: JsonLine) -> AskedCheck:
    kind, question, truth = line.text("kind"), line.text("question"), line.text("answer")
    asker.model.count_tokens(user_prompt("load"))  # loading must not count towards the first answer's time
    started = time.perf_counter()
    answer = asker.ask(question)
    seconds = time.perf_counter() - started
    return AskedCheck(kind, question, truth, answer.answer if answer.found else "", _right(answer, line), seconds)


def _right(answer: Answer, line: JsonLine) -> bool:
    kind = line.text("kind")
    if kind == "absent" or not answer.found:
        return kind == "absent" and not answer.found
    if kind == "what":
        said, wanted = (" ".join(re.findall(r"\w+", text.casefold())) for text in (answer.answer, line.text("answer")))
        return f" {wanted} " in f" {said} "
    first = answer.moments[0]
    spans = [TimeSpan(float(start), float(stop)) for start, stop in line.windows("windows")]
    same = PurePath(first.video).name == PurePath(line.text("video")).name
    return same and max(first.span.iou(span) for span in spans) >= RIGHT_IOU


def asked_table(checks: Sequence[AskedCheck]) -> Table:
    """One row per question: the question, the truth, the answer."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("kind", no_wrap=True, style="cyan")
    table.add_column("question", overflow="fold", ratio=2)
    table.add_column("true", overflow="fold", ratio=1)
    table.add_column("answer", overflow="fold", ratio=1)
    table.add_column("s", justify="right", no_wrap=True)
    for check in checks:
        mark = Text("✓", style="bold green") if check.right else Text("✗", style="bold red")
        found = label(check.answer) if check.answer else label("not found", "dim")
        table.add_row(mark, label(check.kind), label(check.question), label(check.truth), found, f"{check.seconds:.1f}")
    return table


def asked_verdict(checks: Sequence[AskedCheck]) -> str:
    """How many answers are right, by kind."""
    parts = [
        f"{sum(check.right for check in own)} of {len(own)} {kind}"
        for kind in KINDS
        if (own := [check for check in checks if check.kind == kind])
    ]
    return f"Questions answered right: {', '.join(parts)}."
