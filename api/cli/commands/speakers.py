"""`reelseek speakers`: who speaks in the library, and what they are called."""

import json

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import with_settings
from indexer.config import Settings
from indexer.library_place import library_place


@click.group()
def speakers() -> None:
    """List, rename, merge and split speakers.

    A name applies to every video; `speaker:NAME` in a search finds what that person says. Voices never leave this
    machine.

    \b
    Examples:
      reelseek speakers list
      reelseek speakers rename "Speaker 1" Anna
      reelseek speakers split Anna talk.mp4
      reelseek search "speaker:anna budget"
    """


@speakers.command("list")
@with_settings()
def list_speakers(*, settings: Settings, as_json: bool) -> ExitCode:
    """List the speakers, with their speaking time and number of videos.

    \b
    Examples:
      reelseek speakers list
      reelseek speakers list --json | jq -r '.speakers[].name'

    Returns 1 if there are no speakers.
    """
    from api.formatting import count_text, duration_text
    from api.safe_text import safe_text
    from indexer.speech.speakers import speakers_of
    from indexer.store.library import Library

    with Library.open(library_place(settings.library)) as library:
        found = speakers_of(library.videos())
    if as_json:
        shown = [{"name": one.name, "seconds": round(one.seconds, 1), "videos": one.videos} for one in found]
        click.echo(json.dumps({"speakers": shown}))
    elif not found:
        click.echo("No speakers yet. Recognize them with `reelseek index --speakers PATH`.")
    for one in () if as_json else found:
        click.echo(f"{duration_text(one.seconds):>14}  {count_text(one.videos, 'video'):>10}  {safe_text(one.name)}")
    return ExitCode.OK if found else ExitCode.NOTHING_FOUND


@speakers.command()
@click.argument("name")
@click.argument("new_name")
@with_settings()
def rename(name: str, new_name: str, *, settings: Settings, as_json: bool) -> ExitCode:
    """Rename the speaker NAME in every video; the name of another speaker merges the two.

    \b
    Examples:
      reelseek speakers rename "Speaker 1" Anna
      reelseek speakers rename "Speaker 4" Anna        merge: both are the same person
    """
    from api.formatting import count_text
    from api.safe_text import safe_text
    from indexer.store.change_speakers import rename_speaker

    count = rename_speaker(library_place(settings.library), name, new_name)
    if as_json:
        click.echo(json.dumps({"name": " ".join(new_name.split()), "videos": count}))
    else:
        click.echo(
            f"Renamed {safe_text(name)} to {safe_text(' '.join(new_name.split()))} in {count_text(count, 'video')}."
        )
    return ExitCode.OK


@speakers.command()
@click.argument("name")
@click.argument("video")
@with_settings()
def split(name: str, video: str, *, settings: Settings, as_json: bool) -> ExitCode:
    """Give the voice of NAME in one VIDEO a new name, where it is another person.

    \b
    Examples:
      reelseek speakers split Anna talk.mp4
    """
    from api.safe_text import safe_text
    from indexer.store.change_speakers import split_speaker

    new_name = split_speaker(library_place(settings.library), name, video)
    if as_json:
        click.echo(json.dumps({"name": new_name, "video": video}))
    else:
        click.echo(f"Renamed {safe_text(name)} to {new_name} in {safe_text(video)}.")
    return ExitCode.OK
