"""Where the words of found moments stand in the picture, so that they can be drawn."""

from collections.abc import Sequence

from indexer.records import TextBox, TextRow, TimeSpan
from indexer.store.library import Library
from search.moments.localization import Draft
from search.results import MomentBox, Signal
from search.text.term_coverage import shares_word, word_share

READ_SIGNALS: frozenset[Signal] = frozenset({"screen_text", "screen_text_words"})


def boxes_in(library: Library, query: str, drafts: Sequence[Draft]) -> list[tuple[MomentBox, ...]]:
    """For each draft the boxes of what answers the query on its screen; none where it did not match by that.

    Of a text that holds words of the query, the lines that hold one; of one found by its meaning, all lines.
    """
    read = [draft for draft in drafts if READ_SIGNALS & draft.ranks.keys()]
    rows = library.texts_between([(draft.video_id, draft.span) for draft in read], "screen_text") if read else {}
    return [
        _boxes(query, draft.text, draft.span, rows.get(draft.video_id, [])) if READ_SIGNALS & draft.ranks.keys() else ()
        for draft in drafts
    ]


def _boxes(query: str, text: str, span: TimeSpan, rows: Sequence[TextRow]) -> tuple[MomentBox, ...]:
    shown = [row for row in rows if row.boxes and row.span.intersection_seconds(span) > 0]
    for fuzzy in (False, True):
        found = [row for row in shown if word_share(query, row.text, fuzzy=fuzzy) > 0]
        own = [row for row in found if row.text == text] or found
        if own:
            best = max(own, key=lambda row: (word_share(query, row.text, fuzzy=fuzzy), -len(row.text)))
            return _drawn(best, {n for n, line in _lines(best) if shares_word(query, line, fuzzy=fuzzy)})
    own = [row for row in shown if row.text == text]
    return _drawn(own[0], {n for n, _ in _lines(own[0])}) if own else ()


def _lines(row: TextRow) -> list[tuple[int, str]]:
    return list(enumerate(row.text.split("\n")))


def _drawn(row: TextRow, lines: set[int]) -> tuple[MomentBox, ...]:
    """The boxes of these lines, each with the time for which it holds."""
    result: list[MomentBox] = []
    for line in sorted(lines):
        boxes: list[TextBox] = sorted((box for box in row.boxes if box.line == line), key=lambda box: box.start_seconds)
        stops = [*(box.start_seconds for box in boxes[1:]), row.span.stop_seconds]
        result += [
            MomentBox(line, box.start_seconds, stop, box.left, box.top, box.right, box.bottom)
            for box, stop in zip(boxes, stops, strict=True)
        ]
    return tuple(result)
