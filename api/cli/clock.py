"""Times on the command line, as the commands print them."""

import math

import click


def time_in_video(value: str) -> float:
    """A click type: the seconds of a time within a video, written as 62.5, 12:34 or 1:02:03.5.

    Raises:
        click.BadParameter: it is not such a time, or is below 0.
    """
    from search.query.durations import clock_seconds

    seconds = clock_seconds(value)
    if seconds is None:
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
    if not seconds >= 0:
        raise click.BadParameter(f"{value!r} is not a time; write it as 62.5, 12:34 or 1:02:03.5")
    return seconds
