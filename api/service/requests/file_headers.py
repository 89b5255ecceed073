"""Headers of served files: names, types, how long they may be cached."""

import mimetypes
import re
import unicodedata
from urllib.parse import quote

CACHE_A_DAY = "private, max-age=86400"
"""A video's id is derived from its content, so files made from the video never change."""
_UNSAFE = re.compile(r"[^A-Za-z0-9 ._()+,=@~-]")


def content_disposition(name: str, *, kind: str) -> str:
    """Content-Disposition of RFC 6266, with an ASCII name for old clients; neither name contains a path."""
    written = name.encode("utf-8", "replace").decode()
    clean = "".join(sign for sign in written if unicodedata.category(sign)[0] != "C")
    clean = clean.replace("/", "_").replace("\\", "_").strip(". ")[:150] or "video"
    folded = unicodedata.normalize("NFKD", clean).encode("ascii", "ignore").decode()
    plain = _UNSAFE.sub("_", folded).strip()
    plain = f"video{plain}" if not plain or plain.startswith(".") else plain
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"


def type_by_name(name: str) -> str:
    """The media type by file name; never one that a browser would execute."""
    kind = mimetypes.guess_type(name)[0] or ""
    return kind if kind.startswith(("video/", "audio/")) else "application/octet-stream"


def file_name_time(seconds: float) -> str:
    """A time in a file's name, as `1.02.03`."""
    whole = int(seconds)
    hours = f"{whole // 3600}." if whole >= 3600 else ""
    return f"{hours}{whole // 60 % 60:02d}.{whole % 60:02d}"
