"""Options that only the command line has, by command. Pure; imports nothing heavy."""

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from api.export.formats import FORMATS, TUNING, TranscriptFormat
from api.options import EXPORT, EXPORT_FORMAT, EXPORT_TITLE, HANDLES, SERVE, TRANSCRIPT
from indexer.config import SETTINGS
from indexer.options import Option
from search.options import ASK, LIMIT, POINTS, SEARCH, VIDEO

JSON: Option[bool] = Option("as_json", bool, default=False, flag="--json", help="Print JSON to standard output.")

PRUNE: Option[bool] = Option("prune", bool, default=False, help="Remove videos under PATH whose files no longer exist.")
RETRY_FAILED: Option[bool] = Option(
    "retry_failed", bool, default=False, help="Retry what failed before, even if nothing has changed since."
)
ENGINE: Option[str] = Option(
    "engine",
    str,
    default="local",
    choices=("local", "ray"),
    help="Who does the work: this process, or workers of Ray on one or many machines.",
)
ADDRESS: Option[str] = Option(
    "address",
    str,
    default="",
    metavar="HOST:PORT",
    help="Ray cluster, of which this machine is a part.",
    default_text="Ray on this machine alone",
)
WORKER_CPUS: Option[int | None] = Option(
    "worker_cpus",
    int,
    default=None,
    low=1,
    high=1024,
    metavar="N",
    help="Cores of each of Ray's workers; a worker indexes one video at a time.",
    default_text="those of the smallest machine, at most 4",
)
WORKER_GPUS: Option[float | None] = Option(
    "worker_gpus",
    float,
    default=None,
    low=0.0,
    high=64.0,
    metavar="X",
    help="GPUs of each of Ray's workers, such as 0.5 for two on one.",
    default_text="1 where there is any",
)
ENGINES = (ENGINE, ADDRESS, WORKER_CPUS, WORKER_GPUS)
INDEX = (PRUNE, RETRY_FAILED, *ENGINES)

ONCE: Option[bool] = Option(
    "once", bool, default=False, help="Index the files that are complete, then exit; for scheduled runs."
)
WATCH_PRUNE: Option[bool] = Option(
    "prune", bool, default=False, help="Remove videos whose files are deleted while watching."
)
WATCH = (ONCE, WATCH_PRUNE)

FETCH_FROM: Option[Path | None] = Option(
    "folder",
    Path,
    default=None,
    flag="--from",
    metavar="FOLDER",
    help="Folder with a folder for each model, to copy them from in place of a download.",
)

THUMBNAILS: Option[bool | None] = Option(
    "thumbnails",
    bool,
    default=None,
    flag="--thumbnails/--no-thumbnails",
    help="Show thumbnails.",
    default_text="in a wide terminal with true colours",
)
STREAM: Option[bool] = Option(
    "stream", bool, default=False, help="Print the answer as it is generated, even into a pipe; with --json, as events."
)
CLIP_FOLDER: Option[str | None] = Option(
    "clips",
    str,
    default=None,
    metavar="FOLDER",
    help="Folder for exported clips.",
    default_text="`Reelseek` in your folder of videos",
)
PINPOINT_VIDEO: Option[str] = Option(
    "video",
    str,
    default="",
    metavar="VIDEO",
    is_required=True,
    help="The video: its name, path, id, or the first digits of its id.",
)
PINPOINT_START: Option[float | None] = Option(
    "start",
    float,
    default=None,
    metavar="TIME",
    is_required=True,
    help="Approximate start of the moment: seconds, 12:34 or 1:02:03.5.",
)
PINPOINT_STOP: Option[float | None] = Option(
    "stop", float, default=None, metavar="TIME", is_required=True, help="Approximate end of the moment, likewise."
)
PINPOINT = (PINPOINT_VIDEO, PINPOINT_START, PINPOINT_STOP)

LOCATE_AT: Option[str] = Option(
    "at",
    str,
    default="",
    metavar="TIME",
    is_required=True,
    help="Time of the frame: seconds, 12:34 or 1:02:03.5.",
)
STILL: Option[Any] = Option(
    "still", Path, default=None, metavar="FILE", help="Save the frame with the boxes drawn on it, as PNG."
)
REPLACE_STILL: Option[bool] = Option("force", bool, default=False, help="Overwrite the file if it exists.")
LOCATE = (PINPOINT_VIDEO, LOCATE_AT, POINTS, STILL, REPLACE_STILL)

CHAPTER_FORMAT: Option[str] = Option(
    "format", str, default="text", choices=("text", "json", "webvtt"), help="Output format."
)
CHAPTER_FILE: Option[str | None] = Option(
    "out", str, default=None, metavar="FILE", help="File to write.", default_text="standard output"
)
REPLACE_FILE: Option[bool] = Option("force", bool, default=False, help="Overwrite the file if it exists.")
TITLES: Option[str] = Option(
    "titles",
    str,
    default="words",
    choices=("words", "model"),
    help="Take titles from the words in the video, or let the vision-language model write them.",
)
DESCRIBE = (CHAPTER_FORMAT, CHAPTER_FILE, REPLACE_FILE, TITLES)

TRANSCRIPT_FORMAT: Option[TranscriptFormat] = Option(
    "format", str, default="text", choices=get_args(TranscriptFormat), help="Output format."
)
TRANSCRIPT_FILES = (TRANSCRIPT_FORMAT, *TRANSCRIPT, CHAPTER_FILE, REPLACE_FILE)

FORMAT_OR_ENDING = replace(EXPORT_FORMAT, choices=(*FORMATS, TUNING), default_text="from the extension of --out")
EXPORT_OUT: Option[str | None] = Option(
    "out",
    str,
    default=None,
    metavar="PATH",
    help="File to write, or a folder for clips and formats that write several files.",
    default_text="standard output, for text",
)
SOURCE: Option[str | None] = Option(
    "source",
    str,
    default=None,
    flag="--from",
    metavar="FILE",
    help="Export the moments in the JSON output of `search` or `ask`; - reads standard input.",
)
EXPORT_VIDEO = replace(VIDEO, help="Search only this video; without QUERY, export all of it or --start to --stop.")
START: Option[float | None] = Option(
    "start", float, default=None, metavar="TIME", help="Start of the span: seconds, 12:34 or 1:02:03.5."
)
STOP: Option[float | None] = Option("stop", float, default=None, metavar="TIME", help="End of the span, likewise.")
COLLECTION: Option[str | None] = Option(
    "collection", str, default=None, metavar="NAME", help="Export the moments of this collection, with their handles."
)
ORDER: Option[str] = Option(
    "order", str, default="best", choices=("best", "time"), help="Order of the moments: best first, or by time."
)
WEAK: Option[bool] = Option(
    "weak", bool, default=False, help="Also export weaker matches, below the relevance threshold."
)
TITLE_OR_QUERY = replace(EXPORT_TITLE, default_text="the query")
REPLACE_FILES: Option[bool] = Option("force", bool, default=False, help="Overwrite files that exist.")
EXPORT_FILES = (
    FORMAT_OR_ENDING,
    EXPORT_OUT,
    SOURCE,
    COLLECTION,
    EXPORT_VIDEO,
    START,
    STOP,
    ORDER,
    WEAK,
    TITLE_OR_QUERY,
    REPLACE_FILES,
)

COLLECTED_VIDEO = replace(PINPOINT_VIDEO, is_required=False, default=None)
COLLECTION_SOURCE = replace(
    SOURCE, help="Add the moments in the JSON output of `search` or `ask`; - reads standard input."
)
MOMENT_HANDLES = replace(
    HANDLES, default=None, flag="--handles", help="Extra time before and after the moment, in seconds."
)
COLLECTIONS = (COLLECTED_VIDEO, COLLECTION_SOURCE, MOMENT_HANDLES)

SORT: Option[str] = Option(
    "sort", str, default="path", choices=("path", "name", "duration", "size", "created"), help="Sort order."
)
FAILED: Option[bool] = Option(
    "failed", bool, default=False, help="List only videos that failed, completely or in part."
)
WITH_TAGS: Option[tuple[str, ...]] = Option(
    "tags",
    str,
    default=(),
    flag="--tag",
    metavar="TAG",
    is_list=True,
    help="List only videos that have all of these tags.",
)
VIDEOS = (SORT, FAILED, WITH_TAGS)

ADD_TAGS: Option[tuple[str, ...]] = Option(
    "add", str, default=(), short="-a", metavar="TAG", is_list=True, help="Add this tag."
)
REMOVE_TAGS: Option[tuple[str, ...]] = Option(
    "remove", str, default=(), short="-r", metavar="TAG", is_list=True, help="Remove this tag."
)
CLEAR_TAGS: Option[bool] = Option("clear", bool, default=False, help="Remove all tags first.")
LIST_TAGS: Option[bool] = Option(
    "list_all", bool, default=False, flag="--list", help="List all tags, each with its number of videos."
)
TAG = (ADD_TAGS, REMOVE_TAGS, CLEAR_TAGS, LIST_TAGS)

YES: Option[bool] = Option("yes", bool, default=False, help="Do not ask for confirmation.")
REMOVE = (YES,)

TRUTH: Option[Any] = Option(
    "truth", Path, default=None, metavar="FILE", is_required=True, help="Ground truth, one JSON object per line."
)
PREDICTIONS: Option[Any] = Option(
    "predictions", Path, default=None, metavar="FILE", help="Score these predictions instead of searching a library."
)
EVALUATE_LIMIT = replace(LIMIT, default=100)
EVALUATE = (TRUTH, PREDICTIONS, EVALUATE_LIMIT)

MAKE_OUT: Option[Any] = Option(
    "out", Path, default=None, metavar="FOLDER", is_required=True, help="Folder to write the videos to."
)
MAKE_MINUTES: Option[float] = Option(
    "minutes", float, default=10.0, metavar="N", help="Total length of the videos, in minutes."
)
MAKE_SEED: Option[int] = Option(
    "seed", int, default=0, metavar="N", help="Random seed; the same seed draws the same videos."
)
VIDEO_MINUTES: Option[float] = Option(
    "video_minutes", float, default=5.0, metavar="N", help="Approximate length of each video, in minutes."
)
DEMO_MAKE = (MAKE_OUT, MAKE_MINUTES, MAKE_SEED, VIDEO_MINUTES)

RUN_OUT: Option[Path] = Option(
    "out", Path, default=Path("out/demo"), metavar="FOLDER", help="Folder for the videos and the library."
)
RUN_MINUTES = replace(MAKE_MINUTES, default=4.0)
RUN_SEED = replace(MAKE_SEED, default=1)
DEMO_RUN = (RUN_OUT, RUN_MINUTES, RUN_SEED)

CLI_OPTIONS: tuple[Option[Any], ...] = (
    *(*SETTINGS.values(), *SEARCH, *ASK, *EXPORT, *SERVE, JSON, *INDEX, *WATCH, THUMBNAILS, STREAM, *PINPOINT, *LOCATE),
    *(*DESCRIBE, *TRANSCRIPT_FILES, *EXPORT_FILES, *COLLECTIONS, *VIDEOS, *TAG, *REMOVE, *EVALUATE),
    *(*DEMO_MAKE, *DEMO_RUN, CLIP_FOLDER, FETCH_FROM),
)
"""Every option of every command."""
