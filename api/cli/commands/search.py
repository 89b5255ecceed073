"""`reelseek search`: find moments."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import SEARCH_MODEL_SETTINGS, VISION_LANGUAGE_SETTINGS, flag, with_settings
from api.cli.options import THUMBNAILS
from api.cli.service_client import search_by_service
from indexer.config import Settings
from indexer.library_place import library_place
from search.options import (
    EXPAND,
    EXPLAIN,
    FOLD,
    IMAGE,
    LIKE,
    LIMIT,
    OFFSET,
    PER_VIDEO,
    PLAIN,
    SCOPE,
    SECOND_LOOK,
    SIGNALS_ONLY,
    SORT,
    VIDEO,
    SortName,
)
from search.signals import Signal

if TYPE_CHECKING:
    from search.results import SearchResult


@click.command()
@click.argument("query", required=False)
@flag(IMAGE, kind=click.Path(path_type=Path))
@flag(LIKE)
@flag(VIDEO)
@flag(SCOPE)
@flag(LIMIT)
@flag(OFFSET)
@flag(SIGNALS_ONLY)
@flag(PLAIN)
@flag(PER_VIDEO)
@flag(FOLD)
@flag(SORT)
@flag(EXPAND)
@flag(THUMBNAILS)
@flag(EXPLAIN)
@flag(SECOND_LOOK)
@with_settings(*SEARCH_MODEL_SETTINGS, *VISION_LANGUAGE_SETTINGS, "relevance_threshold")
def search(
    query: str | None,
    *,
    image: Path | None,
    like: str | None,
    video: str | None,
    scope: str | None,
    limit: int,
    offset: int,
    signals: tuple[Signal, ...],
    per_video: int | None,
    fold: bool,
    sort: SortName,
    expand: int | None,
    plain: bool,
    thumbnails: bool | None,
    explain: bool,
    second_look: int,
    settings: Settings,
    as_json: bool,
) -> ExitCode:
    """Find moments by what is seen, said or written.

    QUERY is plain words in any language the models know. It can also be more precise: -WORD or `without` excludes,
    `A then B` finds one moment with both, "quoted words" match a phrase, looks: said: text: caption: choose where
    to look, and video: folder: tag: date: duration: at: filter. See docs/queries.md.

    \b
    Examples:
      reelseek search "a red car in the snow"
      reelseek search "beach -people"                          also: beach without people, beach not at night
      reelseek search "a red car then a bus within 30s"        both in one moment, in this order
      reelseek search 'said:"thank you" looks:sunset'          both at once
      reelseek search 'text:exit folder:2023 at:..10m'         on screen, in the first ten minutes
      reelseek search "how to bake bread" --signal subtitle    only what is said, by meaning
      reelseek search "invoice 2024" --signal screen_text_words
      reelseek search "goal" --video final.mp4 --limit 3
      reelseek search "goal" --scope "tag:cup date:2023"       only in these videos; also folder: duration: at: speaker:
      reelseek search "goal" --offset 10                       the next page
      reelseek search "goal" --expand 3                        the moments folded into the third
      reelseek search --image still.jpg                        the moment an image comes from or resembles
      reelseek search --image still.jpg "but at night"
      reelseek search --like final.mp4@12:34                   more like this; also @754.2 or @12:34-12:40
      reelseek search "goal" --second-look 5                   have the vision-language model check the five best
      reelseek search "goal" --json | jq .moments[0]
      reelseek search "goal" --relevance-threshold 0.8         be stricter about what counts as found

    In a pipe, each moment is one tab-separated line: rank, start, stop, score, signals, path and text. Returns 1 if
    nothing is found, and shows the closest moments instead.
    """
    if query is None and image is None and like is None:
        raise click.UsageError("nothing to search for; give a QUERY, --image FILE or --like VIDEO@TIME")
    query = query or ""
    asked: dict[str, Any] = {"image": image, "like": like, "video": video, "scope": scope, "signals": signals}
    asked |= {"limit": limit, "offset": offset, "per_video": per_video, "fold": fold, "expand": expand, "plain": plain}
    asked |= {"sort": sort}
    result = search_by_service(settings, query, **asked) or _search_alone(settings, query, asked)
    if second_look:
        result = _second_look(settings, result, most=second_look)
    if as_json:
        click.echo(json.dumps({**result.to_json(), **(result.explained() if explain else {})}))
    else:
        _print(result, describe_request(query, image, like), offset, thumbnails, settings)
        if explain:
            _print_explained(result)
    return ExitCode.OK if result.found else ExitCode.NOTHING_FOUND


def _search_alone(settings: Settings, query: str, asked: dict[str, Any]) -> "SearchResult":
    from search.engine import SearchEngine

    engine = SearchEngine.open(library_place(settings.library), settings=settings)
    given: dict[str, Any] = {**asked, "signals": asked["signals"] or None}
    return engine.search(query, **given)


def _second_look(settings: Settings, result: "SearchResult", *, most: int) -> "SearchResult":
    from api.safe_text import one_line
    from search.answering.asker import Asker
    from search.second_look.second_look import take_second_look

    with Asker.open(library_place(settings.library), settings=settings) as asker:
        judged = take_second_look(asker.context, result, most=most)
    for warning in judged.warnings:
        click.echo(f"warning: {one_line(warning)}", err=True)
    return judged


def describe_request(query: str, image: Path | None, like: str | None) -> str:
    """What was searched for, in words; empty for a text query, which the result repeats."""
    example = f"what {image.name} shows" if image else f"more like {like}" if like else ""
    return f"{example}, {query}" if example and query else example


def _print_explained(result: "SearchResult") -> None:
    from api.cli.output.moments import signal_weight_lines
    from api.cli.terminal import console

    for line in signal_weight_lines(result.signal_weights):
        console().print(line)
    if result.reranked_segments:
        console().print(f"the texts of {result.reranked_segments} segments were reranked")


def _missing_pictures(settings: Settings) -> str:
    """That the library finds nothing by what is seen, and how to change it; empty where it does."""
    from indexer.store.library import Library

    with Library.open(library_place(settings.library)) as library:
        if library.maker.picture_model:
            return ""
    fetch = "`reelseek models fetch small`, then `reelseek index` again, adds them"
    return f"Only words were searched: this library has no pictures yet. {fetch}."


def _print(result: "SearchResult", example: str, offset: int, thumbnails: bool | None, settings: Settings) -> None:
    from api.cli.output.moments import moment_line, print_result
    from api.cli.output.thumbnails import can_show
    from api.cli.terminal import console, is_terminal

    if not is_terminal() and not thumbnails:
        for rank, moment in enumerate(result.moments, start=offset + 1):
            click.echo(moment_line(rank, moment))
        return
    screen = console(colours=bool(thumbnails))
    pictures = can_show(screen) if thumbnails is None else thumbnails
    hint = "" if result.moments else _missing_pictures(settings)
    print_result(screen, result, offset=offset, thumbnails=pictures, example=example, hint=hint)
