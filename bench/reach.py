"""Answers over libraries of growing length, with the same model and context, with and without retrieval.

    python -m bench.reach --folder out/reach --minutes 2 10 60 600 --questions 100

Draws worlds, indexes them (both kept in the folder), asks, compares with the truth; prints a table and
keeps every answer. Rows of earlier runs in the same folder stay in the table.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.support.reach_plot import plot_reach
from bench.support.reach_score import Outcome, scores
from bench.support.table import print_table
from bench.support.worlds import WorldQuestion, draw_and_index, draw_questions, library_folder, world_folder, worlds_of
from indexer.config import Settings
from indexer.models.loading import Models, load_models
from indexer.models.vision_language import VisionLanguageModel
from indexer.models.vision_language_loading import load_vision_language_model
from search.answering.asker import Asker
from search.engine import SearchEngine
from search.options import EffortName

WAYS = ("retrieval", "whole video")
HEADS = (
    "what",
    "when R@1 IoU 0.5",
    "absent not found",
    "answerable not found",
    "citations outside",
    "tokens",
    "most tokens",
    "seconds",
)


def main() -> None:
    options = _options()
    settings = Settings(models="demo", captions=options.captions, vision_language_model=options.model)
    models = load_models(settings, to_search=True)
    model = load_vision_language_model(settings)
    options.folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for minutes in options.minutes:
        for number in range(worlds_of(minutes)):
            world = world_folder(options.folder, minutes, options.seed + number)
            own = replace(settings, library=str(library_folder(world)))
            draw_and_index(world, minutes=minutes, seed=options.seed + number, settings=own, models=models, model=model)
        asked = draw_questions(options.folder, minutes=minutes, seed=options.seed, each=options.questions)
        for way in options.ways:
            outcomes = ask_all(asked, way=way, effort=options.effort, settings=settings, models=models, model=model)
            rows.append({"minutes": minutes, "way": way, "seed": options.seed, **scores(outcomes)})
            _keep(options.folder / f"answers-{minutes:g}min-{way.replace(' ', '-')}.jsonl", outcomes)
            print(json.dumps(rows[-1]), flush=True)
    _report(options.folder, _with_earlier(options.folder / "reach.json", rows))


def _with_earlier(file: Path, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Merges these rows with those of earlier runs in the folder, by length; newer rows win."""
    earlier: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    newest = {(row["minutes"], WAYS.index(row["way"]), row.get("seed", 0)): row for row in [*earlier, *rows]}
    return [newest[key] for key in sorted(newest)]


def ask_all(
    asked: Sequence[WorldQuestion],
    *,
    way: str,
    effort: EffortName,
    settings: Settings,
    models: Models,
    model: VisionLanguageModel,
) -> list[Outcome]:
    """Asks every question in its world's library."""
    outcomes: list[Outcome] = []
    for world in dict.fromkeys(one.world for one in asked):
        own = replace(settings, library=str(library_folder(world)))
        with SearchEngine.open(library_folder(world), settings=own, load=lambda _: models) as engine:
            asker = Asker(engine, own, load=lambda _: model)
            for one in (one for one in asked if one.world == world):
                answer = asker.ask(one.question.question, effort=effort, retrieval=way == "retrieval")
                outcomes.append(Outcome(one, answer))
    return outcomes


def _keep(file: Path, outcomes: Sequence[Outcome]) -> None:
    file.write_text("".join(json.dumps(one.to_json()) + "\n" for one in outcomes), encoding="utf-8")


def _report(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    cells = [[f"{row['minutes']:g}", row["way"], _asked(row), *(str(row[name]) for name in HEADS)] for row in rows]
    print_table(("minutes", "way", "questions", *HEADS), cells)
    (folder / "reach.json").write_text(json.dumps(list(rows), indent=1) + "\n", encoding="utf-8")
    print(f"drawn: {plot_reach(folder / 'reach.png', rows)}")


def _asked(row: dict[str, Any]) -> str:
    return f"{row['what questions']} + {row['when questions']} + {row['absent questions']}"


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("out/reach"), help="for worlds, libraries, answers")
    parser.add_argument("--minutes", type=float, nargs="+", default=[2, 10, 60], help="lengths of the libraries")
    parser.add_argument("--questions", type=int, default=100, help="of each kind and length")
    parser.add_argument("--seed", type=int, default=500, help="of the first world; the next have the next")
    parser.add_argument("--effort", choices=("low", "normal", "high"), default="normal")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--model", default="", help="instead of the demo's own: a hub name or directory")
    parser.add_argument("--captions", action=argparse.BooleanOptionalAction, default=True, help="index with captions")
    return parser.parse_args()


if __name__ == "__main__":
    main()
