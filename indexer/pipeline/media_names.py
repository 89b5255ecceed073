"""Whether a file of a folder may be a video or sound, by its suffix, or its first bytes where that does not tell."""

from pathlib import Path

from indexer.decode.sniffing import is_animated_gif, is_animated_webp, is_still_iso

MEDIA_SUFFIXES = frozenset(
    ".3g2 .3ga .3gp .aac .ac3 .aif .aifc .aiff .amr .amv .ape .asf .au .avi .awb .caf .divx .dts .dv .eac3 .f4v .flac "
    ".flv .gif .h264 .h265 .hevc .ivf .m1v .m2t .m2ts .m2v .m4a .m4b .m4s .m4v .mjpeg .mjpg .mk3d .mka .mkv .mov .mp2 "
    ".mp3 .mp4 .mpc .mpe .mpeg .mpg .mpv .mts .mxf .nsv .nut .obu .oga .ogg .ogm .ogv .opus .qt .ra .rm .rmvb .spx .ts "
    ".tta .vob .w64 .wav .weba .webm .webp .wma .wmv .wv .y4m".split()
)
"""Suffixes of videos and sound; the two share several of them."""
IGNORED_SUFFIXES = frozenset(
    ".srt .vtt .ass .ssa .sub .idx .txt .md .pdf .json .jsonl .xml .html .nfo .csv .log .py .js .css .zip "
    ".gz .7z .rar .jpg .jpeg .png .bmp .tif .tiff .heic .svg .psd .doc .docx .ppt .pptx .xls .xlsx .ini "
    ".db .part .crdownload".split()
)
"""Suffixes that are never videos or sound: in a folder they are ignored silently."""
_TEXT_SUFFIXES = frozenset((".ts", ".mts", ".dts", ".nut"))
"""Suffixes of media that text has as well: TypeScript and Qt's translations, device trees, Squirrel."""
_PICTURE_SUFFIXES = frozenset((".gif", ".webp"))
"""Suffixes of pictures that may move."""
_MAGIC = (
    *(b"\x1aE\xdf\xa3", b"OggS", b"FLV", b"\x00\x00\x01\xba", b"\x30\x26\xb2\x75"),
    *(b"fLaC", b"ID3", b"#!AMR", b"wvPk", b"MAC ", b"caff", b"RF64"),
)
_RIFF_FORMS = (b"AVI ", b"WAVE", b"CDXA")
"""Of the many kinds of RIFF files, those with video or sound."""
_HEAD_BYTES = 4096
_TEXT_CONTROLS = frozenset(b"\t\n\x0b\f\r\x1b")


def may_be_media(file: Path) -> bool:
    """Whether a regular file may be a video or sound; one whose bytes would tell and cannot be read counts as such."""
    suffix = file.suffix.lower()
    if suffix in IGNORED_SUFFIXES:
        return False
    if suffix in MEDIA_SUFFIXES - _TEXT_SUFFIXES - _PICTURE_SUFFIXES:
        return True
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
            if suffix in _TEXT_SUFFIXES:
                return not _is_text(head)
            if suffix in _PICTURE_SUFFIXES or head.startswith(b"GIF8"):
                return is_animated_webp(head) or is_animated_gif(stream)
    except OSError:
        return suffix in MEDIA_SUFFIXES
    return _begins_as_media(head)


def _begins_as_media(head: bytes) -> bool:
    is_transport_stream = len(head) > 188 and head[0] == head[188] == 0x47
    is_aiff = head.startswith(b"FORM") and head[8:11] == b"AIF"
    is_riff = head.startswith(b"RIFF") and (head[8:12] in _RIFF_FORMS or is_animated_webp(head))
    is_iso = head[4:8] == b"ftyp" and not is_still_iso(head)
    return is_iso or is_riff or head.startswith(_MAGIC) or is_transport_stream or is_aiff or _is_mpeg_audio(head)


def _is_mpeg_audio(head: bytes) -> bool:
    """Whether a frame of MP3 (ISO/IEC 11172-3, 2.4.1.3) or ADTS (ISO/IEC 13818-7, 6.2) comes first."""
    if len(head) < 4 or head[0] != 0xFF:
        return False
    is_mp3 = head[1] & 0xE6 == 0xE2 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3
    return is_mp3 or head[1] & 0xF6 == 0xF0


def _is_text(head: bytes) -> bool:
    """Whether the bytes are text in UTF-8, in UTF-16 with its mark, or in another superset of ASCII; also no bytes."""
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or all(byte >= 32 or byte in _TEXT_CONTROLS for byte in head)
