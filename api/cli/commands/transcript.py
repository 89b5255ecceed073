"""`reelseek transcript`: what is said in a video, to read or as a subtitle file."""

import json
from pathlib import Path

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import flag, with_settings
from api.cli.options import CHAPTER_FILE, REPLACE_FILE, TRANSCRIPT_FORMAT
from api.export.formats import TranscriptFormat, TranscriptSource
from api.options import TRANSCRIPT_LANGUAGE, TRANSCRIPT_SOURCE
from indexer.config import Settings
from indexer.library_place import library_place


@click.command()
@click.argument("video")
@flag(TRANSCRIPT_FORMAT, dest="kind")
@flag(TRANSCRIPT_SOURCE)
@flag(TRANSCRIPT_LANGUAGE)
@flag(CHAPTER_FILE)
@flag(REPLACE_FILE)
@with_settings()
def transcript(
    video: str,
    *,
    kind: TranscriptFormat,
    source: TranscriptSource | None,
    language: str | None,
    out: str | None,
    force: bool,
    settings: Settings,
    as_json: bool,
) -> ExitCode:
    """Show the transcript of a video, or save it as subtitles.

    VIDEO is a name, a path, an id, or the first digits of an id. Corrections made on the page are included.
    --json adds the time of each word of recognized speech.

    \b
    Examples:
      reelseek transcript talk.mp4
      reelseek transcript talk.mp4 --format srt --out talk.srt
      reelseek transcript talk.mp4 --source speech --language en
      reelseek transcript talk.mp4 --json | jq -r '.lines[].text'

    Returns 1 if the video has no transcript.
    """
    from api.export.output_files import write_data
    from api.export.transcript import render_transcript, transcript_of
    from indexer.store.library import Library

    with Library.open(library_place(settings.library)) as library:
        found = transcript_of(library, library.find_video(video), source=source, language=language)
    text = json.dumps(found.to_json()) + "\n" if as_json else render_transcript(found, kind)
    if out is not None:
        write_data(Path(out), text.encode("utf-8", "replace"), force=force)
    elif text:
        click.echo(text, nl=False)
    if found.lines:
        return ExitCode.OK
    click.echo(f"No transcript for {found.video.path}. `reelseek status` shows which signals are available.", err=True)
    return ExitCode.NOTHING_FOUND
