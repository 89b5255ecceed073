"""Narrowing: what a question says about the part of the library it asks of, as "only in the second video". Pure."""

import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_NUMBERED = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th")
_VIDEO = r"(?:video|film|recording|movie|file)"
_WHICH = rf"(?:the )?(?P<which>{'|'.join((*ORDINALS, *_NUMBERED))}|last|other|same|this|that) {_VIDEO}"
_NAME = r"(?:the (?:video|file) )?[\"']?(?P<name>[^\s\"']+\.[a-z0-9]{2,4})[\"']?(?=\W|$)"
_ALONE = r"^(?:(?:and|but|so|now|okay|ok|then|also|well|try|only|just)\b[ ,]*)*(?:(?:what|how) about )?"
"""Before a video that is all that is said: "b.mp4?", "and the second video?"."""
_IN_VIDEO = re.compile(
    rf"\b(?:(?:but |and )?(?:only |just |rather )?(?:in|from|within|for) |only |just ){_WHICH}\b", re.I
)
_VIDEO_ALONE = re.compile(rf"{_ALONE}{_WHICH}$", re.I)
_IN_FILE = re.compile(rf"\b(?:only |just )?(?:in|from|within|for) {_NAME}", re.I)
_FILE_ALONE = re.compile(rf"{_ALONE}{_NAME}$", re.I)
_EVERYWHERE = re.compile(
    r"\b(?:in|from|across|for|(?:go )?back to) (?:(?:all|any|every)(?: of)?(?: the)?|the whole|the rest of the) "
    rf"(?:{_VIDEO}s?|library)\b|"
    r"\b(?:in|for) all of them\b|\b(?:anywhere|everywhere)\b(?! else\b)",
    re.I,
)
_THAT = r"(?:that|this|it|then|the (?:scene|moment|clip|part))"
_NEAR = r"(?:(?:just|right|shortly|directly|immediately|straight|soon|a (?:bit|little|moment|second)) )?"
_TIME = re.compile(
    rf"^(?P<opening>before|after|following|until|since) {_THAT}(?:, ?| (?=wh|how|and\b))|"
    rf"\b{_NEAR}(?P<side>before|after|following|until|since) {_THAT}$|"
    rf"\b{_NEAR}(?P<bare>before|after|later(?: on)?|earlier|afterwards?|beforehand|next)$",
    re.I,
)
_OPEN = re.compile(
    r"^what (?:(?:else )?(?:happens|happened|comes|came|follows|followed)|"
    r"(?:is|was) (?:there|shown|seen|said|happening|going on)|"
    r"(?:do|can) (?:we|you|they|one|people) (?:see|hear|say|do))$",
    re.I,
)
_WHAT_WAS = re.compile(r"\bwhat (?:is|was)$", re.I)
_BEFORE = ("before", "until", "earlier", "beforehand")
_LEAD = re.compile(r"^(?:(?:and|but|so|now|okay|ok|then|also|well)\b[ ,]*|(?:what|how) about\b\s*$)+", re.I)

Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a question says about the part it asks of, and what is left of its words."""

    words: str
    """Without those about the part; may be empty."""
    video: str = ""
    """`first` to `tenth`, `last`, `other`, `same` (as `that`, `this`), or a file's name; empty for none."""
    side: Side | None = None
    """Of the moment that the last answer rests on."""
    is_wide: bool = False
    """In the whole library again."""

    def __bool__(self) -> bool:
        """Whether the question says anything about a part."""
        return bool(self.video or self.side or self.is_wide)

    @property
    def is_open(self) -> bool:
        """Whether it asks for whatever is before or after a moment, so that there is nothing to search for."""
        return self.side is not None and _OPEN.match(self.words) is not None


def names_a_recording(name: str) -> bool:
    """Whether a file of this name is a video or a sound: "in main.py" names none, and stays part of a question."""
    return (mimetypes.guess_type(name)[0] or "").startswith(("video/", "audio/"))


def read_narrowing(text: str, *, is_video: Callable[[str], bool] = names_a_recording) -> Narrowing:
    """Reads a question's words about its part.

    Args:
        is_video: whether a file's name means a video.
    """
    words = text.strip().rstrip("?!. ")
    video, side, is_wide = "", None, False
    if found := _EVERYWHERE.search(words):
        words, is_wide = _without(words, found), True
    elif found := _IN_VIDEO.search(words) or _VIDEO_ALONE.search(words):
        which = found["which"].casefold()
        video = ORDINALS[_NUMBERED.index(which)] if which in _NUMBERED else which
        video = "same" if video in ("this", "that") else video
        words = _without(words, found)
    elif (found := _IN_FILE.search(words) or _FILE_ALONE.search(words)) and is_video(found["name"]):
        video, words = found["name"], _without(words, found)
    if found := _TIME.search(words):
        said = found["opening"] or found["side"] or found["bare"]
        side = "before" if said.casefold() in _BEFORE else "after"
        words = _without(words, found)
        words += " there" if _WHAT_WAS.search(words) else ""
    if not (video or side or is_wide):
        return Narrowing(text.strip())
    return Narrowing(_LEAD.sub("", words).strip(" ,;"), video, side, is_wide)


def _without(words: str, found: re.Match[str]) -> str:
    left, right = words[: found.start()].rstrip(" ,"), words[found.end() :].strip(" ,")
    return f"{left} {right}".strip()
