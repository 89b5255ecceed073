"""The signals: the ways in which a segment can match a query."""

from indexer.catalog import TEXT_SOURCES

Signal = str
"""One way in which a segment can match: `picture`; a text of a source, by meaning (`subtitle`) or by its words
(`subtitle_words`); `metadata_words`, the words around the video: its name, title, tags, chapters."""
SIGNALS: tuple[Signal, ...] = (
    "picture",
    *(name for source in TEXT_SOURCES for name in (source, f"{source}_words")),
    "metadata_words",
)
