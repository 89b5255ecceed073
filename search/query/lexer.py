"""Lexer of the query language: words, quotes, `field:` terms, each perhaps behind a minus. No grammar here. Pure."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from indexer.errors import QuerySyntaxError
from search.query.plan import FIELDS, FILTERS

QUOTES = {
    '"': '"',
    "\u201c": "\u201d\u201c",
    "\u201e": "\u201c\u201d",
    "\u00ab": "\u00bb",
    "\u300c": "\u300d",
    "\u300e": "\u300f",
}
"""Opening quote -> the quotes that close it."""
MINUS = "-\u2212"
ORDER = ">>"
_NAME = re.compile(r"([^\W\d]+):", re.ASCII)
_ALIKE = 0.75
"""Similarity (difflib's ratio) from which an unknown `name:` before a quote is taken for a misspelling."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a query."""

    text: str
    """Without marks."""
    start: int
    """In characters of the query, from 0, marks included."""
    stop: int
    field: str = ""
    """Name before the colon, folded; empty for none."""
    quoted: bool = False
    excluded: bool = False
    is_order: bool = False
    """It is `>>`."""

    @property
    def is_word(self) -> bool:
        """An ordinary word."""
        return not (self.field or self.quoted or self.excluded or self.is_order)


def tokenize(query: str) -> list[Token]:
    """The tokens of a tidied query, in order.

    A minus counts at the start of a token where a letter, a quote or a `field:` follows directly: not in `red-haired`,
    ` - ` or `-5`. A quote opens at the start of a token, so not in `12" disc`. A `field:` needs a known name and its
    value directly behind it.

    Raises:
        QuerySyntaxError: a quote that is not closed or empty, a minus or a `field:` that nothing follows, or a
            `field:` whose name is misspelt.
    """
    tokens: list[Token] = []
    place = 0
    while place < len(query):
        if query[place] == " ":
            place += 1
            continue
        token = _token(query, place)
        tokens.append(token)
        place = token.stop
    return tokens


def _token(query: str, start: int) -> Token:
    place = start
    excluded = query[place] in MINUS and _begins(query, place + 1)
    if query[place] in MINUS and start + 1 == len(query) and start > 0:
        raise QuerySyntaxError("type something after the minus", query, start, start + 1, "beach -people")
    if excluded:
        place += 1
    field = _field(query, place)
    if field:
        place += len(field) + 1
        if place == len(query):
            raise QuerySyntaxError(f"type something after {field}:", query, start, place, f'{field}:"..."')
    if query[place] in QUOTES:
        text, stop = _quoted(query, place)
        return Token(text, start, stop, field.casefold(), quoted=True, excluded=excluded)
    stop = query.find(" ", place)
    stop = len(query) if stop < 0 else stop
    text = query[place:stop]
    if excluded or field:
        text = text.rstrip(",;")
    return Token(text, start, stop, field.casefold(), excluded=excluded, is_order=text == ORDER and not field)


def _begins(query: str, place: int) -> bool:
    if place >= len(query):
        return False
    return query[place].isalpha() or query[place] in QUOTES


def _field(query: str, place: int) -> str:
    """The known name before a colon with its value behind it, as it is written; empty for none."""
    match = _NAME.match(query, place)
    if not match:
        return ""
    name, stop = match[1], match.end()
    if name.casefold() in FIELDS or name.casefold() in FILTERS:
        return "" if stop < len(query) and query[stop] == " " else name
    if stop < len(query) and query[stop] in QUOTES:
        meant = get_close_matches(name.casefold(), [*FIELDS, *FILTERS], n=1, cutoff=_ALIKE)
        if meant:
            raise QuerySyntaxError(
                f"there is no {name}: to search in; {meant[0]}: is like it", query, place, stop, f'{meant[0]}:"..."'
            )
    return ""


def _quoted(query: str, start: int) -> tuple[str, int]:
    """The text between quotes, and the place after the closing one."""
    closing = QUOTES[query[start]]
    stop = next((place for place in range(start + 1, len(query)) if query[place] in closing), -1)
    if stop < 0:
        raise QuerySyntaxError("this quote is not closed", query, start, len(query), 'a sign that says "exit"')
    text = query[start + 1 : stop].strip()
    if not any(sign.isalnum() for sign in text):
        raise QuerySyntaxError("there are no words between these quotes", query, start, stop + 1, '"exit"')
    return text, stop + 1
