"""Printing of places in a picture: a line each, edges in percent of the picture."""

from typing import TYPE_CHECKING

import click

from api.formatting import time_code
from api.safe_text import one_line

if TYPE_CHECKING:
    from search.locating.located import Located


def print_places(located: "Located") -> None:
    """Prints the boxes or points, or that there are none."""
    for box in located.boxes:
        edges = f"left {box.left:.1%}  top {box.top:.1%}  right {box.right:.1%}  bottom {box.bottom:.1%}"
        click.echo(f"{edges}  {one_line(box.label)}".rstrip())
    for point in located.points:
        click.echo(f"x {point.x:.1%}  y {point.y:.1%}  {one_line(point.label)}".rstrip())
    if not located.found:
        click.echo(f"Not seen at {time_code(located.at_seconds)}.")
    for warning in located.warnings:
        click.echo(f"warning: {one_line(warning)}", err=True)
