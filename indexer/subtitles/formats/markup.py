"""XML and HTML as subtitle files hold them: a text in, its tags and texts out, however broken.

Entities are not expanded beyond single characters, so that a small file stays small.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

_PART = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<[!?][^<>]*>"
    r"|<(?P<end>/?)(?P<name>[A-Za-z_][\w:.-]{0,60})(?P<attributes>(?:[^<>\"']|\"[^\"<>]*\"|'[^'<>]*')*)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([A-Za-z_][\w:.-]{0,60})\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)'|([^\s\"'<>/]+))")


@dataclass(frozen=True, slots=True)
class Part:
    """A tag, or the text between two."""

    kind: Literal["start", "end", "text"]
    name: str = ""
    """Of a tag: in lower case, without its namespace."""
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    """Their names likewise."""
    is_empty: bool = False
    """A start tag that ends itself: `<br/>`."""
    text: str = ""


def parts_of(text: str) -> Iterator[Part]:
    """The tags and texts in order; comments and declarations are left out."""
    end = 0
    for found in _PART.finditer(text):
        if found.start() > end:
            yield Part("text", text=html.unescape(text[end : found.start()]))
        end = found.end()
        if (cdata := found["cdata"]) is not None:
            yield Part("text", text=cdata)
        elif (name := found["name"]) is not None:
            if found["end"]:
                yield Part("end", _plain(name))
            else:
                given = found["attributes"]
                attributes = {
                    _plain(key): html.unescape(next(value for value in values if value is not None))
                    for key, *values in (one.groups() for one in _ATTRIBUTE.finditer(given))
                }
                yield Part("start", _plain(name), attributes, given.rstrip().endswith("/"))
    if end < len(text):
        yield Part("text", text=html.unescape(text[end:]))


def _plain(name: str) -> str:
    return name.rpartition(":")[2].casefold()
