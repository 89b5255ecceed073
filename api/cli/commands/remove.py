"""`reelseek remove`: remove videos from the library."""

import json
import sys
from typing import TYPE_CHECKING

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import flag, with_settings
from api.cli.options import YES
from indexer.config import Settings
from indexer.library_place import library_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.records import Video


@click.command()
@click.argument("names", metavar="VIDEO...", nargs=-1, required=True)
@flag(YES)
@with_settings()
def remove(names: tuple[str, ...], *, yes: bool, settings: Settings, as_json: bool) -> ExitCode:
    """Remove videos from the library.

    Each VIDEO is a name, a path, an id, or the first digits of an id. The video files themselves are not touched;
    the next `reelseek index` of their folder adds them again. In a terminal, the command asks for confirmation.

    \b
    Examples:
      reelseek remove lecture.mp4
      reelseek remove 3f9a 77c2 --yes
    """
    from indexer.store.library import Library

    place = library_place(settings.library)
    with Library.open(place) as library:
        maker = library.maker
        found = {video.video_id: video for video in map(library.find_video, names)}
    chosen = list(found.values())
    if not yes and not as_json:
        _confirm(chosen)
    with Library.open_writer(place, maker=maker) as library:
        library.remove_videos(list(found))
    if as_json:
        from api.cli.output.video_json import video_json

        click.echo(json.dumps({"removed": [video_json(video) for video in chosen]}))
    else:
        from api.formatting import count_text

        click.echo(f"removed {count_text(len(chosen), 'video')}")
    return ExitCode.OK


def _confirm(chosen: "Sequence[Video]") -> None:
    """Asks for confirmation in a terminal. A script continues without, since nobody could answer."""
    from api.cli.terminal import is_terminal
    from api.safe_text import safe_text

    if not (is_terminal() and sys.stdin.isatty()):
        return
    for video in chosen:
        click.echo(f"{video.video_id[:8]}  {safe_text(video.path)}")
    click.confirm("Remove these videos from the library?", abort=True)
