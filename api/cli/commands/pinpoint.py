"""`reelseek pinpoint`: refine the bounds of a moment."""

import json

import click

from api.cli.clock import time_in_video
from api.cli.exit_codes import ExitCode
from api.cli.flags import SEARCH_MODEL_SETTINGS, VISION_LANGUAGE_SETTINGS, flag, with_settings
from api.cli.options import PINPOINT_START, PINPOINT_STOP, PINPOINT_VIDEO
from indexer.config import Settings
from indexer.library_place import library_place


@click.command()
@click.argument("query")
@flag(PINPOINT_VIDEO)
@flag(PINPOINT_START, kind=time_in_video)
@flag(PINPOINT_STOP, kind=time_in_video)
@with_settings(*SEARCH_MODEL_SETTINGS, *VISION_LANGUAGE_SETTINGS)
def pinpoint(query: str, *, video: str, start: float, stop: float, settings: Settings, as_json: bool) -> ExitCode:
    """Refine the start and end of a moment.

    A vision-language model looks at two frames per second around both ends, and finds where the moment really
    begins and ends.

    \b
    Examples:
      reelseek pinpoint "a red car" --video trip.mp4 --start 62 --stop 70
      reelseek pinpoint "the goal" --video final.mp4 --start 3601 --stop 3610 --json

    Returns 1 if the model does not see it there; the bounds are then unchanged.
    """
    from api.formatting import time_code
    from indexer.errors import QueryError
    from indexer.records import TimeSpan
    from search.answering.asker import Asker

    if not 0 <= start < stop:
        raise QueryError(f"--start {start:g} must be before --stop {stop:g}, and neither may be negative")
    with Asker.open(library_place(settings.library), settings=settings) as asker:
        refined = asker.pinpoint(query, video=video, span=TimeSpan(start, stop))
    if as_json:
        click.echo(json.dumps(refined.to_json()))
    else:
        span = refined.span
        note = "" if refined.seen else "  not seen there; unchanged"
        click.echo(f"{time_code(span.start_seconds)} - {time_code(span.stop_seconds)}{note}")
    return ExitCode.OK if refined.seen else ExitCode.NOTHING_FOUND
