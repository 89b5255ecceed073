"""`reelseek demo run`: generate videos, index, search and ask, and print what was found beside the truth."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import flag
from api.cli.options import JSON, RUN_MINUTES, RUN_OUT, RUN_SEED
from indexer.config import SETTINGS, Settings

if TYPE_CHECKING:
    from api.cli.demo.ask_checks import AskedCheck
    from api.cli.demo.search_checks import Check, Times

ENOUGH = 0.7
"""Share of the searches whose first moment must be right."""


@click.command()
@flag(RUN_OUT)
@flag(RUN_MINUTES)
@flag(RUN_SEED)
@flag(SETTINGS["device"])
@flag(JSON)
def run(*, out: Path, minutes: float, seed: int, device: str, as_json: bool) -> ExitCode:
    """Generate videos, index them, search and ask, and compare with the truth.

    Returns 1 if too few searches are right; answers are shown but not judged. The `demo` models know nothing but
    these generated videos.

    \b
    Examples:
      reelseek demo run
      reelseek demo run --out out/demo --minutes 10 --seed 42
    """
    from api.cli.demo.ask_checks import ask_and_compare
    from api.cli.demo.search_checks import draw_and_index, search_and_compare

    folder = out / f"seed-{seed}"
    settings = Settings(library=str(folder / "library"), models="demo", device=device)
    times = draw_and_index(folder / "videos", minutes=minutes, seed=seed, settings=settings, quiet=as_json)
    if times.interrupted:
        return ExitCode.INTERRUPTED
    checks = search_and_compare(folder / "videos" / "truth.jsonl", settings=settings)
    asked = ask_and_compare(folder / "videos" / "questions.jsonl", settings=settings)
    judged = [check for check in checks if check.counts]
    right = sum(check.right for check in judged)
    good = bool(judged) and right >= ENOUGH * len(judged)
    if as_json:
        counts = {"ok": good, "right": right, "judged": len(judged)}
        shown = {"searches": [one.to_json() for one in checks], "questions": [one.to_json() for one in asked]}
        click.echo(json.dumps({**counts, **shown, **times.to_json()}))
    else:
        _print(checks, asked, times, settings, good=good)
    return ExitCode.OK if good else ExitCode.NOTHING_FOUND


def _print(checks: "list[Check]", asked: "list[AskedCheck]", times: "Times", settings: Settings, *, good: bool) -> None:
    import shlex
    from statistics import median

    from api.cli.demo.ask_checks import asked_table, asked_verdict
    from api.cli.demo.tables import checks_table, verdict
    from api.cli.terminal import console, label
    from api.formatting import duration_text

    screen = console()
    if not checks:
        screen.print(label("There is no scene to search for; give more --minutes.", "bold red"))
        return
    screen.print(checks_table(checks))
    screen.print()
    screen.print(label(verdict(checks), "bold green" if good else "bold red"))
    if asked:
        screen.print()
        screen.print(asked_table(asked))
        screen.print()
        screen.print(label(asked_verdict(asked), "bold"))
    spans = (
        f"Generated {duration_text(times.video_seconds)} of video in {duration_text(times.draw_seconds)}",
        f"indexed it in {duration_text(times.index_seconds)}",
        f"a search takes {1000 * median(check.seconds for check in checks):.0f} ms",
    )
    screen.print(label(f"{', '.join(spans)}."))
    shown = next((check for check in checks if check.right), checks[0])
    example = f"reelseek search {shlex.quote(shown.query)} --library {shlex.quote(settings.library)}"
    screen.print(label(f"Try: {example}"), soft_wrap=True)
