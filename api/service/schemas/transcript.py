"""Records of a transcript, and of a correction in it."""

from typing import Annotated

from msgspec import Meta, Struct

from api.export.formats import TranscriptSource
from api.service.schemas.values import Seconds, VideoId


class Word(Struct, kw_only=True):
    """A spoken word with its time."""

    text: str
    start_seconds: Seconds
    stop_seconds: Seconds


class Line(Struct, kw_only=True):
    """A text of a transcript: the half-open span [start_seconds, stop_seconds)."""

    index: Annotated[int, Meta(description="Among all texts of the source; names the line in a correction.")]
    start_seconds: Seconds
    stop_seconds: Seconds
    text: str
    original: Annotated[str, Meta(description="As it was before somebody corrected it; empty where nobody did.")]
    speaker: Annotated[str, Meta(description="Who says it; empty where voices were not told apart.", examples=["Anna"])]
    words: Annotated[list[Word], Meta(description="Empty for subtitles, and for corrected lines.")]


class TranscriptView(Struct, kw_only=True):
    """What is said in a video, in order of time."""

    video: Annotated[str, Meta(description="Name of the file.")]
    video_id: VideoId
    source: TranscriptSource
    language: Annotated[str, Meta(description="Of these lines; empty where it is not known.", examples=["en"])]
    languages: Annotated[list[str], Meta(description="Of all texts of the source, that of most lines first.")]
    lines: list[Line]


class LineCorrection(Struct, forbid_unknown_fields=True, kw_only=True):
    """A corrected line."""

    source: Annotated[TranscriptSource, Meta(description="Of the transcript to which the line belongs.")]
    was: Annotated[
        str, Meta(description="The line's text as it was read; another text by now is a conflict.", max_length=10_000)
    ]
    text: Annotated[
        str,
        Meta(
            description="The right text; the line's original text restores it, an empty one removes the line.",
            max_length=1000,
            examples=["Ask not what your country can do for you."],
        ),
    ]


class CorrectedLine(Struct, kw_only=True):
    """A line after its correction."""

    text: Annotated[str, Meta(description="Empty where the line was removed.")]
    original: Annotated[str, Meta(description="Empty where the line is the original again, or was removed.")]
