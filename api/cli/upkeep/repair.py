"""`reelseek repair`: repair a damaged library."""

import json

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import with_settings
from indexer.config import Settings
from indexer.library_place import library_place


@click.command()
@with_settings()
def repair(*, settings: Settings, as_json: bool) -> ExitCode:
    """Repair a damaged library.

    Keeps everything that can be read, rebuilds the search indexes, and lists the videos that lost data: index their
    folders again. Tags, corrections and speaker names are never lost: each is stored twice. An undamaged library is
    not changed, and your video files are never touched. Returns 1 if problems are left.

    \b
    Examples:
      reelseek verify                        find the problems
      reelseek repair
      reelseek repair --json | jq -r '.to_index[]'
    """
    from dataclasses import asdict

    from indexer.upkeep.repair import repair_library

    place = library_place(settings.library)
    report = repair_library(place, on_step=lambda action: None if as_json else _say(action))
    if as_json:
        shown = {
            "library": str(place),
            "ok": not report.left,
            "found": [asdict(problem) for problem in report.found],
            "actions": report.actions,
            "to_index": [video.path for video in report.to_index],
            "left": [asdict(problem) for problem in report.left],
        }
        click.echo(json.dumps(shown))
        return ExitCode.NOTHING_FOUND if report.left else ExitCode.OK
    if not report.actions:
        _say("Nothing to repair.")
    if report.to_index:
        _say("Index these videos again:")
        for video in report.to_index:
            _say(f"  {video.path}")
    for problem in report.left:
        _say(f"not repaired: {problem.kind}: {problem.detail}")
    return ExitCode.NOTHING_FOUND if report.left else ExitCode.OK


def _say(text: str) -> None:
    from api.safe_text import safe_text

    click.echo(safe_text(text))
