"""`reelseek eval`: evaluate search, or stored predictions."""

import json
from pathlib import Path
from typing import Any

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import SEARCH_MODEL_SETTINGS, flag, with_settings
from api.cli.options import EVALUATE_LIMIT, PREDICTIONS, TRUTH
from indexer.config import Settings
from indexer.library_place import library_place
from search.options import SIGNALS_ONLY
from search.signals import Signal

SHOWN_SCORES = ("queries", "R@1@0.5", "R@5@0.5", "R@10@0.5", "R@1@overlap", "hit@1", "mAP", "MRR")
"""The scores in the printed table; JSON has all of them."""

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("eval")
@flag(TRUTH, kind=FILE)
@flag(PREDICTIONS, kind=FILE)
@flag(SIGNALS_ONLY)
@flag(EVALUATE_LIMIT)
@with_settings(*SEARCH_MODEL_SETTINGS)
def evaluate(
    *,
    truth: Path,
    predictions: Path | None,
    signals: tuple[Signal, ...],
    limit: int,
    settings: Settings,
    as_json: bool,
) -> ExitCode:
    """Evaluate search, or stored predictions, against ground truth.

    Search is scored on queries whose correct moments are known; predictions are in the QVHighlights format.

    \b
    A line of ground truth for search:
      {"video": "a.mp4", "query": "a red car", "windows": [[3.0, 7.5]], "kind": "picture"}

    It may also list moments that must not be found, "unwanted": [{"video": "a.mp4", "windows": [[9, 12]]}], and
    where the steps of `a car then a bus` are, "steps": [[[3, 5]], [[6, 8]]].

    \b
    Examples:
      reelseek eval --library L --truth truth.jsonl
      reelseek eval --library L --truth truth.jsonl --signal picture --json
      reelseek eval --predictions predictions.jsonl --truth val.jsonl --json
    """
    if predictions is not None:
        from search.evaluation.qvhighlights import score_predictions

        scores = score_predictions(predictions, truth)
        click.echo(json.dumps(scores)) if as_json else _print_official(scores)
        return ExitCode.OK
    report = _search_report(truth, signals, limit, settings, quiet=as_json)
    click.echo(json.dumps(report)) if as_json else _print_report(report)
    return ExitCode.OK


def _search_report(
    truth: Path, signals: tuple[Signal, ...], limit: int, settings: Settings, *, quiet: bool
) -> dict[str, Any]:
    from api.cli.terminal import percent_bar
    from search.engine import SearchEngine
    from search.evaluation.evaluate import evaluate_search

    engine = SearchEngine.open(library_place(settings.library), settings=settings)
    with percent_bar("searching", quiet=quiet) as show:
        report = evaluate_search(
            engine, truth, signals=signals or None, limit=limit, progress=lambda done, of: show(done / of)
        )
    return report.to_json()


def _print_official(scores: dict[str, float]) -> None:
    from rich.table import Table

    from api.cli.terminal import console

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("measure")
    table.add_column("percent", justify="right")
    for name, value in scores.items():
        table.add_row(name, f"{value:.2f}")
    console().print(table)


def _print_report(report: dict[str, Any]) -> None:
    from rich.table import Table

    from api.cli.terminal import console, label
    from api.safe_text import one_line

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("kind", no_wrap=True)
    for name in SHOWN_SCORES:
        table.add_column(name, justify="right", no_wrap=True)
    for kind, scores in [*report["kinds"].items(), ("all", report["all"])]:
        cells = [f"{scores[name]:,}" if name == "queries" else f"{scores[name]:.3f}" for name in SHOWN_SCORES]
        table.add_row(one_line(kind), *cells, style="bold" if kind == "all" else "")
    screen = console()
    screen.print(table)
    absent = report["absent"]
    if absent["queries"]:
        text = f"{absent['nothing_found']:.3f} of {absent['queries']:,} queries without a correct moment: nothing found"
        screen.print(label(text))
    if (exclusion := report["exclusion"])["queries"]:
        text = f"{exclusion['clean@10']:.3f} of {exclusion['queries']:,} exclusions: nothing unwanted in the top 10"
        screen.print(label(text))
    if (order := report["order"])["queries"]:
        text = f"{order['steps@1']:.3f} of {order['queries']:,} ordered queries: every step of the first moment correct"
        screen.print(label(f"{text}; {order['kept']:.3f}: no moment out of order"))
    latency = report["latency_seconds"]
    screen.print(label(f"a search takes {latency['p50'] * 1000:.0f} ms (p50), {latency['p95'] * 1000:.0f} ms (p95)"))
