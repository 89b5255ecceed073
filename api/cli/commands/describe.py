"""`reelseek describe`: list the chapters of a video."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import VISION_LANGUAGE_SETTINGS, flag, with_settings
from api.cli.options import CHAPTER_FILE, CHAPTER_FORMAT, REPLACE_FILE, TITLES
from indexer.config import Settings
from indexer.library_place import library_place

if TYPE_CHECKING:
    from indexer.records import Video
    from search.chapters.chapters import VideoChapter


@click.command()
@click.argument("video")
@flag(CHAPTER_FORMAT, dest="kind")
@flag(CHAPTER_FILE)
@flag(REPLACE_FILE)
@flag(TITLES)
@with_settings("device", *VISION_LANGUAGE_SETTINGS)
def describe(
    video: str, *, kind: str, out: str | None, force: bool, titles: str, settings: Settings, as_json: bool
) -> ExitCode:
    """List the chapters of a video, with titles and times.

    VIDEO is a name, a path, an id, or the first digits of an id. Chapters in the file itself are used if there are
    any. Otherwise, neighbouring segments that look alike and are about the same topic are combined, and titled from
    speech, on-screen text and captions.

    \b
    Examples:
      reelseek describe lecture.mp4
      reelseek describe lecture.mp4 --format webvtt --out lecture.vtt
      reelseek describe lecture.mp4 --json | jq -r '.chapters[].title'
      reelseek describe lecture.mp4 --titles model

    Returns 1 if the video has no chapters and no indexed segments.
    """
    from api.export.output_files import write_data

    found, chapters = _chapters(video, settings, by_model=titles == "model", quiet=as_json)
    kind = "json" if as_json else kind
    text = _text(found, chapters, kind)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_data(Path(out), text.encode("utf-8", "replace"), force=force)
    return ExitCode.OK if chapters else ExitCode.NOTHING_FOUND


def _chapters(name: str, settings: Settings, *, by_model: bool, quiet: bool) -> "tuple[Video, list[VideoChapter]]":
    from api.cli.terminal import percent_bar
    from indexer.store.library import Library
    from search.answering.asker import Asker
    from search.chapters.chapters import chapters_of, chapters_titled_by_model

    if not by_model:
        with Library.open(library_place(settings.library)) as library:
            video = library.find_video(name)
            return video, chapters_of(library, video)
    with (
        Asker.open(library_place(settings.library), settings=settings) as asker,
        percent_bar("writing titles", quiet=quiet) as show,
    ):
        video = asker.engine.library.find_video(name)
        return video, chapters_titled_by_model(asker.engine.library, video, asker.model, on_progress=show)


def _text(video: "Video", chapters: "list[VideoChapter]", kind: str) -> str:
    from api.chapter_formats import chapters_text, chapters_vtt

    match kind:
        case "json":
            value = {
                "video": video.path,
                "video_id": video.video_id,
                "duration_seconds": round(video.duration_seconds, 3),
                "chapters": [chapter.to_json() for chapter in chapters],
            }
            return json.dumps(value) + "\n"
        case "webvtt":
            return chapters_vtt((chapter.span, chapter.title) for chapter in chapters)
        case _:
            return chapters_text(chapters)
