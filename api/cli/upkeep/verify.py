"""`reelseek verify`: check the library for damage."""

import json

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import with_settings
from indexer.config import Settings
from indexer.library_place import library_place


@click.command()
@with_settings()
def verify(*, settings: Settings, as_json: bool) -> ExitCode:
    """Check the library for damage.

    Reads every file of the library and compares it with what was written, then looks for duplicates, gaps, orphans,
    wrong dimensions and missing videos. Returns 1 if there are problems; `reelseek repair` mends those of the library.
    What an interrupted run left is no problem: it is listed, and the next command that writes removes it.

    \b
    Examples:
      reelseek verify
      reelseek verify --json | jq .problems
    """
    from dataclasses import asdict

    from indexer.upkeep.verify import verify_library

    place = library_place(settings.library)
    found = verify_library(place)
    problems = [problem for problem in found if not problem.is_leftover]
    leftovers = [problem for problem in found if problem.is_leftover]
    if as_json:
        shown = {
            "library": str(place),
            "ok": not problems,
            "problems": [asdict(problem) for problem in problems],
            "leftovers": [asdict(problem) for problem in leftovers],
        }
        click.echo(json.dumps(shown))
    else:
        from api.formatting import count_text
        from api.safe_text import safe_text

        for problem in [*problems, *leftovers]:
            about = f"{problem.video_id[:8]} " if problem.video_id else ""
            kind = "left" if problem.is_leftover else problem.kind
            click.echo(safe_text(f"{kind}: {about}{problem.detail}"))
        if leftovers:
            click.echo(
                "These are leftovers of an interrupted or running command; the next command that writes, "
                "such as `reelseek repair`, removes them."
            )
        if any(problem.is_damage for problem in problems):
            click.echo("Repair the library with `reelseek repair`.")
        click.echo(f"{count_text(len(problems), 'problem')} found" if problems else "The library is sound.")
    return ExitCode.NOTHING_FOUND if problems else ExitCode.OK
