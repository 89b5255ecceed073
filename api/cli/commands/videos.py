"""`reelseek videos`: list the videos in the library."""

import json
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import flag, with_settings
from api.cli.options import FAILED, SORT, WITH_TAGS
from indexer.config import Settings
from indexer.library_place import library_place

if TYPE_CHECKING:
    from indexer.records import Video

SORT_KEYS: dict[str, "Callable[[Video], Any]"] = {
    "path": lambda video: video.path,
    "name": lambda video: PurePath(video.path).name.casefold(),
    "duration": lambda video: -video.duration_seconds,
    "size": lambda video: -video.size_bytes,
    "created": lambda video: video.created,
}


@click.command()
@click.argument("words", nargs=-1)
@flag(SORT)
@flag(FAILED)
@flag(WITH_TAGS)
@with_settings()
def videos(
    words: tuple[str, ...], *, sort: str, failed: bool, tags: tuple[str, ...], settings: Settings, as_json: bool
) -> ExitCode:
    """List the videos in the library.

    With WORDS, list only videos whose path contains every word.

    \b
    Examples:
      reelseek videos
      reelseek videos lecture 2024 --sort duration
      reelseek videos --tag holiday --sort created
      reelseek videos --failed
      reelseek videos --json | jq -r '.videos[].video'
    """
    from indexer.store.library import Library
    from search.query.filters import Filters

    filters = Filters(tags=tags)
    with Library.open(library_place(settings.library)) as library:
        found = [video for video in library.videos() if filters.matches(video)]
    chosen = [video for video in found if _is_listed(video, words, failed)]
    chosen.sort(key=SORT_KEYS[sort])
    if as_json:
        from api.cli.output.video_json import video_json

        click.echo(json.dumps({"videos": [video_json(video) for video in chosen]}))
    else:
        _print(chosen)
    return ExitCode.OK


def _is_listed(video: "Video", words: Sequence[str], failed: bool) -> bool:
    from indexer.words.folding import fold_name

    path = fold_name(video.path)
    return (bool(video.failures) or not failed) and all(fold_name(word) in path for word in words)


def _failed_stages(video: "Video") -> list[str]:
    return [f"failed:{stage}" for stage in sorted(video.stage_failures)]


def _print(chosen: "Sequence[Video]") -> None:
    from api.cli.terminal import console, is_terminal, label
    from api.formatting import count_text, duration_text, time_code
    from api.safe_text import safe_text

    if not is_terminal():
        for video in chosen:
            state = video.failure_kind or ",".join([*sorted(video.made_stages), *_failed_stages(video)])
            click.echo(f"{video.video_id}\t{time_code(video.duration_seconds)}\t{state}\t{safe_text(video.path)}")
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("id", "length", "created", "ready", "path"):
        wraps = name in ("ready", "path")
        table.add_column(name, justify="right" if name == "length" else "left", no_wrap=not wraps, overflow="fold")
    for video in chosen:
        length = time_code(video.duration_seconds) if not video.failure_kind else ""
        stages = ", ".join(stage.replace("_", " ") for stage in sorted(video.made_stages))
        state = label(f"failed: {video.failure_kind}", "red") if video.failure_kind else label(stages)
        if video.stage_failures:
            state.append(f"  {', '.join(_failed_stages(video)).replace('_', ' ')}", style="red")
        created = label(f"{video.created:%Y-%m-%d}", "" if video.created_source == "container" else "dim")
        path = label(video.path)
        if video.tags:
            path.append(f"  {safe_text(', '.join(video.tags))}", style="cyan")
        table.add_row(label(video.video_id[:8], "dim"), length, created, state, path)
    screen = console()
    screen.print(table)
    total = sum(video.duration_seconds for video in chosen)
    screen.print(label(f"{count_text(len(chosen), 'video')}, {duration_text(total)}", "dim"))
