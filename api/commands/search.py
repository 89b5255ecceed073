"""`reelseek search`: find moments."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.exit_codes import ExitCode
from api.options import with_settings
from indexer.config import Settings

if TYPE_CHECKING:
    from search.results import SearchResult, Signal

SIGNALS = (
    "picture",
    "subtitle",
    "subtitle_words",
    "speech",
    "speech_words",
    "screen_text",
    "screen_text_words",
    "caption",
    "caption_words",
    "metadata_words",
)
"""As `search.results.SIGNALS`, which is too heavy to import for `--help`; a test holds that they are equal."""


@click.command()
@click.argument("query")
@click.option("--video", metavar="VIDEO", help="Only in this video: its name, path, id, or the id's first digits.")
@click.option("--limit", metavar="N", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many.")
@click.option("--offset", metavar="N", type=click.IntRange(0), default=0, help="Leave out the first N: the next page.")
@click.option(
    "--signal",
    "signals",
    multiple=True,
    type=click.Choice(SIGNALS),
    help="Search only by this; may be given several times.  [all that the library has]",
)
@click.option(
    "--thumbnails/--no-thumbnails",
    default=None,
    help="Show pictures.  [in a wide terminal with true colours]",
)
@with_settings("device", "clip_model", "text_model")
def search(
    query: str,
    *,
    video: str | None,
    limit: int,
    offset: int,
    signals: "tuple[Signal, ...]",
    thumbnails: bool | None,
    settings: Settings,
    as_json: bool,
) -> ExitCode:
    """Find moments: what is seen, said, or written.

    QUERY is plain words in any language that the models know.

    \b
    Examples:
      reelseek search "a red car in the snow"
      reelseek search "how to bake bread" --signal subtitle    only what is said, by meaning
      reelseek search "invoice 2024" --signal screen_text_words
      reelseek search "goal" --video final.mp4 --limit 3
      reelseek search "goal" --offset 10                       the next page
      reelseek search "goal" --json | jq .moments[0]

    In a pipe each moment is one line: rank, start, stop, score, signals, path and text, set apart by tabs.
    Returns 1 when nothing is found.
    """
    from search.engine import SearchEngine

    engine = SearchEngine.open(Path(settings.library), settings=settings)
    result = engine.search(query, video=video, limit=limit, offset=offset, signals=signals or None)
    if as_json:
        click.echo(json.dumps(result.to_json()))
    else:
        _print(result, offset, thumbnails)
    return ExitCode.OK if result.found else ExitCode.NOTHING_FOUND


def _print(result: "SearchResult", offset: int, thumbnails: bool | None) -> None:
    from api.moments_view import moment_line, print_result
    from api.terminal import console, is_terminal
    from api.thumbnails import can_show

    if not is_terminal() and not thumbnails:
        for rank, moment in enumerate(result.moments, start=offset + 1):
            click.echo(moment_line(rank, moment))
        return
    screen = console(colours=bool(thumbnails))
    print_result(screen, result, offset=offset, thumbnails=can_show(screen) if thumbnails is None else thumbnails)
