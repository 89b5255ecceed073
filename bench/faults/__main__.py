"""`python -m bench.faults`: what was tried against a library, and what was lost.

Kills indexing, tagging, removing, optimizing and indexing again; damages each file of a library in five ways; fills
the disk; lets two writers, or readers and a writer, work at once; sets clocks back. After each trial the same operation
is run again and its library compared with an undisturbed one's: rows, vectors, thumbnails, tags, corrections.

`--kills 1000 --out FOLDER --minutes 480` goes on with the trials that FOLDER holds until there are a thousand, or the
time is over. Exits with 1 when something was lost or wrong in any of them.
"""

import argparse
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

from bench.faults.clocks import set_clock
from bench.faults.damages import damage_file
from bench.faults.full_disk import can_mount, file_limit, full_disk
from bench.faults.kills import kill
from bench.faults.neighbours import readers_beside_writer, two_writers
from bench.faults.operations import Bench, draw_films, run_all_clean
from bench.faults.trials import Kind, Record
from indexer.config import Settings

KINDS: dict[str, tuple[Kind, int, str]] = {
    "kills": (kill, 100, "operations killed"),
    "damages": (damage_file, 100, "files damaged"),
    "full-disks": (full_disk, 20, "operations on a disk that is full"),
    "limits": (file_limit, 20, "operations during which files may not grow any more"),
    "writers": (two_writers, 10, "operations run twice at once"),
    "readers": (readers_beside_writer, 10, "operations beside two readers"),
    "clocks": (set_clock, 15, "operations under a clock that was set back"),
}


def main() -> int:
    options = _options()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # its threads would not survive a fork
    warnings.filterwarnings("ignore", message="lancedb fork support")
    until = time.monotonic() + options.minutes * 60
    with tempfile.TemporaryDirectory(prefix="reelseek-faults-") as temporary:
        folder = Path(temporary)
        record = Record(options.out or folder / "out", options.seed)
        draw_films(folder, options.seed)
        bench = _bench(folder)
        clean = run_all_clean(bench)
        for kind, (make, _, _) in KINDS.items():
            if kind == "full-disks" and not can_mount():
                print("no disk can be filled: this system lets no process mount a file system of its own", flush=True)
                continue
            for number in record.missing(kind, getattr(options, kind.replace("-", "_"))):
                if time.monotonic() > until:
                    break
                trial = record.make(kind, number, make, bench, clean)
                told = "; ".join(trial.wrong) or "as a clean run"
                print(f"{kind} {number}: {trial.fault}, {trial.during}, {trial.detail}: {told}", flush=True)
        return 1 if record.report() else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for kind, (_, number, what) in KINDS.items():
        parser.add_argument(f"--{kind}", type=int, default=number, metavar="N", help=f"{what} (default {number})")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder of the trials so far; by default none are kept")
    parser.add_argument("--minutes", type=float, default=24 * 60.0, help="no trial begins after this time")
    return parser.parse_args()


def _bench(folder: Path) -> Bench:
    """Loads the demo world's models; they use one thread, since others would not survive a fork."""
    import torch

    from indexer.models.loading import load_models

    torch.set_num_threads(1)
    settings = Settings(models="demo", captions=False, screen_text=False, speech=False, device="cpu")
    return Bench(folder, settings, load_models(settings))


if __name__ == "__main__":
    sys.exit(main())
