"""Tags that users give to videos: validation, comparison and counting. Pure.

Left out: where they are stored (`Video.tags`, in the table `videos`).
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable

from indexer.errors import UsageError

MAX_TAG_CHARACTERS = 64
MAX_TAGS = 100
"""Of one video."""
_SEPARATORS = ',"'
"""They separate and quote tags in URLs and queries."""


def check_tag(raw: str) -> str:
    """The tag as it is stored: Unicode-composed, with single spaces and its own case (see `tag_key`).

    Raises:
        UsageError: it is empty, longer than `MAX_TAG_CHARACTERS`, or has a comma, a quote or an invisible character.
    """
    tag = " ".join(unicodedata.normalize("NFC", raw).split())
    if not any(character.isalnum() for character in tag):
        raise UsageError(f"{raw!r} is not a tag; use one or a few words, such as beach or summer 2023")
    if len(tag) > MAX_TAG_CHARACTERS:
        raise UsageError(f"a tag of {len(tag)} characters is too long; at most {MAX_TAG_CHARACTERS} are allowed")
    for character in tag:
        if character in _SEPARATORS or unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}:
            raise UsageError(f"a tag may not contain {character!r}, as {raw!r} does; use words, spaces and hyphens")
    return tag


def tag_key(tag: str) -> str:
    """A tag without case: tags with the same key are the same, such as `Beach` and `beach`."""
    return " ".join(unicodedata.normalize("NFC", tag).casefold().split())


def edit_tags(tags: Iterable[str], *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> tuple[str, ...]:
    """The tags after adding some and removing others, sorted; a tag that exists already keeps its case.

    Raises:
        UsageError: a tag to add is invalid, or more than `MAX_TAGS` would result.
    """
    by_key = {tag_key(tag): tag for tag in tags}
    for tag in add:
        by_key.setdefault(tag_key(tag), check_tag(tag))
    for tag in remove:
        by_key.pop(tag_key(tag), None)
    if len(by_key) > MAX_TAGS:
        raise UsageError(f"a video may have at most {MAX_TAGS} tags, not {len(by_key)}")
    return tuple(tag for _, tag in sorted(by_key.items()))


def count_tags(of_videos: Iterable[Iterable[str]]) -> dict[str, int]:
    """Every tag with the number of videos that have it, sorted; in the spelling that comes first.

    Args:
        of_videos: the tags of each video."""
    spelling: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for tags in of_videos:
        for tag in tags:
            spelling.setdefault(tag_key(tag), tag)
            counts[tag_key(tag)] += 1
    return {spelling[key]: counts[key] for key in sorted(counts)}
