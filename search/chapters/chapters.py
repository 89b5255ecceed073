"""The chapters of a video: its container's where it has them, else found (`tiling`) and titled (`titles`)."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from indexer.catalog import STAGE_OF_SOURCE, TEXT_SOURCES, TextSource
from indexer.models.vision_language import IsCancelled, Prompt, VisionLanguageModel
from indexer.records import SegmentRow, TextRow, TimeSpan, Video
from indexer.store.library import Library
from search.chapters.text_tiling import Unit, tile
from search.chapters.titles import Line, content_words, shortened, titles
from search.text.quoting import quote_for_prompt
from search.text.text_spans import belongs_to

LEAST_CONTAINER_CHAPTERS = 2
"""A file with one chapter has none."""
MOST_TITLE_TOKENS = 32
TITLE_INSTRUCTION = "Give a title of at most eight words for this part. Answer with the title alone."


@dataclass(frozen=True, slots=True)
class FoundChapter:
    """A part of a video with its title."""

    span: TimeSpan
    title: str
    source: Literal["container", "found"]
    """Marked in the file, or made from its segments."""

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object of a chapter."""
        return {
            "start_seconds": round(self.span.start_seconds, 3),
            "stop_seconds": round(self.span.stop_seconds, 3),
            "title": self.title,
            "source": self.source,
        }


def chapters_of(library: Library, video: Video) -> list[FoundChapter]:
    """In order of time, none over another; empty for a video without segments and without chapters of its own."""
    lines = lines_of(library, video)
    marked = _marked(video)
    spans = [span for span, _ in marked] or spans_of(library, video)
    told = titles([(span, lines_in(lines, span)) for span in spans])
    names = [title for _, title in marked] or [""] * len(spans)
    kind: Literal["container", "found"] = "container" if marked else "found"
    return [FoundChapter(span, name or title, kind) for span, name, title in zip(spans, names, told, strict=True)]


def spans_of(library: Library, video: Video) -> list[TimeSpan]:
    """Where a video's chapters lie, by its segments alone."""
    texts = _rows(library, video)
    segments = library.segments(video.video_id) if "picture" in video.stages else []
    by_segment: dict[int, list[TextRow]] = {}
    for row in texts:
        by_segment.setdefault(row.segment_index, []).append(row)
    return tile([_unit(segment, by_segment.get(segment.index, [])) for segment in segments])


def lines_of(library: Library, video: Video) -> list[Line]:
    """All that is said, written and described in a video, in order of time."""
    rows = sorted(_rows(library, video), key=lambda row: row.span)
    return [Line(row.source, row.span, row.text) for row in rows]


def lines_in(lines: Sequence[Line], span: TimeSpan) -> list[Line]:
    """Those that belong to a span."""
    return [line for line in lines if belongs_to(line.span, span)]


def titled_by_model(
    library: Library,
    video: Video,
    model: VisionLanguageModel,
    *,
    is_cancelled: IsCancelled | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> list[FoundChapter]:
    """As `chapters_of`, titled by a model from what is said, written and described; where it says nothing, as before.

    Titles that the container has stay.

    Raises:
        ModelError, GenerationCancelledError: see the model.
    """
    lines, made = lines_of(library, video), chapters_of(library, video)
    kept = {chapter.title for chapter in made} & {title for _, title in _marked(video) if title}
    found: list[FoundChapter] = []
    for number, chapter in enumerate(made, 1):
        prompt = _title_prompt(lines_in(lines, chapter.span), model)
        if prompt is None or chapter.title in kept:
            found.append(chapter)
        else:
            (reply,) = model.generate([prompt], max_tokens=MOST_TITLE_TOKENS, is_cancelled=is_cancelled)
            title = shortened(reply.text.strip().strip("\"'“”"))
            found.append(FoundChapter(chapter.span, title or chapter.title, chapter.source))
        on_progress(number / len(made))
    return found


def _title_prompt(lines: Sequence[Line], model: VisionLanguageModel) -> Prompt | None:
    """As many lines as fit, every second one left out until they do; None without any."""
    kept, room = list(lines), min(model.context_limit, 8_192) - MOST_TITLE_TOKENS
    while kept:
        body = "".join(f"{line.span.start_seconds:.1f}s <<<{quote_for_prompt(line.text)}>>>\n" for line in kept)
        prompt = (f"Lines of a video with their times, quoted:\n{body}{TITLE_INSTRUCTION}",)
        if len(kept) == 1 or model.count_tokens(prompt) <= room:
            return prompt
        kept = kept[::2]
    return None


def _marked(video: Video) -> list[tuple[TimeSpan, str]]:
    """The container's chapters in order; what overlaps is cut where the next begins."""
    own = sorted(video.metadata.chapters, key=lambda chapter: chapter.span)
    if len(own) < LEAST_CONTAINER_CHAPTERS:
        return []
    stops = [*(chapter.span.start_seconds for chapter in own[1:]), video.duration_seconds]
    found = [
        (TimeSpan(chapter.span.start_seconds, min(chapter.span.stop_seconds, stop)), chapter.title)
        for chapter, stop in zip(own, stops, strict=True)
        if stop > chapter.span.start_seconds
    ]
    return [(span, title) for span, title in found if span.duration_seconds > 0]


def _rows(library: Library, video: Video) -> list[TextRow]:
    ready: list[TextSource] = [source for source in TEXT_SOURCES if STAGE_OF_SOURCE[source] in video.stages]
    return [row for source in ready for row in library.texts(video.video_id, source)]


def _unit(segment: SegmentRow, texts: Sequence[TextRow]) -> Unit:
    vectors = [np.asarray(row.vector, np.float32) for row in texts if row.vector is not None]
    return Unit(
        segment.span,
        None if segment.vector is None else np.asarray(segment.vector, np.float32),
        np.asarray(np.mean(vectors, axis=0), np.float32) if vectors else None,
        Counter(word for row in texts for word in content_words(row.text)),
    )
