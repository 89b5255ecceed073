"""Correcting one text of a video in a library: its row, its vector, and the record that survives indexing."""

from dataclasses import replace

from indexer.catalog import TextSource
from indexer.errors import NotInLibraryError, TextChangedError, UsageError
from indexer.library_place import LibraryPlace
from indexer.models.protocols import TextModel
from indexer.records import TextCorrection, TextRow
from indexer.store.library import Library
from indexer.text_corrections import add_correction

CORRECTED_SOURCES: tuple[TextSource, ...] = ("speech", "subtitle")
MOST_CHARACTERS = 1000
"""Of a corrected text; a passage has about 200."""


def correct_text(
    path: LibraryPlace,
    video_id: str,
    source: TextSource,
    index: int,
    text: str,
    *,
    was: str,
    model: TextModel | None,
) -> TextRow | None:
    """Replaces a text, under the writer's lock; its original text restores it, an empty one removes it.

    What a person typed is kept first: after a crash between the steps, the text is the old one until it is corrected
    or indexed again, and never one that would be forgotten then.

    Args:
        index: of the text among those of its source, in order of time.
        was: the text as the user saw it.
        model: the library's text model; None where it has none.

    Returns:
        The row as it is now; None where it was removed.

    Raises:
        UsageError: the source is not corrected by hand, or the text is too long.
        NotInLibraryError: the library has no such video or text.
        TextChangedError: the text is another one by now.
        LibraryLockedError: another process writes to it.
    """
    flat = " ".join(text.split())
    if source not in CORRECTED_SOURCES:
        raise UsageError(f"texts of the source {source!r} cannot be corrected, only: {', '.join(CORRECTED_SOURCES)}")
    if len(flat) > MOST_CHARACTERS:
        raise UsageError(f"the corrected text has {len(flat)} characters; at most {MOST_CHARACTERS} are allowed")
    with Library.open_to_change(path) as library:
        video = library.video(video_id)
        rows = library.texts(video_id, source)
        if not 0 <= index < len(rows):
            raise NotInLibraryError(
                f"{video.path} has {len(rows)} texts of the source {source!r}, none of index {index}"
            )
        row = rows[index]
        if row.text != was:
            raise TextChangedError(f"the text of {video.path} is {row.text!r} now; reload it, then correct it")
        correction = TextCorrection(source, row.span, row.original or row.text, flat)
        corrections = add_correction(video.corrections, correction)
        rows[index : index + 1] = _corrected(row, flat, model)
        changed = replace(video, corrections=corrections)
        library.put_videos([changed])
        library.write_texts([(video_id, source, rows)])
        library.put_videos([changed])  # the number of rows that are left, and all on the disk
        library.maintain()
        return rows[index] if flat else None


def _corrected(row: TextRow, text: str, model: TextModel | None) -> list[TextRow]:
    if not text:
        return []
    original = row.original or row.text
    vector = model.embed_documents([text])[0] if model else None
    return [replace(row, text=text, vector=vector, words=(), original="" if text == original else original)]
