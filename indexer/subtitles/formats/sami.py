"""SAMI (`.smi`): texts from one point in time to the next, for each language."""

import re

from indexer.subtitles.formats.cues import FileCue
from indexer.subtitles.formats.markup import parts_of

_CLASS_LANGUAGE = re.compile(r"\.(\w{1,40})\s*\{[^{}]*?\blang\s*:\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)", re.I)
_MILLISECONDS = re.compile(r"\s*(-?\d{1,12})")
_UNSHOWN = frozenset({"head", "style", "title", "script"})


def parse_sami(text: str) -> list[FileCue]:
    """The texts of all languages; a text without words ends the one before it in its language."""
    languages = {name.casefold(): language for name, language in _CLASS_LANGUAGE.findall(text)}
    cues: list[FileCue] = []
    start: float | None = None
    stop: float | None = None
    language, shown, unshown = "", list[str](), 0

    def flush() -> None:
        """Ends a paragraph; an empty one ends what its language shows."""
        if start is not None:
            words = "".join(shown).replace("\xa0", " ")
            cues.append(FileCue(start, stop, words, language))
        shown.clear()

    for part in parts_of(text):
        if part.kind == "text":
            if not unshown:
                shown.append(" ".join(part.text.split("\n")))
        elif part.name in _UNSHOWN:
            unshown = 0 if part.kind == "end" else 0 if part.is_empty else 1
        elif part.name == "sync" and part.kind == "start":
            flush()
            begin = _MILLISECONDS.match(part.attributes.get("start", ""))
            end = _MILLISECONDS.match(part.attributes.get("end", ""))
            start = int(begin[1]) / 1000 if begin else None
            stop = int(end[1]) / 1000 if end else None
            unshown = 0
        elif part.name == "p" and part.kind == "start":
            if "".join(shown).strip():
                flush()
            shown.clear()
            language = languages.get(part.attributes.get("class", "").casefold(), part.attributes.get("lang", ""))
        elif part.name == "br":
            shown.append("\n")
    flush()
    return cues
