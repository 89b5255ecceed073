"""Presentation: moments as they are returned, with path, thumbnail, text boxes and the number of folded moments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from indexer.records import TextBox, TextRow, TimeSpan, Video
from indexer.store.library import Library
from search.moments.deduplication import MomentGroup
from search.moments.localization import Draft
from search.moments.spoken_words import cut_to_spoken_words
from search.results import Moment, MomentBox, Part
from search.signals import Signal, signals_of_source
from search.text.term_coverage import shares_word, word_share


def present_moments(library: Library, query: str, drafts: Sequence[Draft], videos: Mapping[str, Video]) -> list[Moment]:
    """The moments of a query's drafts, in the same order."""
    drafts = cut_to_spoken_words(library, query, drafts)
    boxes = matching_boxes(library, query, drafts)
    thumbnails = library.thumbnail_paths([(draft.video_id, draft.segment_index) for draft in drafts])
    return [
        _moment(draft, videos[draft.video_id], own, thumbnail)
        for draft, own, thumbnail in zip(drafts, boxes, thumbnails, strict=True)
    ]


def present_groups(
    library: Library, query: str, groups: Sequence[MomentGroup], videos: Mapping[str, Video]
) -> list[Moment]:
    """The best moments of the groups, in the same order, with the number of moments folded into each."""
    moments = present_moments(library, query, [group.best for group in groups], videos)
    return [
        replace(moment, alike=len(group.alike), in_video=len(group.in_video))
        for moment, group in zip(moments, groups, strict=True)
    ]


def _moment(draft: Draft, video: Video, boxes: tuple[MomentBox, ...], thumbnail: Path) -> Moment:
    return Moment(
        video=video.path,
        video_id=draft.video_id,
        span=draft.span,
        best_frame_seconds=draft.best_frame_seconds,
        score=draft.score,
        signals=draft.ranks,
        text=draft.text,
        relevance=draft.relevance,
        thumbnail=thumbnail if thumbnail.is_file() else None,
        kind=video.kind,
        boxes=boxes,
        parts=tuple(Part(one.span, one.best_frame_seconds, one.ranks, one.text) for one in draft.parts),
    )


SCREEN_TEXT_SIGNALS: frozenset[Signal] = frozenset(signals_of_source("screen_text"))


def matching_boxes(library: Library, query: str, drafts: Sequence[Draft]) -> list[tuple[MomentBox, ...]]:
    """For each draft the boxes of the on-screen text that matches; none where it did not match by on-screen text.

    Of a text that holds words of the query, these are the boxes of the lines that hold one; of a text found by its
    meaning, those of all lines.
    """
    read = [draft for draft in drafts if SCREEN_TEXT_SIGNALS & draft.ranks.keys()]
    rows = library.texts_between([(draft.video_id, draft.span) for draft in read], "screen_text") if read else {}
    return [
        _matching_boxes_of(query, draft.text, draft.span, rows.get(draft.video_id, []))
        if SCREEN_TEXT_SIGNALS & draft.ranks.keys()
        else ()
        for draft in drafts
    ]


def _matching_boxes_of(query: str, text: str, span: TimeSpan, rows: Sequence[TextRow]) -> tuple[MomentBox, ...]:
    shown = [row for row in rows if row.boxes and row.span.intersection_seconds(span) > 0]
    for fuzzy in (False, True):
        found = [row for row in shown if word_share(query, row.text, fuzzy=fuzzy) > 0]
        own = [row for row in found if row.text == text] or found
        if own:
            best = max(own, key=lambda row: (word_share(query, row.text, fuzzy=fuzzy), -len(row.text)))
            return _boxes_of_lines(best, {n for n, line in _lines(best) if shares_word(query, line, fuzzy=fuzzy)})
    own = [row for row in shown if row.text == text]
    return _boxes_of_lines(own[0], {n for n, _ in _lines(own[0])}) if own else ()


def _lines(row: TextRow) -> list[tuple[int, str]]:
    return list(enumerate(row.text.split("\n")))


def _boxes_of_lines(row: TextRow, lines: set[int]) -> tuple[MomentBox, ...]:
    """The boxes of these lines, each with the time for which it is valid."""
    result: list[MomentBox] = []
    for line in sorted(lines):
        boxes: list[TextBox] = sorted((box for box in row.boxes if box.line == line), key=lambda box: box.start_seconds)
        stops = [*(box.start_seconds for box in boxes[1:]), row.span.stop_seconds]
        result += [
            MomentBox(line, box.start_seconds, stop, box.left, box.top, box.right, box.bottom)
            for box, stop in zip(boxes, stops, strict=True)
        ]
    return tuple(result)
