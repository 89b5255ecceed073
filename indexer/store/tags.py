"""A person's own tags: what may be one, and when two are the same. Pure.

Leaves out where they are kept: `Video.tags`, in the library's table of videos.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable

from indexer.errors import UsageError

MAX_TAG_CHARACTERS = 64
MAX_TAGS = 100
"""Of one video."""
_SEPARATORS = ',"'
"""They part and quote tags in addresses and queries."""


def check_tag(raw: str) -> str:
    """The tag as it is kept: composed, on one line, no blanks at its ends. Its case is kept, see `tag_key`.

    Raises:
        UsageError: empty, longer than `MAX_TAG_CHARACTERS`, or with a comma, a quote or a character that hides.
    """
    tag = " ".join(unicodedata.normalize("NFC", raw).split())
    if not any(sign.isalnum() for sign in tag):
        raise UsageError(f"{raw!r} is no tag; write a word or a few, as beach or summer 2023")
    if len(tag) > MAX_TAG_CHARACTERS:
        raise UsageError(f"a tag of {len(tag)} characters is too long; at most {MAX_TAG_CHARACTERS} are kept")
    for sign in tag:
        if sign in _SEPARATORS or unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn"}:
            raise UsageError(f"a tag may not hold {sign!r}, as {raw!r} does; write words, blanks and hyphens")
    return tag


def tag_key(tag: str) -> str:
    """Two tags with the same key are the same: `Beach` and `beach`."""
    return " ".join(unicodedata.normalize("NFC", tag).casefold().split())


def changed_tags(tags: Iterable[str], *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> tuple[str, ...]:
    """The tags with some added and some removed, sorted; a tag that is there already keeps its case.

    Raises:
        UsageError: one to add may not be one, or there are more than `MAX_TAGS` in the end.
    """
    kept = {tag_key(tag): tag for tag in tags}
    for tag in add:
        kept.setdefault(tag_key(tag), check_tag(tag))
    for tag in remove:
        kept.pop(tag_key(tag), None)
    if len(kept) > MAX_TAGS:
        raise UsageError(f"a video may have {MAX_TAGS} tags, not {len(kept)}")
    return tuple(tag for _, tag in sorted(kept.items()))


def count_tags(of_videos: Iterable[Iterable[str]]) -> dict[str, int]:
    """Every tag with the number of videos that have it, sorted; written as it was first."""
    written: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for tags in of_videos:
        for tag in tags:
            written.setdefault(tag_key(tag), tag)
            counts[tag_key(tag)] += 1
    return {written[key]: counts[key] for key in sorted(counts)}
