"""`reelseek search`: find moments."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.exit_codes import ExitCode
from api.cli.options import SEARCH_MODEL_OPTIONS, with_settings
from indexer.config import Settings
from search.signals import SIGNALS, Signal

if TYPE_CHECKING:
    from search.results import SearchResult


@click.command()
@click.argument("query", required=False)
@click.option(
    "--image",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Find what it shows; QUERY says what differs.",
)
@click.option("--like", metavar="VIDEO@TIME", help="Find more like this moment; QUERY says what differs.")
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
@click.option("--plain", is_flag=True, help="Take QUERY as it stands: marks, `then` and `not` are only words.")
@click.option(
    "--per-video",
    metavar="N",
    type=click.IntRange(0),
    help="Show N moments of one video at most; 0 for any number.  [5; any number with --video]",
)
@click.option(
    "--fold/--no-fold", default=True, show_default=True, help="Fold near-duplicates into the best of them, or show all."
)
@click.option("--expand", metavar="RANK", type=click.IntRange(1), help="Show what is folded into this moment.")
@click.option(
    "--thumbnails/--no-thumbnails",
    default=None,
    help="Show pictures.  [in a wide terminal with true colours]",
)
@click.option("--explain", is_flag=True, help="Say which signals were counted for this query, and why.")
@with_settings(*SEARCH_MODEL_OPTIONS, "relevance_threshold")
def search(
    query: str | None,
    *,
    image: Path | None,
    like: str | None,
    video: str | None,
    limit: int,
    offset: int,
    signals: tuple[Signal, ...],
    per_video: int | None,
    fold: bool,
    expand: int | None,
    plain: bool,
    thumbnails: bool | None,
    explain: bool,
    settings: Settings,
    as_json: bool,
) -> ExitCode:
    """Find moments: what is seen, said, or written.

    QUERY is plain words in any language that the models know, and more: -WORD or `without` leaves out,
    `A then B` is one moment of both, "quoted words" are said or written so, looks: said: text: caption: name where to
    look, video: folder: tag: date: duration: at: filter. See docs/queries.md.

    \b
    Examples:
      reelseek search "a red car in the snow"
      reelseek search "beach -people"                          also: beach without people, beach not at night
      reelseek search "a red car then a bus within 30s"        one moment with both, in this order
      reelseek search 'said:"thank you" looks:sunset'          both at once
      reelseek search 'text:exit folder:2023 at:..10m'         on the screen, in the first ten minutes
      reelseek search "how to bake bread" --signal subtitle    only what is said, by meaning
      reelseek search "invoice 2024" --signal screen_text_words
      reelseek search "goal" --video final.mp4 --limit 3
      reelseek search "goal" --offset 10                       the next page
      reelseek search "goal" --expand 3                        what is folded into the third moment
      reelseek search --image still.jpg                        the moment that a picture is from, or looks like
      reelseek search --image still.jpg "but at night"
      reelseek search --like final.mp4@12:34                   more like this; also @754.2 or @12:34-12:40
      reelseek search "goal" --json | jq .moments[0]
      reelseek search "goal" --relevance-threshold 0.8         be stricter about what counts as found

    In a pipe each moment is one line: rank, start, stop, score, signals, path and text, set apart by tabs.
    Returns 1 when nothing is found; the closest moments are then offered as such.
    """
    if query is None and image is None and like is None:
        raise click.UsageError("Missing argument 'QUERY'; or name --image or --like")
    query = query or ""
    from search.engine import SearchEngine

    engine = SearchEngine.open(Path(settings.library), settings=settings)
    result = engine.search(
        query,
        image=image,
        like=like,
        video=video,
        limit=limit,
        offset=offset,
        signals=signals or None,
        per_video=per_video,
        fold=fold,
        expand=expand,
        plain=plain,
    )
    if as_json:
        click.echo(json.dumps({**result.to_json(), **(result.explained() if explain else {})}))
    else:
        _print(result, asked_for(query, image, like), offset, thumbnails)
        if explain:
            _print_explained(result)
    return ExitCode.OK if result.found else ExitCode.NOTHING_FOUND


def asked_for(query: str, image: Path | None, like: str | None) -> str:
    """What was looked for, for people; empty for words alone, which the result repeats."""
    example = f"what {image.name} shows" if image else f"more like {like}" if like else ""
    return f"{example}, {query}" if example and query else example


def _print_explained(result: "SearchResult") -> None:
    from api.cli.output.moments import signal_weight_lines
    from api.cli.terminal import console

    for line in signal_weight_lines(result.signal_weights):
        console().print(line)
    if result.reranked_segments:
        console().print(f"the texts of {result.reranked_segments} segments were read again, beside the query")


def _print(result: "SearchResult", example: str, offset: int, thumbnails: bool | None) -> None:
    from api.cli.output.moments import moment_line, print_result
    from api.cli.output.thumbnails import can_show
    from api.cli.terminal import console, is_terminal

    if not is_terminal() and not thumbnails:
        for rank, moment in enumerate(result.moments, start=offset + 1):
            click.echo(moment_line(rank, moment))
        return
    screen = console(colours=bool(thumbnails))
    pictures = can_show(screen) if thumbnails is None else thumbnails
    print_result(screen, result, offset=offset, thumbnails=pictures, example=example)
