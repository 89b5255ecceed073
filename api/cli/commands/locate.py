"""`reelseek locate`: where something is in a picture of a video."""

import json
from pathlib import Path

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import BOX_SETTINGS, SEARCH_MODEL_SETTINGS, VISION_LANGUAGE_SETTINGS, flag, with_settings
from api.cli.options import LOCATE_AT, PINPOINT_VIDEO, REPLACE_STILL, STILL
from indexer.config import Settings
from indexer.library_place import library_place
from search.options import POINTS


@click.command()
@click.argument("query")
@flag(PINPOINT_VIDEO)
@flag(LOCATE_AT)
@flag(POINTS)
@flag(STILL)
@flag(REPLACE_STILL)
@with_settings(*SEARCH_MODEL_SETTINGS, *VISION_LANGUAGE_SETTINGS, *BOX_SETTINGS)
def locate(
    query: str,
    *,
    video: str,
    at: str,
    points: bool,
    still: Path | None,
    force: bool,
    settings: Settings,
    as_json: bool,
) -> ExitCode:
    """Find where something is in a frame.

    A vision-language model looks at the frame at the given time and draws a box around each match. The edges of a box
    are percentages of the frame's width and height.

    \b
    Examples:
      reelseek locate "the red car" --video trip.mp4 --at 12.5
      reelseek locate "the ball" --video final.mp4 --at 1:02:03 --still ball.png
      reelseek locate "faces" --video talk.mp4 --at 90 --points --json

    Returns 1 if the model does not see it there.
    """
    from api.cli.output.places import print_places
    from api.export.output_files import check_free, write_data
    from api.export.still import still_png
    from indexer.errors import ExportError, QueryError
    from search.answering.asker import Asker
    from search.locating.locate import locate as locate_in_picture
    from search.query.durations import clock_seconds

    seconds = clock_seconds(at)
    if seconds is None:
        raise QueryError(f"--at {at!r} is not a time; write it as 12.5, 12:34 or 1:02:03.5")
    if still is not None:
        if still.suffix.lower() != ".png":
            raise ExportError(f"{still} does not end in .png; stills are saved only as PNG, so name a .png file")
        check_free(still, force=force)
    with Asker.open(library_place(settings.library), settings=settings) as asker:
        located = locate_in_picture(
            asker.context, query, video=video, at_seconds=seconds, kind="points" if points else "boxes"
        )
    if still is not None:
        write_data(still, still_png(located), force=force)
    if as_json:
        click.echo(json.dumps(located.to_json()))
    else:
        print_places(located)
    return ExitCode.OK if located.found else ExitCode.NOTHING_FOUND
