"""The formats and the sources of a transcript. Pure; imports nothing."""

from typing import Literal

TranscriptFormat = Literal["text", "srt", "vtt"]
TranscriptSource = Literal["speech", "subtitle"]
