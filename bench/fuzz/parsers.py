"""Coverage-guided fuzzing of the parsers and of the writers of edit lists.

`python -m bench.fuzz.parsers --seconds 60 --corpus out/fuzz` runs each target in a process of its own under Atheris,
which must be installed beside Reelseek (`pip install atheris`; Linux). What reached new branches is kept in the
corpus, and the next run goes on from it. Exits with 1 when a target raised anything but a typed error, took more than
twenty seconds, or 2 GiB of memory; the input is kept beside the corpus.
"""

import argparse
import importlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.support.table import print_table

NAMES = ("query", "subtitles", "settings", "truth", "edl", "fcpxml", "transcripts")
INSTRUMENTED = (
    "search.query",
    "search.evaluation",
    "indexer.subtitles",
    "indexer.config",
    "tomllib",
    "api.export",
    "api.media",
)
"""Packages whose branches guide the fuzzer; the targets import them after it was started."""
LONGEST_INPUT_BYTES = 4096
LONGEST_SECONDS, MOST_MEMORY_MB = 20, 2048
"""For one input."""
_LAST = re.compile(r"#(\d+)\s+(?:DONE|pulse|RELOAD|NEW|REDUCE|INITED)\s+cov: (\d+) ft: \d+ corp: (\d+)/")
_CAUGHT = re.compile(r"=== Uncaught Python exception: ===\s*(.*)|ERROR: libFuzzer: (.*)")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=Path("out/fuzz"))
    parser.add_argument("--only", choices=NAMES, nargs="+", default=NAMES)
    parser.add_argument("--inside", choices=NAMES, help=argparse.SUPPRESS)
    given, libfuzzer = parser.parse_known_args(arguments)
    if importlib.util.find_spec("atheris") is None:
        parser.error("Atheris is not installed; `pip install atheris` (Linux, Python 3.11 to 3.13)")
    if given.inside:
        fuzz(given.inside, libfuzzer)
        return
    rows = [_run(name, given.corpus, given.seconds, given.seed) for name in given.only]
    print_table(("target", "inputs", "branches reached", "kept in the corpus", "faults"), rows)
    if any(row[-1] != "0" for row in rows):
        sys.exit(1)


def fuzz(name: str, options: Sequence[str]) -> None:
    """Fuzzes one target in this process, and ends it."""
    atheris: Any = importlib.import_module("atheris")  # installed beside, see above
    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        from bench.fuzz.parser_targets import TARGETS

        run = TARGETS[name].start()
    atheris.Setup([sys.argv[0], *options], run)
    atheris.Fuzz()


def _run(name: str, corpus: Path, seconds: int, seed: int) -> tuple[str, ...]:
    from bench.fuzz.parser_targets import TARGETS

    folder, found = corpus / name, corpus / f"{name}-faults"
    for one in (folder, found):
        one.mkdir(parents=True, exist_ok=True)
    for number, seed_bytes in enumerate(TARGETS[name].seeds):
        (folder / f"seed-{number}").write_bytes(seed_bytes)
    limits = [f"-max_total_time={seconds}", f"-timeout={LONGEST_SECONDS}", f"-rss_limit_mb={MOST_MEMORY_MB}"]
    options = [*limits, f"-seed={seed}", f"-max_len={LONGEST_INPUT_BYTES}", f"-artifact_prefix={found}/", str(folder)]
    ended = subprocess.run(
        [sys.executable, "-m", "bench.fuzz.parsers", "--inside", name, *options],
        capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    told = ended.stdout + ended.stderr
    inputs, branches, kept = (_LAST.findall(told) or [("0", "0", "0")])[-1]
    faults = [raised or error for raised, error in _CAUGHT.findall(told) if error != "fuzz target exited"]
    if ended.returncode and not faults:
        faults = [told.strip().rpartition("\n")[2] or f"ended with {ended.returncode}"]
    for fault in faults:
        print(f"{name}: {fault}; the input is in {found}", file=sys.stderr)
    return name, inputs, branches, kept, str(len(faults))


if __name__ == "__main__":
    main()
