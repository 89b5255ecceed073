"""Formatting of times, durations, sizes and counts. Pure; imports nothing heavy."""

import time


def time_code(seconds: float) -> str:
    """Seconds as H:MM:SS.s, rounded to a tenth."""
    tenths = round(max(0.0, seconds) * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest // 10:02d}.{rest % 10}"


def duration_text(seconds: float) -> str:
    """A duration in its two largest units: `3 h 05 min`, `4 min 12 s`, `8.5 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


def size_text(size_bytes: float) -> str:
    """Bytes in the unit that gives a short number, as `3.4 GB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "bytes" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


def count_text(count: int, thing: str) -> str:
    """A number with its noun: `1 video`, `1,200 videos`."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def rfc3339(seconds: float) -> str:
    """A time in seconds since 1970 as RFC 3339, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def without_path(reason: str, path: str) -> str:
    """The reason of a failure without the path of its video, which most reasons start with."""
    return reason.removeprefix(path).lstrip(": ")
