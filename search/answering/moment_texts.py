"""The texts and captions of given moments, as a model is shown them."""

from collections.abc import Sequence

from indexer.catalog import TextSource
from indexer.records import TextRow, TimeSpan
from indexer.store.library import Library
from search.answering.answer import CitedMoment
from search.answering.question_analysis import question_calls_for_text
from search.results import Moment
from search.signals import signals_of_kind, sources_of_kind
from search.text.text_spans import belongs_to

QUOTED_SOURCES: tuple[TextSource, ...] = sources_of_kind("written", "said", "other")
"""All but captions, which have their own place in a prompt."""


def answer_needs_text(question: str, moments: Sequence[Moment]) -> bool:
    """Whether the model needs the texts: the question calls for them, or the best moment matched by text alone."""
    best = moments[0].signals if moments else {}
    by_sight = set(signals_of_kind("seen", "described")) & set(best)
    return question_calls_for_text(question) or (bool(best) and not by_sight)


def texts_in_moments(library: Library, moments: Sequence[Moment | CitedMoment]) -> list[str]:
    """For each moment what is written and said in it, each text once, in order of time."""
    of_video: dict[str, list[TextRow]] = {}
    for video_id in dict.fromkeys(moment.video_id for moment in moments):
        of_video[video_id] = [row for source in QUOTED_SOURCES for row in library.texts(video_id, source)]
    return [moment_text(of_video[moment.video_id], moment.span) for moment in moments]


def captions_in_moments(library: Library, moments: Sequence[Moment | CitedMoment]) -> list[str]:
    """For each moment the captions of its segments, each once, in order of time."""
    of_video = {video_id: library.texts(video_id, "caption") for video_id in {moment.video_id for moment in moments}}
    return [moment_text(of_video[moment.video_id], moment.span, between="; ") for moment in moments]


def moment_text(rows: Sequence[TextRow], span: TimeSpan, *, between: str = " ") -> str:
    """The texts that belong to a span, joined in order of time."""
    found = [row for row in rows if belongs_to(row.span, span)]
    return between.join(dict.fromkeys(row.text for row in sorted(found, key=lambda row: row.span)))
