"""Fuzzing of the service: no fault, every error as a problem, and memory and descriptors that stay as they are.

`python -m bench.fuzz --requests 100000 --seed 1` starts a real `reelseek serve` over a small library and sends rounds
of requests: generated from its own OpenAPI description by Schemathesis, right and wrong, each with mutants; outside of
the description; whole lives of uploaded videos; and beside them all the time clients that are slow or leave. One row a
round. Exits with 1 when an answer breaks a promise, or when the service uses more and more.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import httpx

from bench.fuzz.answers import Answers
from bench.fuzz.generated import send_generated
from bench.fuzz.lives import Lives
from bench.fuzz.slow_clients import SlowClients
from bench.fuzz.watched_service import Use, logged_faults, make_library, use_at_rest, watched_service
from bench.support.table import print_table

HEADER = (
    "requests",
    "2xx, 3xx",
    "4xx",
    "come again",
    "faults",
    "slow clients",
    "1/s",
    "memory MB",
    "descriptors",
    "threads",
    "children",
)
STEPS = 30
"""Of each life."""
MOST_MORE_MEMORY = 0.05
"""Share by which the median of the last third of rounds may exceed that of the third before."""
MOST_MORE_DESCRIPTORS = 16


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--round", type=int, default=2_000, help="requests of each round")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no round after this time")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    answers, uses = Answers(), list[Use]()
    with tempfile.TemporaryDirectory(prefix="reelseek-fuzz-") as name:
        library, files = make_library(Path(name), number=given.seed)
        log = Path(name) / "log"
        with watched_service(library, Path(name) / "world", log) as (url, process):
            rows: list[tuple[str, ...]] = []
            started, slow, number, told = time.perf_counter(), 0, given.seed, 0
            while answers.count < given.requests and time.perf_counter() - started < given.seconds:
                slow += fuzz_round(url, answers, count=given.round, number=number, file=files[0])
                number += 1000
                uses.append(use_at_rest(process))
                answers.logged = logged_faults(log)
                rows.append(_row(answers, slow, time.perf_counter() - started, uses[-1]))
                print("  ".join(rows[-1]), flush=True)
                for fault in answers.faults[told:]:
                    print(fault, flush=True)
                told = len(answers.faults)
    print()
    print_table(HEADER, rows)
    for fault in answers.logged[:20]:
        print(fault)
    growth = grown(uses)
    for line in growth:
        print(line)
    if answers.faults or answers.logged or growth:
        sys.exit(1)


def fuzz_round(url: str, answers: Answers, *, count: int, number: int, file: Path, steps: int = STEPS) -> int:
    """About `count` requests and one life of a copy of `file`, beside slow clients; returns how many of these."""
    with httpx.Client(base_url=url, timeout=120) as client:
        videos = [video["video_id"] for video in client.get("/api/v1/videos").json()["videos"]]
        with SlowClients(url, videos, number=number) as slow:
            send_generated(url, answers, count=count, number=number, videos=videos[:2])
            Lives(client, answers, file, number=number).live(steps)
        return slow.started


def grown(uses: Sequence[Use]) -> list[str]:
    """What grows from the middle third of the rounds to the last one: one line each. Too few rounds show nothing."""
    third = len(uses) // 3
    if third < 2:
        return []
    before, after = uses[third : 2 * third], uses[2 * third :]
    found: list[str] = []
    memory = [median(use.memory_mb for use in part) for part in (before, after)]
    if memory[1] > memory[0] * (1 + MOST_MORE_MEMORY):
        found.append(f"memory grows: {memory[0]:.0f} MB, then {memory[1]:.0f} MB")
    descriptors = [median(use.descriptors for use in part) for part in (before, after)]
    if descriptors[1] > descriptors[0] + MOST_MORE_DESCRIPTORS:
        found.append(f"descriptors grow: {descriptors[0]:.0f}, then {descriptors[1]:.0f}")
    return found


def _row(answers: Answers, slow: int, seconds: float, use: Use) -> tuple[str, ...]:
    good = sum(count for status, count in answers.statuses.items() if status < 400)
    refused = sum(count for status, count in answers.statuses.items() if 400 <= status < 500)
    return (
        f"{answers.count:,}",
        f"{good:,}",
        f"{refused:,}",
        f"{answers.waiting:,}",
        str(len(answers.faults) + len(answers.logged)),
        f"{slow:,}",
        f"{answers.count / seconds:.0f}",
        f"{use.memory_mb:.0f}",
        str(use.descriptors),
        str(use.threads),
        str(use.children),
    )


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
