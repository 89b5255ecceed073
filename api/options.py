"""Options that the command line and the service share: those of an export, and of the service itself.

Those of a search are in `search.options`. Pure; imports nothing heavy.
"""

from pathlib import Path
from typing import get_args

from api.export.formats import FORMATS, Format, TranscriptSource
from indexer.options import Option

EXPORT_FORMAT: Option[Format | None] = Option("format", str, default=None, choices=FORMATS, help="Format to write.")
HANDLES: Option[float] = Option(
    "handle_seconds",
    float,
    default=0.0,
    low=0,
    high=60,
    flag="--handles",
    metavar="SECONDS",
    help="Extra time before and after each moment, in seconds.",
)
RATE: Option[str | None] = Option(
    "rate",
    str,
    default=None,
    max_length=20,
    metavar="RATE",
    help="Frame rate of the timeline, such as 25, 29.97 or 30000/1001; an EDL then has this rate for all files.",
    default_text="the most common rate",
)
DROP_FRAME: Option[bool | None] = Option(
    "drop_frame",
    bool,
    default=None,
    flag="--drop-frame/--non-drop-frame",
    help="How to count time code at 29.97 and 59.94 in files without it.",
    default_text="drop-frame",
)
EXPORT_TITLE: Option[str | None] = Option(
    "title", str, default=None, max_length=1000, help="Title of the timeline.", examples=("red cars",)
)
EXPORT = (EXPORT_FORMAT, HANDLES, RATE, DROP_FRAME, EXPORT_TITLE)

TRANSCRIPT_SOURCE: Option[TranscriptSource | None] = Option(
    "source",
    str,
    default=None,
    choices=get_args(TranscriptSource),
    help="Recognized speech, or subtitles.",
    default_text="subtitles if there are any, otherwise speech",
)
TRANSCRIPT_LANGUAGE: Option[str | None] = Option(
    "language",
    str,
    default=None,
    max_length=64,
    metavar="LANGUAGE",
    help="Language of the lines, such as de.",
    default_text="the language with the most lines",
)
TRANSCRIPT = (TRANSCRIPT_SOURCE, TRANSCRIPT_LANGUAGE)

HOST: Option[str] = Option("host", str, default="127.0.0.1", metavar="ADDRESS", help="Address to listen on.")
PORT: Option[int] = Option(
    "port", int, default=8765, low=0, high=65535, metavar="N", help="Port to listen on; 0 picks a free one."
)
ROOTS: Option[tuple[Path, ...]] = Option(
    "roots",
    Path,
    default=(),
    flag="--root",
    metavar="DIR",
    is_list=True,
    help="Folder whose files may be indexed by path.",
    default_text="none",
)
CORS_ORIGINS: Option[tuple[str, ...]] = Option(
    "cors_origins",
    str,
    default=(),
    flag="--cors-origin",
    metavar="ORIGIN",
    is_list=True,
    help="Origin whose pages may call the service, such as https://example.org.",
    default_text="none",
)
ALLOWED_HOSTS: Option[tuple[str, ...]] = Option(
    "allowed_hosts",
    str,
    default=(),
    flag="--allowed-host",
    metavar="NAME",
    is_list=True,
    help="Additional host name that requests may use, for example behind a reverse proxy.",
    default_text="none",
)
REQUIRE_KEY: Option[bool] = Option("require_key", bool, default=False, help="Also require an API key on this machine.")
MAX_UPLOAD: Option[int] = Option(
    "max_upload_mib",
    int,
    default=20 << 10,
    low=1,
    high=10 << 20,
    flag="--max-upload",
    metavar="MIB",
    help="Maximum upload size, in MiB.",
)
LOG_LEVEL: Option[str] = Option(
    "log_level", str, default="info", choices=("debug", "info", "warning"), help="Lowest level to log."
)
SERVE = (HOST, PORT, ROOTS, CORS_ORIGINS, ALLOWED_HOSTS, REQUIRE_KEY, MAX_UPLOAD, LOG_LEVEL)
