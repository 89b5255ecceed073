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

    Finds duplicates, gaps, orphans, wrong dimensions and missing files. Returns 1 if there are problems. Indexing
    the same folders again repairs what an interrupted run left behind.

    \b
    Examples:
      reelseek verify
      reelseek verify --json | jq .problems
    """
    from dataclasses import asdict

    from indexer.store.library import Library

    place = Path(settings.library)
    with Library.open(place) as library:
        problems = library.audit()
    if as_json:
        shown = [asdict(problem) for problem in problems]
        click.echo(json.dumps({"library": str(place.absolute()), "ok": not problems, "problems": shown}))
    else:
        from api.formatting import count_text
        from api.safe_text import safe_text

        for problem in problems:
            about = f"{problem.video_id[:8]} " if problem.video_id else ""
            click.echo(safe_text(f"{problem.kind}: {about}{problem.detail}"))
        click.echo(f"{count_text(len(problems), 'problem')} found" if problems else "The library is sound.")
    return ExitCode.NOTHING_FOUND if problems else ExitCode.OK
