"""The second stage: sidecar files and embedded tracks of a video -> the texts of its segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.catalog import TextSource
from indexer.errors import VideoError
from indexer.models.protocols import TextModel
from indexer.records import Segment, TextRow, TextTrack, TimedText
from indexer.subtitles.cues import clean_cues, cut_to
from indexer.subtitles.passages import join_passages
from indexer.subtitles.sidecars import read_sidecar, segment_of


@dataclass(frozen=True, slots=True)
class FoundTexts:
    """What was said, and what could not be read."""

    texts: tuple[TimedText, ...]
    warnings: tuple[str, ...]


def spoken_texts(sidecars: Sequence[Path], tracks: Sequence[TextTrack], duration_seconds: float) -> FoundTexts:
    """Passages of every sidecar and every embedded track, within the video, each once, in order of time."""
    warnings: list[str] = []
    passages: list[TimedText] = []
    for file in sidecars:
        try:
            passages += join_passages(read_sidecar(file))
        except VideoError as error:
            warnings.append(str(error))
    for track in tracks:
        passages += join_passages(clean_cues(track.cues, track.codec))
    inside = [cut for item in passages if (cut := cut_to(item, duration_seconds)) is not None]
    unique = {(item.span, item.text): item for item in inside}
    return FoundTexts(tuple(sorted(unique.values(), key=lambda item: (item.span, item.text))), tuple(warnings))


def text_rows(
    texts: Sequence[TimedText], source: TextSource, segments: Sequence[Segment], model: TextModel | None
) -> list[TextRow]:
    """Joins texts to the segments they overlap most, and embeds them."""
    if not texts:
        return []
    vectors = model.embed_documents([item.text for item in texts]) if model else [None] * len(texts)  # (n, dim)
    return [
        TextRow(
            source,
            segment_of(item.span, segments),
            item.span,
            item.text,
            vector,
            item.language,
            item.boxes,
            item.is_scenery,
        )
        for item, vector in zip(texts, vectors, strict=True)
    ]
