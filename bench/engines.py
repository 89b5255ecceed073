"""The engines beside each other: this process, and Ray with one and more nodes, over the same folder.

`python -m bench.engines PATH --nodes 1 2 3` indexes PATH once with each engine into a new library, and prints for each
- `start s`: until the first work is seen: Ray and its workers start and load the models, the local engine loads them;
- `work s`: from there to the end;
- `s a video`: of `work s`, and what it is more than the local engine's;
- `commit s`: what the one committer spent on writing, and its share of `work s`;
and whether each library has the same rows as the local one's.

All nodes are on this machine, so they share its cores, its disk and its memory: more nodes show what sharing costs, and
that nothing is lost, not how much faster more machines are. For that, compare `s a video` with `commit s`: committing
is the one part that does not spread, and so bounds how many times faster a cluster may be.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.support.library_contents import contents, differences
from bench.support.table import print_table
from indexer.config import Settings
from indexer.pipeline.engines.engine import Engine
from indexer.pipeline.engines.ray_engine import RayEngine
from indexer.pipeline.events import IndexEvent, StageFinished, StageProgress, VideoFailed
from indexer.pipeline.index import index_paths

HEADS = ("engine", "start s", "work s", "s a video", "to local", "commit s", "share", "rows")
OBJECT_STORE_MIB = 120
START_TRIES = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """One engine's run."""

    name: str
    videos: int
    start_seconds: float
    work_seconds: float
    commit_seconds: float
    library: Path


@contextmanager
def cluster_of(nodes: int, cores: int) -> Generator[str]:
    """A cluster on this machine, of nodes of so many cores each; gives its address."""
    options: dict[str, Any] = {"num_cpus": cores, "object_store_memory": OBJECT_STORE_MIB << 20}
    cluster: Any = import_module("ray.cluster_utils").Cluster()
    try:
        for _ in range(nodes):
            _add_node(cluster, {**options, "include_dashboard": False})
        yield cluster.address
    finally:
        cluster.shutdown()


def _add_node(cluster: Any, options: dict[str, Any]) -> None:
    for left in reversed(range(START_TRIES)):
        try:
            cluster.add_node(**options)
        except Exception:  # a raylet that starts too slowly on a busy machine
            if not left:
                raise
        else:
            return


def measure(name: str, path: Path, settings: Settings, engine: Engine | None) -> Measured:
    """Indexes the folder by an engine into the library of the settings, which is not there yet."""
    first: list[float] = []

    def on_event(event: IndexEvent) -> None:
        if not first and isinstance(event, StageProgress | StageFinished | VideoFailed):
            first.append(time.perf_counter())

    started = time.perf_counter()
    finished = index_paths([path], settings=settings, on_event=on_event, engine=engine)
    ended = time.perf_counter()
    begun = first[0] if first else ended
    commit = finished.stage_seconds["write"]
    return Measured(name, finished.videos, begun - started, ended - begun, commit, Path(settings.library))


def rows_of(runs: list[Measured]) -> list[list[str]]:
    """A row of the table for each; the first is the local engine's."""
    local = runs[0]
    known = contents(local.library)
    rows: list[list[str]] = []
    for run in runs:
        each = run.work_seconds / run.videos
        rows.append(
            [
                run.name,
                f"{run.start_seconds:.1f}",
                f"{run.work_seconds:.1f}",
                f"{each:.2f}",
                f"{each - local.work_seconds / local.videos:+.2f}",
                f"{run.commit_seconds:.2f}",
                f"{run.commit_seconds / run.work_seconds:.1%}",
                "same" if not differences(known, contents(run.library)) else "DIFFERENT",
            ]
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="folder of videos")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1], help="nodes of each cluster (default 1)")
    parser.add_argument("--node-cores", type=int, default=1, help="cores that each node says it has (default 1)")
    parser.add_argument("--models", default="text", help="profile (default text)")
    parser.add_argument("--no-speech", dest="speech", action="store_false", default=None)
    options = parser.parse_args()
    RayEngine()  # refuses at once where Ray is absent; imported without an address, it keeps to the loopback interface
    with tempfile.TemporaryDirectory() as place:

        def settings(name: str) -> Settings:
            return Settings(library=str(Path(place) / name), models=options.models, speech=options.speech)

        runs = [measure("local", options.path, settings("local"), None)]
        for nodes in [0, *options.nodes]:  # a table after each: what is measured stays where a later cluster fails
            if nodes:
                runs.append(_measure_cluster(nodes, options.node_cores, options.path, settings))
            print(f"{runs[0].videos} videos, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
            print_table(HEADS, rows_of(runs))
    print(
        f"{os.cpu_count()} cores: nodes here share them, so `work s` cannot fall with more nodes as it does on more"
        " machines;\n`commit s` is the part that never spreads."
    )


def _measure_cluster(nodes: int, cores: int, path: Path, settings: Callable[[str], Settings]) -> Measured:
    name = f"ray, {nodes} node{'s' if nodes > 1 else ''}"
    with cluster_of(nodes, cores) as address:
        engine = RayEngine(address=address, worker_cpus=cores)
        return measure(name, path, settings(f"ray-{nodes}"), engine)


if __name__ == "__main__":
    main()
