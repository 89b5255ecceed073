"""Validation of a query: checked and normalized once, before any model or index sees it. Pure."""

import unicodedata
from typing import Any

from indexer.errors import QueryError

MAX_QUERY_CHARACTERS = 1000
"""A text model reads about 256 to 512 tokens and CLIP 77; more than this is a pasted document, not a query."""


def check_query(query: Any) -> str:
    """The query as one line: composed (NFC), every run of white space one space, nothing at the ends.

    Raises:
        QueryError: not text, empty, without a visible character, overlong, or with characters that are not text;
            the message names the reason and what to do.
    """
    if not isinstance(query, str):
        raise QueryError(f"a query must be text, got {type(query).__name__}; decode it first")
    if len(query) > MAX_QUERY_CHARACTERS:
        raise QueryError(
            f"the query has {len(query):,} characters; at most {MAX_QUERY_CHARACTERS:,} are allowed, so keep"
            " the one or two sentences that matter"
        )
    for place, sign in enumerate(query):
        if reason := _refused(sign):
            raise QueryError(f"the query holds {reason} (U+{ord(sign):04X} at {place}); use plain text")
    tidy = " ".join(unicodedata.normalize("NFC", query).split())
    if not any(unicodedata.category(sign)[0] not in "CZ" for sign in tidy):
        raise QueryError("the query is empty; describe in a few words what to look for")
    return tidy


def _refused(sign: str) -> str:
    if sign.isspace():
        return ""
    if sign == "\ufffd":
        return "a replacement character, so it was decoded from other bytes than text"
    match unicodedata.category(sign):
        case "Cc":
            return "a control character"
        case "Cs":
            return "half of a surrogate pair"
        case "Cn" if ord(sign) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(sign) <= 0xFDEF:
            return "a code point that is no character"
        case _:
            return ""
