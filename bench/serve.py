"""HTTP under load: 32 clients search, first alone, then while a folder is being indexed.

`python -m bench.serve` starts a real `reelseek serve` in a process of its own, with the demo models, on loopback. One
table: requests, errors, p50, p95, and how late the event loop wakes (p99, from the service's own `/metrics`).
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench.support.table import print_table
from demo.world.make import make_world
from indexer.config import Settings
from indexer.pipeline.index import index_paths

COMMAND = "from api.cli.program import run; run()"
_BUCKET = re.compile(r'reelseek_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)')


@dataclass(frozen=True, slots=True)
class Round:
    """Results of one load."""

    name: str
    seconds: list[float]
    errors: list[str]
    lag_p99_seconds: float
    wall_seconds: float

    def row(self) -> tuple[str, ...]:
        times = np.array(self.seconds or [float("nan")]) * 1000
        p50, p95 = np.percentile(times, [50, 95])
        return (
            self.name,
            f"{len(self.seconds):,}",
            str(len(self.errors)),
            f"{len(self.seconds) / self.wall_seconds:.0f}",
            f"{p50:.0f}",
            f"{p95:.0f}",
            f"{times.max():.0f}",
            f"{self.lag_p99_seconds * 1000:.0f}",
        )

    def to_json(self) -> dict[str, Any]:
        names = ("name", "requests", "errors", "per_second", "p50_ms", "p95_ms", "max_ms", "lag_p99_ms")
        return dict(zip(names, self.row(), strict=True))


HEADER = ("load", "requests", "errors", "1/s", "p50 ms", "p95 ms", "max ms", "loop lag p99 ms")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each round; the last ends with the job")
    parser.add_argument("--minutes", type=float, default=4.0, help="playing time of the library, and of the folder")
    parser.add_argument("--screen-text", action="store_true", help="read the screen too, which is slow")
    parser.add_argument("--out", type=Path, help="keep the table as JSON here")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="reelseek-serve-") as name:
        folder = Path(name)
        queries = prepare(folder, minutes=given.minutes, screen_text=given.screen_text)
        rounds = asyncio.run(measure(folder, queries, given))
    print_table(HEADER, [one.row() for one in rounds])
    for one in rounds:
        for error in one.errors[:3]:
            print(f"{one.name}: {error}")
    if given.out:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(json.dumps([one.to_json() for one in rounds], indent=2) + "\n", encoding="utf-8")
    if any(one.errors for one in rounds):
        sys.exit(1)


def prepare(folder: Path, *, minutes: float, screen_text: bool) -> list[str]:
    """Draws two worlds and indexes the first; returns queries for it."""
    for name, seed in (("first", 31), ("second", 32)):
        (folder / name).mkdir()
        make_world(folder / name, minutes=minutes, seed=seed)
    settings = Settings(library=str(folder / "library"), models="demo", device="cpu", screen_text=screen_text)
    index_paths([folder / "first"], settings=settings)
    rows = [json.loads(line) for line in (folder / "first" / "truth.jsonl").read_text().splitlines()]
    return [row["query"] for row in rows]


async def measure(folder: Path, queries: list[str], given: argparse.Namespace) -> list[Round]:
    words = ["serve", "--library", str(folder / "library"), "--root", str(folder), "--port", "0", "--json"]
    words += ["--device", "cpu", "--log-level", "warning", *([] if given.screen_text else ["--no-screen-text"])]
    process = subprocess.Popen([sys.executable, "-c", COMMAND, *words], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        url = json.loads(process.stdout.readline())["url"].rstrip("/")
        limits = httpx.Limits(max_connections=given.clients + 4)
        async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
            await load(client, "warm-up", queries, clients=2, seconds=2)
            rounds = [
                await load(client, "1 client, idle", queries, clients=1, seconds=given.seconds),
                await load(client, f"{given.clients} clients, idle", queries, given.clients, given.seconds),
            ]
            job = (await client.post("/api/v1/videos", json={"path": "second"})).json()
            rounds.append(
                await load(client, f"{given.clients} clients, indexing", queries, given.clients, 3600, job=job["id"])
            )
        return rounds
    finally:
        process.terminate()
        process.wait(60)


async def load(
    client: httpx.AsyncClient, name: str, queries: list[str], clients: int, seconds: float, *, job: str = ""
) -> Round:
    """Runs clients that each search again once answered, for a time or until the job has ended."""
    times: list[float] = []
    errors: list[str] = []
    before = await lags(client)
    started = time.perf_counter()
    over = asyncio.Event()

    async def search(number: int) -> None:
        turn = number
        while not over.is_set():
            begun = time.perf_counter()
            try:
                response = await client.get("/api/v1/search", params={"query": queries[turn % len(queries)]})
                if response.status_code != 200:
                    errors.append(f"{response.status_code}: {response.text[:200]}")
            except httpx.HTTPError as error:
                errors.append(repr(error))
            times.append(time.perf_counter() - begun)
            turn += clients

    tasks = [asyncio.create_task(search(number)) for number in range(clients)]
    while time.perf_counter() - started < seconds and not (job and await has_ended(client, job, errors)):
        await asyncio.sleep(0.25)
    over.set()
    await asyncio.gather(*tasks)
    wall = time.perf_counter() - started
    return Round(name, times, errors, p99(before, await lags(client)), wall)


async def has_ended(client: httpx.AsyncClient, job: str, errors: list[str]) -> bool:
    state = (await client.get(f"/api/v1/jobs/{job}")).json()
    if state["state"] == "failed":
        errors.append(f"the job failed: {state['error']}")
    return state["state"] in {"done", "failed", "cancelled"}


async def lags(client: httpx.AsyncClient) -> dict[float, float]:
    """Reads the histogram of event loop lag: upper bound in seconds -> cumulative count."""
    text = (await client.get("/metrics")).text
    return {float(bound): float(count) for bound, count in _BUCKET.findall(text)}


def p99(before: dict[float, float], after: dict[float, float]) -> float:
    """Returns the bucket bound, in seconds, that holds the 99th percentile between two readings."""
    counts = {bound: count - before.get(bound, 0.0) for bound, count in sorted(after.items())}
    whole = counts[float("inf")]
    return next(bound for bound, count in counts.items() if count >= 0.99 * whole)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
