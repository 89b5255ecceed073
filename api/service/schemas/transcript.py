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

    index: Annotated[
        int, Meta(description="Position among all texts of the source; identifies the line in a correction.")
    ]
    start_seconds: Seconds
    stop_seconds: Seconds
    text: str
    original: Annotated[str, Meta(description="The text before it was corrected; empty if it was not.")]
    speaker: Annotated[str, Meta(description="Speaker; empty if unknown.", examples=["Anna"])]
    words: Annotated[list[Word], Meta(description="Empty for subtitles, and for corrected lines.")]


class TranscriptView(Struct, kw_only=True):
    """What is said in a video, in order of time."""

    video: Annotated[str, Meta(description="Name of the file.")]
    video_id: VideoId
    source: TranscriptSource
    language: Annotated[str, Meta(description="Language of these lines; empty if unknown.", examples=["en"])]
    languages: Annotated[list[str], Meta(description="Languages of all texts of the source, the most frequent first.")]
    lines: list[Line]


class LineCorrection(Struct, forbid_unknown_fields=True, kw_only=True):
    """A corrected line."""

    source: Annotated[TranscriptSource, Meta(description="Source of the transcript that the line belongs to.")]
    was: Annotated[
        str,
        Meta(
            description="The text of the line as you read it; if it has changed since, the answer is a conflict.",
            max_length=10_000,
        ),
    ]
    text: Annotated[
        str,
        Meta(
            description="The corrected text; the original text restores the line, an empty one removes it.",
            max_length=1000,
            examples=["Ask not what your country can do for you."],
        ),
    ]


class CorrectedLine(Struct, kw_only=True):
    """A line after its correction."""

    text: Annotated[str, Meta(description="Empty if the line was removed.")]
    original: Annotated[str, Meta(description="Empty if the line was restored or removed.")]
