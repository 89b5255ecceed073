"""The formats of exports and of transcripts. Pure; imports nothing heavy."""

from typing import Literal, get_args

DocumentFormat = Literal["csv", "json", "webvtt", "edl", "fcpxml", "xmeml", "otio"]
DOCUMENT_FORMATS: tuple[DocumentFormat, ...] = get_args(DocumentFormat)
Format = Literal[DocumentFormat, "clips", "reel"]
FORMATS: tuple[Format, ...] = (*DOCUMENT_FORMATS, "clips", "reel")
TUNING = "ms-swift"
"""Fine-tuning data, which the command line alone writes."""
TranscriptFormat = Literal["text", "srt", "vtt"]
TranscriptSource = Literal["speech", "subtitle"]
