"""Character encodings of subtitle files, which do not declare theirs: bytes in, text out."""

import codecs

from charset_normalizer import CharsetMatch, from_bytes

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is a prefix of it
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CANDIDATES: str = (
    "cp1252 gb18030 big5 shift_jis euc_jp euc_kr cp1251 koi8_r cp1250"
    " cp1253 cp1254 cp1255 cp1256 cp1257 cp874 cp1258 iso8859_15"
)
"""Encodings that occur in subtitles; a guess among all of Python's often ends at old Macintosh encodings."""
_USUAL = {
    "cp1252": "àâäáãåæçèéêëìíîïñòóôöõøùúûüßœÀÂÄÅÇÈÉÊÑÓÖØÜ¿¡«»",
    "cp1250": "ąćęłńóśźżáčďéěíňřšťúůýžäľĺôŕöőüűăâîşţđßĄĆĘŁŚŹŻČĎĚŇŘŠŤŮŽ",
}
"""Usual letters by encoding. charset_normalizer cannot distinguish Western from Central European encodings: half of
their letters share their bytes."""
_GUESS_BYTES = 64 << 10
"""Enough to distinguish languages; guessing on megabytes takes minutes."""


def decode_subtitles(raw: bytes) -> str:
    """Decodes `raw`: by its byte order mark, as UTF-8, as UTF-16 without a mark, else by letter statistics.

    Never raises: bytes that do not decode become U+FFFD.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if encoding := _utf16_without_mark(raw):
        return raw.decode(encoding, "replace")
    return raw.decode(_guess(raw), "replace")


def _utf16_without_mark(raw: bytes) -> str:
    """The codec of UTF-16 without a mark, else empty: there half of the bytes of digits and arrows are zero."""
    head = raw[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < len(head) // 8 or min(even, odd) > max(even, odd) // 8:
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _guess(raw: bytes) -> str:
    """The most likely encoding, judged by the lines that are not ASCII, since times and numbers say nothing."""
    telling = b"\n".join(line for line in raw.splitlines() if not line.isascii())[:_GUESS_BYTES]
    telling = telling[: telling.rfind(b"\n")] if b"\n" in telling else telling  # cuts no character in two
    matches = list(from_bytes(telling, cp_isolation=_CANDIDATES.split()))
    if not matches:
        return "cp1252"
    equals = [match.encoding for match in matches if (match.chaos, match.coherence) == _scores(matches[0])]
    if {"cp1250", "cp1252"} <= set(equals):
        return "cp1252" if _letters(telling, "cp1252") >= _letters(telling, "cp1250") else "cp1250"
    return equals[0]


def _scores(match: CharsetMatch) -> tuple[float, float]:
    return match.chaos, match.coherence


def _letters(raw: bytes, encoding: str) -> int:
    """Number of letters in `raw`, decoded so, that are usual in the languages of this encoding."""
    return sum(letter in _USUAL[encoding] for letter in raw.decode(encoding, "replace"))
