"""How collections look in a terminal and as JSON."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from indexer.store.collections.records import CollectedMoment, Collection


def show_collection(collection: "Collection", *, as_json: bool) -> None:
    """Print a collection with its moments, numbered from 1."""
    from api.formatting import count_text
    from api.safe_text import safe_text
    from indexer.store.collections.records import collection_to_json

    if as_json:
        click.echo(json.dumps(collection_to_json(collection)))
        return
    click.echo(f"{safe_text(collection.name)}: {count_text(len(collection.moments), 'moment')}")
    for number, moment in enumerate(collection.moments, 1):
        click.echo(safe_text(_line(number, moment)))
        for note in moment.notes:
            click.echo(safe_text(f"       {_time(note.time_seconds)}  {' '.join(note.text.split())}"))


def _line(number: int, moment: "CollectedMoment") -> str:
    span = f"{_time(moment.span.start_seconds)} to {_time(moment.span.stop_seconds)}"
    handles = f", handles of {moment.handle_seconds:g} s" if moment.handle_seconds else ""
    said = f"  {' '.join(moment.text.split())[:80]}" if moment.text.strip() else ""
    return f"{number:>4}  {Path(moment.video).name}  {span}{handles}{said}"


def _time(seconds: float) -> str:
    from api.formatting import time_code

    return time_code(seconds)
