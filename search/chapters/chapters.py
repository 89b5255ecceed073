"""The chapters of a video: those in its container, the topics of its slides, or parts found by text tiling."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from indexer.catalog import STAGE_OF_SOURCE, TEXT_SOURCES, TextSource
from indexer.models.vision_language import IsCancelled, Prompt, VisionLanguageModel, user_prompt
from indexer.records import SegmentRow, TextRow, TimeSpan, Video
from indexer.store.library import Library
from search.chapters.slide_topics import slide_topics
from search.chapters.text_tiling import TilingUnit, tile_segments
from search.chapters.titles import TimedLine, chapter_titles, shorten_title, title_words
from search.text.quoting import quote_for_prompt
from search.text.text_spans import belongs_to

MIN_CONTAINER_CHAPTERS = 2
"""A container with fewer chapters is treated as having none."""
MAX_TITLE_TOKENS = 32
TITLE_INSTRUCTION = "Give a title of at most eight words for this part. Answer with the title alone."


@dataclass(frozen=True, slots=True)
class VideoChapter:
    """A part of a video, with a title."""

    span: TimeSpan
    title: str
    source: Literal["container", "found"]
    """`container`: marked in the file; `found`: derived from the segments."""

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object of a chapter."""
        return {
            "start_seconds": round(self.span.start_seconds, 3),
            "stop_seconds": round(self.span.stop_seconds, 3),
            "title": self.title,
            "source": self.source,
        }


def chapters_of(library: Library, video: Video) -> list[VideoChapter]:
    """The chapters in order of time, without overlaps; none without segments and without container chapters."""
    marked = _container_chapters(video)
    source: Literal["container", "found"] = "container" if marked else "found"
    marked = marked or _slide_chapters(library, video)
    spans = [span for span, _ in marked] or spans_of(library, video)
    lines = lines_of(library, video)
    derived = chapter_titles([(span, lines_in(lines, span)) for span in spans])
    own = [title for _, title in marked] or [""] * len(spans)
    return [VideoChapter(span, ours or title, source) for span, ours, title in zip(spans, own, derived, strict=True)]


def spans_of(library: Library, video: Video) -> list[TimeSpan]:
    """The spans of a video's chapters, by its segments alone."""
    texts = _rows(library, video)
    segments = library.segments(video.video_id) if "picture" in video.stages else []
    by_segment: dict[int, list[TextRow]] = {}
    for row in texts:
        by_segment.setdefault(row.segment_index, []).append(row)
    return tile_segments([_unit(segment, by_segment.get(segment.index, [])) for segment in segments])


def lines_of(library: Library, video: Video) -> list[TimedLine]:
    """Everything said, written and described in a video, in order of time."""
    rows = sorted(_rows(library, video), key=lambda row: row.span)
    return [TimedLine(row.source, row.span, row.text) for row in rows]


def lines_in(lines: Sequence[TimedLine], span: TimeSpan) -> list[TimedLine]:
    """The lines that belong to a span."""
    return [line for line in lines if belongs_to(line.span, span)]


def chapters_titled_by_model(
    library: Library,
    video: Video,
    model: VisionLanguageModel,
    *,
    is_cancelled: IsCancelled | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> list[VideoChapter]:
    """As `chapters_of`, with titles by a model from what is said, written and described.

    Titles of the container stay, and so do those for which the model gives none.

    Raises:
        ModelError, GenerationCancelledError: see the model.
    """
    lines, chapters = lines_of(library, video), chapters_of(library, video)
    container_titles = {title for _, title in _container_chapters(video) if title}
    found: list[VideoChapter] = []
    for number, chapter in enumerate(chapters, 1):
        prompt = _title_prompt(lines_in(lines, chapter.span), model)
        if prompt is None or chapter.title in container_titles:
            found.append(chapter)
        else:
            (reply,) = model.generate([prompt], max_tokens=MAX_TITLE_TOKENS, is_cancelled=is_cancelled)
            title = shorten_title(reply.text.strip().strip("\"'“”"))
            found.append(VideoChapter(chapter.span, title or chapter.title, chapter.source))
        on_progress(number / len(chapters))
    return found


def _title_prompt(lines: Sequence[TimedLine], model: VisionLanguageModel) -> Prompt | None:
    """A prompt within the token budget, every second line dropped until it fits; None without lines."""
    shown, budget = list(lines), min(model.context_limit, 8_192) - MAX_TITLE_TOKENS
    while shown:
        body = "".join(f"{line.span.start_seconds:.1f}s <<<{quote_for_prompt(line.text)}>>>\n" for line in shown)
        prompt = user_prompt(f"Lines of a video with their times, quoted:\n{body}{TITLE_INSTRUCTION}")
        if len(shown) == 1 or model.count_tokens(prompt) <= budget:
            return prompt
        shown = shown[::2]
    return None


def _container_chapters(video: Video) -> list[tuple[TimeSpan, str]]:
    """(span, title) of the container's chapters in order, each cut where the next begins."""
    own = sorted(video.metadata.chapters, key=lambda chapter: chapter.span)
    if len(own) < MIN_CONTAINER_CHAPTERS:
        return []
    stops = [*(chapter.span.start_seconds for chapter in own[1:]), video.duration_seconds]
    found = [
        (TimeSpan(chapter.span.start_seconds, min(chapter.span.stop_seconds, stop)), chapter.title)
        for chapter, stop in zip(own, stops, strict=True)
        if stop > chapter.span.start_seconds
    ]
    return [(span, title) for span, title in found if span.duration_seconds > 0]


def _slide_chapters(library: Library, video: Video) -> list[tuple[TimeSpan, str]]:
    """(span, title) of the topics of a talk's slides; none where the video shows no slides."""
    texts = library.texts(video.video_id, "screen_text") if "screen_text" in video.stages else []
    return [(topic.span, shorten_title(topic.heading)) for topic in slide_topics(texts, video.duration_seconds)]


def _rows(library: Library, video: Video) -> list[TextRow]:
    ready: list[TextSource] = [source for source in TEXT_SOURCES if STAGE_OF_SOURCE[source] in video.stages]
    return [row for source in ready for row in library.texts(video.video_id, source)]


def _unit(segment: SegmentRow, texts: Sequence[TextRow]) -> TilingUnit:
    vectors = [np.asarray(row.vector, np.float32) for row in texts if row.vector is not None]
    return TilingUnit(
        segment.span,
        None if segment.vector is None else np.asarray(segment.vector, np.float32),
        np.asarray(np.mean(vectors, axis=0), np.float32) if vectors else None,
        Counter(word for row in texts for word in title_words(row.text)),
    )
