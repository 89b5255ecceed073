"""`reelseek tag`: tags that people give to videos."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import flag, with_settings
from api.cli.options import ADD_TAGS, CLEAR_TAGS, LIST_TAGS, REMOVE_TAGS
from indexer.config import Settings
from indexer.errors import NotInLibraryError, UsageError
from indexer.library_place import library_place

if TYPE_CHECKING:
    from indexer.records import Video
    from indexer.store.library import Library


@click.command()
@click.argument("names", metavar="VIDEO...", nargs=-1)
@flag(ADD_TAGS)
@flag(REMOVE_TAGS)
@flag(CLEAR_TAGS)
@flag(LIST_TAGS)
@with_settings()
def tag(
    names: tuple[str, ...],
    *,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    clear: bool,
    list_all: bool,
    settings: Settings,
    as_json: bool,
) -> ExitCode:
    """Add, remove and show tags of videos.

    Each VIDEO is a name, a path, an id, the first digits of an id, or a folder, which stands for all indexed videos
    in it. Without --add, --remove and --clear, the tags are shown. A tag is one or more words; case is preserved
    but ignored when comparing. Tags are searched along with file names, and stay when a video is moved, renamed or
    indexed again.

    \b
    Examples:
      reelseek tag beach.mp4 --add holiday --add "summer 2023"
      reelseek tag ~/Videos/Paris --add paris       every video in the folder
      reelseek tag beach.mp4 3f9a --remove holiday
      reelseek tag beach.mp4                        show its tags
      reelseek tag --list
      reelseek videos --tag holiday
    """
    if list_all == bool(names) or (list_all and (add or remove or clear)):
        raise UsageError("no videos given; name videos to tag, or use --list alone (examples: `reelseek tag --help`)")
    from indexer.store.change_tags import change_tags
    from indexer.store.library import Library

    place = library_place(settings.library)
    with Library.open(place) as library:
        if list_all:
            return _show_all(library.videos(), as_json)
        chosen = _chosen(library, names)
    if add or remove or clear:
        chosen = change_tags(place, [video.video_id for video in chosen], add=add, remove=remove, clear=clear)
    _show(chosen, as_json)
    return ExitCode.OK


def _chosen(library: "Library", names: Sequence[str]) -> "list[Video]":
    """The videos that the names stand for, without duplicates.

    Raises:
        NotInLibraryError: a name matches no video or several, or a folder contains none.
    """
    found: dict[str, Video] = {}
    for name in names:
        folder = Path(name).expanduser()
        if folder.is_dir():
            meant = [one for one in library.videos() if any(_is_under(path, folder) for path in one.paths)]
            if not meant:
                raise NotInLibraryError(f"no video in {name} is in the library; index the folder first")
        else:
            meant = [library.find_video(name)]
        found |= {video.video_id: video for video in meant}
    return list(found.values())


def _is_under(path: str, folder: Path) -> bool:
    return Path(path).is_relative_to(os.path.abspath(folder))  # noqa: PTH100 - must not resolve links


def _show(chosen: "Sequence[Video]", as_json: bool) -> None:
    from api.safe_text import safe_text

    if as_json:
        shown = [{"video": one.path, "video_id": one.video_id, "tags": list(one.tags)} for one in chosen]
        click.echo(json.dumps({"videos": shown}))
        return
    for video in chosen:
        click.echo(f"{safe_text(video.path)}: {safe_text(', '.join(video.tags)) or 'no tags'}")


def _show_all(videos: "Sequence[Video]", as_json: bool) -> ExitCode:
    from api.safe_text import safe_text
    from indexer.store.tags import count_tags

    counts = count_tags(video.tags for video in videos)
    if as_json:
        click.echo(json.dumps({"tags": [{"tag": name, "videos": count} for name, count in counts.items()]}))
    elif not counts:
        click.echo("No tags yet. Add one with `reelseek tag VIDEO --add TAG`.")
    else:
        width = max(len(f"{count:,}") for count in counts.values())
        for name, count in counts.items():
            click.echo(f"{count:>{width},}  {safe_text(name)}")
    return ExitCode.OK
