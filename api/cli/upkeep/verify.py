"""`reelseek verify`: check the library for damage."""

import json
from pathlib import Path

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import with_settings
from indexer.config import Settings


@click.command()
@with_settings()
def verify(*, settings: Settings, as_json: bool) -> ExitCode:
    """Check the library for damage.

    Reads every file of the library and compares it with what was written, then looks for duplicates, gaps, orphans,
    wrong dimensions and missing videos. Returns 1 if there are problems; `reelseek repair` mends those of the library.

    \b
    Examples:
      reelseek verify
      reelseek verify --json | jq .problems
    """
    from dataclasses import asdict

    from indexer.upkeep.verify import verify_library

    place = Path(settings.library)
    problems = verify_library(place)
    if as_json:
        shown = [asdict(problem) for problem in problems]
        click.echo(json.dumps({"library": str(place.absolute()), "ok": not problems, "problems": shown}))
    else:
        from api.formatting import count_text
        from api.safe_text import safe_text

        for problem in problems:
            about = f"{problem.video_id[:8]} " if problem.video_id else ""
            click.echo(safe_text(f"{problem.kind}: {about}{problem.detail}"))
        if any(problem.is_damage for problem in problems):
            click.echo("Repair the library with `reelseek repair`.")
        click.echo(f"{count_text(len(problems), 'problem')} found" if problems else "The library is sound.")
    return ExitCode.NOTHING_FOUND if problems else ExitCode.OK
