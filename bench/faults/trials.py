"""A trial, the trials of an earlier run, and the table of them all."""

import json
import random
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.faults.operations import Bench, Clean
from bench.support.table import print_table


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried, and what was wrong after it."""

    fault: str
    during: str
    detail: str
    wrong: list[str] = field(default_factory=list[str])
    """Empty: nothing was lost, and every error was as it should be."""
    notes: list[str] = field(default_factory=list[str])
    """Counted in the table, each text by itself."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a trial works with."""

    bench: Bench
    clean: dict[str, Clean]
    number: int
    draw: random.Random
    """Seeded by the kind of trial and its number alone, so that a trial can be repeated."""

    cache: dict[str, Any]
    """What trials of one run share."""

    @property
    def place(self) -> Path:
        """A folder of the trial's own, removed after it."""
        return self.bench.folder / "trial"


Kind = Callable[[Workshop], Trial]


class Record:
    """The trials so far, in a file that later runs go on with."""

    def __init__(self, folder: Path, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file, self._seed = folder / "trials.jsonl", seed
        self._done: dict[tuple[str, int], Trial] = {}
        self._cache: dict[str, Any] = {}
        if self._file.exists():
            for line in self._file.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                if row["seed"] == seed:
                    self._done[row["kind"], row["number"]] = Trial(**row["trial"])

    def missing(self, kind: str, wanted: int) -> list[int]:
        """Numbers of the trials of a kind that were not made yet."""
        return [number for number in range(wanted) if (kind, number) not in self._done]

    def make(self, kind: str, number: int, make: Kind, bench: Bench, clean: dict[str, Clean]) -> Trial:
        """Makes a trial and keeps it."""
        shop = Workshop(bench, clean, number, random.Random(f"{self._seed} {kind} {number}"), self._cache)
        shop.place.mkdir()
        try:
            trial = make(shop)
        finally:
            shutil.rmtree(shop.place, ignore_errors=True)
        self._done[kind, number] = trial
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(
                json.dumps({"seed": self._seed, "kind": kind, "number": number, "trial": asdict(trial)}) + "\n"
            )
        return trial

    def report(self) -> int:
        """Prints the table and everything that was wrong; how many trials that were."""
        rows: defaultdict[tuple[str, str], list[Trial]] = defaultdict(list)
        for trial in self._done.values():
            rows[trial.fault, trial.during].append(trial)
        print_table(
            ("fault", "during", "tried", "lost or wrong", "seen"),
            [(*row, str(len(trials)), str(_wrong(trials)), _notes(trials)) for row, trials in rows.items()],
        )
        for (kind, number), trial in self._done.items():
            for one in trial.wrong:
                print(f"{kind} {number}: {trial.fault}, {trial.during}, {trial.detail}: {one}", flush=True)
        return _wrong([*self._done.values()])


def _wrong(trials: Sequence[Trial]) -> int:
    return sum(bool(trial.wrong) for trial in trials)


def _notes(trials: Sequence[Trial]) -> str:
    counts: defaultdict[str, int] = defaultdict(int)
    for trial in trials:
        for note in trial.notes:
            counts[note] += 1
    return ", ".join(f"{note} {count}" for note, count in sorted(counts.items()))
