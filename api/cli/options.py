"""Options that only the command line has, by command; `JSON` is every command's.

As `search.options`: each described once. Pure; imports nothing heavy.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from api.options import EXPORT, EXPORT_FORMAT, EXPORT_TITLE, SERVE
from indexer.config import SETTINGS
from indexer.options import Option
from search.options import ASK, LIMIT, SEARCH, VIDEO

JSON: Option[bool] = Option("as_json", bool, default=False, flag="--json", help="Print JSON on standard output.")

PRUNE: Option[bool] = Option("prune", bool, default=False, help="Drop videos under PATH that are gone from the disk.")
RETRY_FAILED: Option[bool] = Option(
    "retry_failed", bool, default=False, help="Try again what failed before, though nothing changed since."
)
INDEX = (PRUNE, RETRY_FAILED)

ONCE: Option[bool] = Option("once", bool, default=False, help="Index what is complete, and end; for a timer.")
WATCH_PRUNE: Option[bool] = Option(
    "prune", bool, default=False, help="Drop videos whose files are removed while it watches."
)
WATCH = (ONCE, WATCH_PRUNE)

THUMBNAILS: Option[bool | None] = Option(
    "thumbnails",
    bool,
    default=None,
    flag="--thumbnails/--no-thumbnails",
    help="Show pictures.",
    default_text="in a wide terminal with true colours",
)
STREAM: Option[bool] = Option(
    "stream", bool, default=False, help="Print the answer word by word also into a pipe; with --json, as events."
)
PINPOINT_VIDEO: Option[str] = Option(
    "video",
    str,
    default="",
    metavar="VIDEO",
    is_required=True,
    help="The video: its name, path, id, or the id's first digits.",
)
PINPOINT_START: Option[float | None] = Option(
    "start", float, default=None, metavar="SECONDS", is_required=True, help="About where the moment starts."
)
PINPOINT_STOP: Option[float | None] = Option(
    "stop", float, default=None, metavar="SECONDS", is_required=True, help="About where it stops."
)
PINPOINT = (PINPOINT_VIDEO, PINPOINT_START, PINPOINT_STOP)

CHAPTER_FORMAT: Option[str] = Option(
    "format", str, default="text", choices=("text", "json", "webvtt"), help="How to write it."
)
CHAPTER_FILE: Option[str | None] = Option(
    "out", str, default=None, metavar="FILE", help="Write a file.", default_text="standard output"
)
REPLACE_FILE: Option[bool] = Option("force", bool, default=False, help="Replace the file.")
TITLES: Option[str] = Option(
    "titles",
    str,
    default="words",
    choices=("words", "model"),
    help="From the words of the video, or written by the vision-language model.",
)
DESCRIBE = (CHAPTER_FORMAT, CHAPTER_FILE, REPLACE_FILE, TITLES)

FORMAT_OR_ENDING = replace(EXPORT_FORMAT, default_text="by the ending of --out")
EXPORT_OUT: Option[str | None] = Option(
    "out",
    str,
    default=None,
    metavar="PATH",
    help="A file; a folder for clips, and where a format makes several files.",
    default_text="standard output, for text",
)
SOURCE: Option[str | None] = Option(
    "source",
    str,
    default=None,
    flag="--from",
    metavar="FILE",
    help="Moments that `search --json` or `ask --json` printed; - reads standard input.",
)
EXPORT_VIDEO = replace(VIDEO, help="Only of this video; without QUERY all of it, or --start to --stop.")
START: Option[float | None] = Option("start", float, default=None, metavar="SECONDS", help="Where the span begins.")
STOP: Option[float | None] = Option("stop", float, default=None, metavar="SECONDS", help="Where it ends.")
ORDER: Option[str] = Option("order", str, default="best", choices=("best", "time"), help="Which is first.")
TITLE_OR_QUERY = replace(EXPORT_TITLE, default_text="the query")
REPLACE_FILES: Option[bool] = Option("force", bool, default=False, help="Replace what is there.")
EXPORT_FILES = (
    FORMAT_OR_ENDING,
    EXPORT_OUT,
    SOURCE,
    EXPORT_VIDEO,
    START,
    STOP,
    ORDER,
    TITLE_OR_QUERY,
    REPLACE_FILES,
)

SORT: Option[str] = Option(
    "sort", str, default="path", choices=("path", "name", "duration", "size", "created"), help="Order."
)
FAILED: Option[bool] = Option("failed", bool, default=False, help="Only videos that could not be indexed.")
WITH_TAGS: Option[tuple[str, ...]] = Option(
    "tags",
    str,
    default=(),
    flag="--tag",
    metavar="TAG",
    is_list=True,
    help="Only videos that have this tag, or all of several.",
)
VIDEOS = (SORT, FAILED, WITH_TAGS)

ADD_TAGS: Option[tuple[str, ...]] = Option(
    "add", str, default=(), short="-a", metavar="TAG", is_list=True, help="Give them this tag."
)
REMOVE_TAGS: Option[tuple[str, ...]] = Option(
    "remove", str, default=(), short="-r", metavar="TAG", is_list=True, help="Take this tag away."
)
CLEAR_TAGS: Option[bool] = Option("clear", bool, default=False, help="Take all tags away, before --add.")
LIST_TAGS: Option[bool] = Option(
    "list_all", bool, default=False, flag="--list", help="Show which tags there are, and of how many videos."
)
TAG = (ADD_TAGS, REMOVE_TAGS, CLEAR_TAGS, LIST_TAGS)

YES: Option[bool] = Option("yes", bool, default=False, help="Do not ask.")
REMOVE = (YES,)

TRUTH: Option[Any] = Option(
    "truth", Path, default=None, metavar="FILE", is_required=True, help="What is right, one JSON object a line."
)
PREDICTIONS: Option[Any] = Option(
    "predictions", Path, default=None, metavar="FILE", help="Score these instead of searching a library."
)
EVALUATE_LIMIT = replace(LIMIT, default=100)
EVALUATE = (TRUTH, PREDICTIONS, EVALUATE_LIMIT)

MAKE_OUT: Option[Any] = Option(
    "out", Path, default=None, metavar="FOLDER", is_required=True, help="Folder to write to."
)
MAKE_MINUTES: Option[float] = Option(
    "minutes", float, default=10.0, metavar="N", help="Playing time of all videos together."
)
MAKE_SEED: Option[int] = Option("seed", int, default=0, metavar="N", help="The same seed gives the same world.")
VIDEO_MINUTES: Option[float] = Option(
    "video_minutes", float, default=5.0, metavar="N", help="About how long each video is."
)
DEMO_MAKE = (MAKE_OUT, MAKE_MINUTES, MAKE_SEED, VIDEO_MINUTES)

RUN_OUT: Option[Path] = Option(
    "out", Path, default=Path("out/demo"), metavar="FOLDER", help="Folder for the videos and the library."
)
RUN_MINUTES = replace(MAKE_MINUTES, default=4.0)
RUN_SEED = replace(MAKE_SEED, default=1)
DEMO_RUN = (RUN_OUT, RUN_MINUTES, RUN_SEED)

CLI_OPTIONS: tuple[Option[Any], ...] = (
    *(*SETTINGS.values(), *SEARCH, *ASK, *EXPORT, *SERVE, JSON, *INDEX, *WATCH, THUMBNAILS, STREAM, *PINPOINT),
    *(*DESCRIBE, *EXPORT_FILES, *VIDEOS, *TAG, *REMOVE, *EVALUATE, *DEMO_MAKE, *DEMO_RUN),
)
"""All that any command may take."""
