"""A real `reelseek serve` over a small drawn library, and what it uses: memory, descriptors, threads, children."""

import json
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from demo.world.make import make_world
from indexer.config import Settings
from indexer.pipeline.index import index_paths

COMMAND = "from api.cli.program import run; run()"
REST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Use:
    """What a process uses at rest."""

    memory_mb: float
    """Resident, of the process alone."""
    descriptors: int
    threads: int
    children: int


def make_library(folder: Path, *, number: int) -> tuple[Path, list[Path]]:
    """A library of three drawn videos, seeded with `number`; returns its folder and the videos' files."""
    world = folder / "world"
    world.mkdir()
    make_world(world, minutes=1.2, seed=number, video_minutes=0.4)
    library = folder / "library"
    index_paths([world], settings=Settings(library=str(library), models="demo", device="cpu", screen_text=False))
    return library, sorted(world.glob("*.mp4"))


@contextmanager
def watched_service(library: Path, root: Path, log: Path) -> Generator[tuple[str, psutil.Process]]:
    """Address, without a slash at the end, and process of a service that ends with the block, and logs into `log`."""
    words = ["serve", "--library", str(library), "--root", str(root), "--port", "0", "--json", "--no-screen-text"]
    words += ["--models", "demo", "--device", "cpu", "--log-level", "warning"]
    with log.open("wb") as stream:
        process = subprocess.Popen([sys.executable, "-c", COMMAND, *words], stdout=subprocess.PIPE, stderr=stream)
    try:
        assert process.stdout
        yield json.loads(process.stdout.readline())["url"].rstrip("/"), psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def logged_faults(log: Path) -> list[str]:
    """The errors behind the lines of a service's log that tell of a fault."""
    rows = [json.loads(line) for line in log.read_bytes().splitlines() if line.startswith(b'{"time"')]
    return [row["error"].strip()[-500:] for row in rows if row["event"] == "fault"]


def use_at_rest(process: psutil.Process) -> Use:
    """Once no client is connected, or after `REST_SECONDS`."""
    end = time.monotonic() + REST_SECONDS
    while any(one.status == psutil.CONN_ESTABLISHED for one in process.net_connections("tcp")):
        if time.monotonic() > end:
            break
        time.sleep(0.2)
    time.sleep(0.5)
    children = len(process.children(recursive=True))
    return Use(process.memory_info().rss / 1e6, process.num_fds(), process.num_threads(), children)
