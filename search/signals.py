"""The signals: the ways in which a segment can match a query."""

from typing import Literal, get_args

Signal = Literal[
    "picture",
    "subtitle",
    "subtitle_words",
    "speech",
    "speech_words",
    "screen_text",
    "screen_text_words",
    "caption",
    "caption_words",
    "metadata_words",
]
"""One way in which a segment can match: its picture, a text of a source by meaning or by its words, or the
words around the video: its name, title, tags, chapters."""
SIGNALS: tuple[Signal, ...] = get_args(Signal)
