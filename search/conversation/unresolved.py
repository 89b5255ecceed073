"""References that nothing said before settles: "the other one", "anything else", "why". Pure.

They are told to the person, since a guess would answer another question than was asked.
"""

import re

MOST_WORDS = 8
"""A longer question says enough to be asked as it is."""
_PLACES = "first|second|third|fourth|fifth|last|next|previous|other|former|latter"
_AMONG_SEVERAL = re.compile(
    rf"\b(?:the (?:{_PLACES}) ones?|another one|the others)\b(?! of\b)|\b(?:the (?:other|former|latter)|another)$", re.I
)
_SHOW = r"(?:(?:what|how) about |(?:(?:can|could) you )?(?:show|find|give|tell) (?:me )?)?"
_NOTHING_NAMED = re.compile(
    rf"^{_SHOW}(?:(?:any|some)(?:thing|one|body|where) else|elsewhere|(?:who|what|where) else|the rest|(?:some )?more|"
    r"(?:the|that|this) one|them|which ones?|how many(?: (?:are|were) there)?|why(?: not)?|how (?:so|come))$",
    re.I,
)


def unresolved_reference(words: str) -> str:
    """The words that mean something which was not named; empty where there are none.

    Args:
        words: of a question, without those that open it, as "and", or that name a part of the library.
    """
    if len(words.split()) > MOST_WORDS:
        return ""
    if found := _AMONG_SEVERAL.search(words):
        return found[0]
    return words if _NOTHING_NAMED.match(words) else ""
