"""Answers over libraries of growing length, with the same model and context, with and without retrieval.

    python -m bench.reach --folder out/reach --minutes 2 10 60 600 --questions 100

Draws worlds, indexes them (both kept in the folder), asks, compares with the truth; prints a table and
keeps every answer. Rows of earlier runs in the same folder stay in the table. The way "server" asks the same model with
retrieval through a server in OpenAI's protocol, and is compared with "retrieval", answer by answer.
"""

import argparse
import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.support.reach_plot import plot_reach
from bench.support.reach_score import Outcome, scores
from bench.support.same_answer import say_the_same
from bench.support.table import print_table
from bench.support.worlds import WorldQuestion, draw_and_index, draw_questions, library_folder, world_folder, worlds_of
from indexer.config import Settings
from indexer.models.loading import Models, load_models
from indexer.models.vision_language import VisionLanguageModel
from indexer.models.vision_language_loading import load_vision_language_model
from search.answering.asker import Asker
from search.engine import SearchEngine
from search.options import EffortName
from tests.helpers.model_server import serving_model

WAYS = ("retrieval", "whole video", "server")
ON_SERVER = "server"
EQUAL = "same as retrieval"
HEADS = (
    "what",
    "when R@1 IoU 0.5",
    "absent not found",
    "answerable not found",
    "citations outside",
    "tokens",
    "most tokens",
    "seconds",
    EQUAL,
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
        answered: dict[str, list[Outcome]] = {}
        for way in options.ways:
            with served(model) if way == ON_SERVER else nullcontext(model) as used:
                outcomes = ask_all(asked, way=way, effort=options.effort, settings=settings, models=models, model=used)
            answered[way] = outcomes
            rows.append({"minutes": minutes, "way": way, "seed": options.seed, **scores(outcomes)})
            if way == ON_SERVER and WAYS[0] in answered:
                rows[-1][EQUAL] = share_of_equal(answered[WAYS[0]], outcomes)
            _keep(options.folder / f"answers-{minutes:g}min-{way.replace(' ', '-')}.jsonl", outcomes)
            print(json.dumps(rows[-1]), flush=True)
    _report(options.folder, _with_earlier(options.folder / "reach.json", rows))


@contextmanager
def served(model: VisionLanguageModel) -> Generator[VisionLanguageModel]:
    """The model behind a server in OpenAI's protocol, as Reelseek asks any server."""
    with serving_model(model, name="demo") as server:
        yield load_vision_language_model(Settings(models="demo", vision_language_model=server.spec))


def share_of_equal(here: Sequence[Outcome], there: Sequence[Outcome]) -> float:
    """The share of questions that get the same answer in two ways; the questions are in the same order."""
    same = [
        say_the_same(one.answer, other.answer, by_words=one.kind == "what")
        for one, other in zip(here, there, strict=True)
    ]
    return round(sum(same) / len(same), 3)


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
                answer = asker.ask(one.question.question, effort=effort, retrieval=way != "whole video")
                outcomes.append(Outcome(one, answer))
    return outcomes


def _keep(file: Path, outcomes: Sequence[Outcome]) -> None:
    file.write_text("".join(json.dumps(one.to_json()) + "\n" for one in outcomes), encoding="utf-8")


def _report(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    cells = [
        [f"{row['minutes']:g}", row["way"], _asked(row), *(str(row.get(name, "-")) for name in HEADS)] for row in rows
    ]
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
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS[:2]))
    parser.add_argument("--model", default="", help="instead of the demo's own: a hub name or directory")
    parser.add_argument("--captions", action=argparse.BooleanOptionalAction, default=True, help="index with captions")
    return parser.parse_args()


if __name__ == "__main__":
    main()
