"""Character encodings of subtitles, which do not declare theirs: bytes in, text out.

Files are often mixed: a byte is damaged, or somebody put a line of UTF-8 into a file of another encoding. So every line
is decoded by itself, and what is no UTF-8 is judged together by chardet, whose statistics know about 60 encodings.
"""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

import chardet

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, ""),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is a prefix of it
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CANDIDATES = (
    "cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp874 iso8859-1 iso8859-2 iso8859-4 iso8859-5 "
    "iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-13 iso8859-15 koi8-r koi8-u cp437 cp720 cp737 cp775 cp850 cp852 "
    "cp855 cp857 cp861 cp862 cp865 cp866 cp869 mac-roman mac-cyrillic mac-greek mac-latin2 mac-turkish "
    "gb18030 big5hkscs cp932 euc_jis_2004 cp949 johab iso2022_jp_2 iso2022_jp_2004 iso2022_jp_ext iso2022_kr hz"
).split()
"""Those that occur in subtitles: among all that exist, a short text is too often of one that nobody uses."""
_SUPERSETS = {
    "iso8859-1": "cp1252",
    "iso8859-8": "cp1255",
    "iso8859-9": "cp1254",
    "euc_jis_2004": "euc_jp",
    "iso2022_jp_2": "iso2022_jp_ext",
}
"""Encodings that software writes more than their names say."""
_GUESS_BYTES = 64 << 10
"""Enough to distinguish languages."""
_FEW_BYTES = 24
"""Of so few bytes that are not ASCII, statistics can say little."""
_NEARLY = 0.8
"""Share of the best confidence from which on another encoding is as likely."""
_MIN_UTF8_LETTERS = 3
"""Letters outside ASCII from which on a line of UTF-8 is no accident in a file of another encoding."""
_SIGN_INSIDE_WORD = re.compile(r"(?<=[^\W\d_])[\x80-\x9f¡-©«-¬®-´¶¸»-¿×÷˘˙˛˝ˇ°](?=[^\W\d_])|[\x80-\x9f]")
_MOST_LOST = 0.25
"""Share of the bytes outside ASCII that a line of UTF-8 may have lost."""

_LEAST_DOUBLE, _DOUBLE_SHARE = 3, 0.8
"""Lines, and their share of those that are not ASCII, that must be encoded twice."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Decoded lines."""

    lines: tuple[str, ...]
    """As many as were given, in the same order."""
    doubt: str = ""
    """Why the text may be wrong, as `3 characters are damaged`; empty where it is surely right."""

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def decode_file(raw: bytes) -> Decoded:
    """Decodes a whole file: by its byte order mark, as UTF-16 or UTF-32 without a mark, else line by line.

    Never raises: bytes that do not decode become U+FFFD.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            raw = raw.removeprefix(mark)
            if encoding and _wide_encoding(raw):
                return _decode_whole(raw, encoding)
            break  # a mark of UTF-16 before text that is none was left by an editor
    if encoding := _wide_encoding(raw):
        return _decode_whole(raw, encoding)
    return decode_lines(raw.split(b"\n"))


def decode_lines(lines: Sequence[bytes]) -> Decoded:
    """Decodes lines that were written in one encoding, or in UTF-8 and another one; never raises."""
    if any(b"\x1b" in line or b"~{" in line for line in lines):  # encodings of 7 bits
        encoding, _ = _guess(list(lines))
        if encoding.startswith(("iso2022", "hz")):
            return _decode_whole(b"\n".join(lines), encoding)
    utf8 = [_as_utf8(line) for line in lines]
    others = [line for line, text in zip(lines, utf8, strict=True) if text is None]
    if not others:
        return Decoded(tuple(_undo_double_encoding([text or "" for text in utf8])))
    is_utf8 = sum(_high_bytes(line) for line in others) < sum(
        _high_bytes(line) for line, text in zip(lines, utf8, strict=True) if text is not None
    )
    foreign = [line for line in others if not (is_utf8 and _is_damaged_utf8(line))]
    encoding, doubt = _guess(foreign) if foreign else ("utf-8", "")
    texts: list[str] = []
    for line, text in zip(lines, utf8, strict=True):
        if text is not None and (is_utf8 or line.isascii() or _letters_beyond_ascii(text) >= _MIN_UTF8_LETTERS):
            texts.append(text)
        elif text is None and is_utf8 and _is_damaged_utf8(line):
            texts.append(line.decode("utf-8", "replace"))
        else:
            texts.append(line.decode(encoding, "replace"))
    return Decoded(tuple(texts), _damage(texts) or doubt)


def _decode_whole(raw: bytes, encoding: str) -> Decoded:
    size = 4 if "32" in encoding else 2 if "16" in encoding else 1
    lines = raw[: len(raw) - len(raw) % size].decode(encoding, "replace").split("\n")
    return Decoded(tuple(lines), _damage(lines))


def _damage(lines: Sequence[str]) -> str:
    count = sum(line.count("\ufffd") for line in lines)
    return f"{count} {'character is' if count == 1 else 'characters are'} damaged" if count else ""


def _wide_encoding(raw: bytes) -> str:
    """The codec of UTF-16 or UTF-32 without a mark, else empty: there most bytes of digits and arrows are zero."""
    head = raw[:4096]
    zeros = [head[place::4].count(0) for place in range(4)]
    least = len(head) // 16
    if sum(zeros) < 2 * least or not any(zeros):
        return ""
    few, most = min(zeros), max(zeros)
    if sum(count > most // 2 for count in zeros) >= 3 and few <= most // 8:
        return "utf-32-be" if zeros[3] == few else "utf-32-le"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if min(even, odd) > max(even, odd) // 8:
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _guess(lines: list[bytes]) -> tuple[str, str]:
    """The most likely encoding, judged by the lines that say something, and why it may be another."""
    telling = [line for line in lines if not line.isascii() or b"\x1b" in line or b"~{" in line]
    sample = b"\n".join(telling)[:_GUESS_BYTES]
    sample = sample[: sample.rfind(b"\n")] if len(sample) == _GUESS_BYTES and b"\n" in sample else sample
    found = chardet.detect_all(sample, compat_names=False, include_encodings=_CANDIDATES, no_match_encoding="cp1252")
    near = [one["encoding"] or "cp1252" for one in found if one["confidence"] > _NEARLY * found[0]["confidence"]]
    texts = {encoding: sample.decode(encoding, "replace") for encoding in near}
    least = min(_signs_inside_words(text) for text in texts.values())
    likely = [encoding for encoding, text in texts.items() if _signs_inside_words(text) == least]
    doubt = ""
    if _high_bytes(sample) < _FEW_BYTES:
        others = [encoding for encoding in likely if texts[encoding] != texts[likely[0]]]
        doubt = f"its encoding could be {likely[0]} or {others[0]}" if others else ""
    return _SUPERSETS.get(likely[0], likely[0]), doubt


def _signs_inside_words(text: str) -> int:
    """Number of signs that stand where only a letter can, as in `lu»oučký`; statistics of letters pass over them."""
    return len(_SIGN_INSIDE_WORD.findall(text))


def _as_utf8(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _undo_double_encoding(lines: list[str]) -> list[str]:
    """Lines of UTF-8 that were read as Windows-1252 and written as UTF-8 again, `Ã©` for `é`, as they were.

    One such line may be meant; where nearly all that are not ASCII are so, none is.
    """
    undone = [None if line.isascii() else _read_again(line) for line in lines]
    count = sum(text is not None for text in undone)
    if count < _LEAST_DOUBLE or count < _DOUBLE_SHARE * sum(not line.isascii() for line in lines):
        return lines
    return [line if text is None else text for line, text in zip(lines, undone, strict=True)]


def _read_again(line: str) -> str | None:
    try:
        return b"".join(map(_byte_of, line)).decode("utf-8")
    except UnicodeError:
        return None


def _byte_of(sign: str) -> bytes:
    """As Windows-1252; of the five bytes that it leaves out, as Latin-1."""
    try:
        return sign.encode("cp1252")
    except UnicodeEncodeError:
        return sign.encode("latin-1")


def _is_damaged_utf8(line: bytes) -> bool:
    """Whether most of a line is UTF-8."""
    kept = line.decode("utf-8", "ignore")
    return _letters_beyond_ascii(kept) > 0 and (
        _high_bytes(line) - _high_bytes(kept.encode()) <= max(1, _MOST_LOST * _high_bytes(line))
    )


def _letters_beyond_ascii(text: str) -> int:
    return sum(sign > "\x7f" for sign in text)


def _high_bytes(raw: bytes) -> int:
    return len(raw) - len(raw.translate(None, bytes(range(128, 256))))
