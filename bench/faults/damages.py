"""One damaged file: verify sees it, reading ends with a typed error or in time, repair and indexing bring all back."""

import json
import random
from pathlib import Path
from typing import Any

from bench.faults.children import Tell, run_child
from bench.faults.operations import OPERATIONS, WORDS, Bench, Clean, Operation, begin_library, run_again
from bench.faults.trials import Trial, Workshop
from bench.support.file_damage import WAYS, damage, files_worth_damaging

QUERIES = (WORDS[1], "frozen", "a red circle", '"evening train"')
INDEX = OPERATIONS[0]
_BEGIN = "re-index"
"""The operation that begins with the library to damage: indexed, tagged, corrected, optimized."""


def damage_file(shop: Workshop) -> Trial:
    """Damages one file in one way: all files in all ways, in an order drawn once, then again with other bits."""
    operation = next(one for one in OPERATIONS if one.name == _BEGIN)
    whole = shop.clean[operation.begin]
    cases = [(name, way) for name in files_worth_damaging(whole.library) for way in WAYS]
    # LanceDB draws the names of its files anew for each library: a number stands for a place in the list alone.
    random.Random(0).shuffle(cases)
    name, way = cases[shop.number % len(cases)]
    library = shop.place / "library"
    begin_library(shop.bench, shop.clean, Operation(_BEGIN, INDEX.run, operation.begin), library)
    expected = _right_results(shop)
    damage(library / name, way, shop.draw)
    wrong, notes = _reading(shop.bench, library, expected)
    wrong += _mending(shop.bench, library, whole)
    return Trial(f"a file {way}", _part(name), str(name), wrong, notes)


def _right_results(shop: Workshop) -> dict[str, Any]:
    """What the sound library gives, read once in a run."""
    key = "right results"
    if key not in shop.cache:
        ended = run_child(read_all, shop.bench, shop.place / "library")
        if ended.how != "done" or any(isinstance(one, tuple) for one in ended.value.values()):
            raise SystemExit(f"a sound library cannot be read: {ended}")
        shop.cache[key] = ended.value
    return shop.cache[key]


def _reading(bench: Bench, library: Path, expected: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What is wrong with reading a damaged library, and what was seen."""
    seen = run_child(is_seen, library)
    wrong = seen.fault() if seen.how != "done" else [] if seen.value else ["verify sees nothing"]
    found = run_child(read_all, bench, library)
    if found.how != "done":
        return wrong + [f"reading {one}" for one in found.fault(allowed=("typed", "broken"))], ["typed error"]
    notes: set[str] = set()
    for what, result in found.value.items():
        if isinstance(result, tuple):
            wrong += [f"{what}: {result[1]}"] if result[0] == "untyped" else []
            notes.add("typed error")
        elif result != expected[what]:
            notes.add("another result, told by verify alone")
    return wrong, sorted(notes) or ["right results"]


def _mending(bench: Bench, library: Path, whole: Clean) -> list[str]:
    repaired = run_child(repair, library)
    if repaired.how != "done":
        return [f"repair {one}" for one in repaired.fault()]
    return [f"left by repair: {one}" for one in repaired.value] + [
        f"after repair and index: {one}" for one in run_again(bench, INDEX, library, whole)
    ]


def is_seen(tell: Tell, library: Path) -> bool:
    from indexer.upkeep.verify import verify_library

    tell("verify")
    return any(one.is_damage for one in verify_library(library))


def repair(tell: Tell, library: Path) -> list[str]:
    from indexer.upkeep.repair import repair_library

    tell("repair")
    return [f"{one.kind} {one.detail}" for one in repair_library(library).left]


def read_all(tell: Tell, bench: Bench, library: Path) -> dict[str, Any]:
    """What `status`, `videos` and searches give: a result, or ("typed" or "untyped", the error)."""
    from click.testing import CliRunner

    from api.cli.exit_codes import ExitCode
    from api.cli.main import main
    from indexer import errors
    from search.engine import SearchEngine

    found: dict[str, Any] = {}
    for command in ("status", "videos", "tag --list"):
        tell(command)
        result = CliRunner().invoke(main, [*command.split(), "--json", "--library", str(library)])
        found[command] = result.stdout.replace(str(library), "")
        if result.exit_code == ExitCode.STOPPED:
            kind = json.loads(result.stdout)["error"]["type"]
            found[command] = ("typed" if hasattr(errors, kind) else "untyped", result.stdout)
        elif result.exit_code != ExitCode.OK:
            found[command] = ("untyped", result.output)
        elif command == "status":
            found[command] = {name: json.loads(result.stdout)[name] for name in ("counts", "failures", "stages")}
    for query in QUERIES:
        tell(f"search {query}")
        try:
            with SearchEngine.open(library, settings=bench.settings, load=lambda _: bench.models) as engine:
                found[query] = [
                    (one.video, one.span, round(one.relevance, 3), one.text) for one in engine.search(query).moments
                ]
        except Exception as error:  # noqa: BLE001 - is it typed?
            kind = "typed" if isinstance(error, errors.ReelseekError) else "untyped"
            found[query] = (kind, f"{type(error).__name__}: {error}")
    return found


def _part(name: Path) -> str:
    """Which part of a library a file belongs to."""
    return "/".join(name.parts[:2]) if name.parts[0] == "lance" else name.parts[0]
