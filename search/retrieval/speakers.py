"""Speakers: the moments at which somebody speaks."""

from collections.abc import Mapping, Sequence

from indexer.records import SegmentRow, TextRow, TimeSpan, Video
from indexer.store.library import Library
from search.moments.localization import Draft, frame_inside
from search.signals import Signal
from search.text.term_coverage import word_share
from search.text.words import split_words

SOURCE = "speech"
SIGNAL: Signal = "speech_words"


def find_speaker(library: Library, name: str, *, videos: Mapping[str, Video], about: str = "") -> list[Draft]:
    """What a speaker says, line by line: first what holds most of some words, then in order of time.

    Args:
        name: all words of it must be in the speaker's name; case does not matter.
        about: the words; empty: the videos in which the speaker says most come first.
    """
    speaking = {video_id: seconds for video_id in videos if (seconds := _seconds(videos[video_id], name)) > 0}
    order = sorted(speaking, key=lambda one: (-speaking[one], videos[one].path))
    lines = [(video_id, row) for video_id in order for row in _lines(library, videos[video_id], name)]
    if about:
        lines.sort(key=lambda line: -word_share(about, line[1].text))
    segments = library.segments_by_key([(video_id, row.segment_index) for video_id, row in lines])
    return [
        _draft(video_id, row, segments[video_id, row.segment_index], rank)
        for rank, (video_id, row) in enumerate(lines, start=1)
        if (video_id, row.segment_index) in segments
    ]


def _draft(video_id: str, row: TextRow, segment: SegmentRow, rank: int) -> Draft:
    best = frame_inside(row.span, segment.best_frame_seconds)
    return Draft(video_id, segment.index, row.span, best, 1.0 / rank, {SIGNAL: rank}, row.text, 0.0)


def speaks_in(library: Library, name: str, drafts: Sequence[Draft], *, videos: Mapping[str, Video]) -> list[bool]:
    """For each draft whether the speaker says something in it."""
    return spoken_by(library, name, [(draft.video_id, draft.span) for draft in drafts], videos=videos)


def spoken_by(
    library: Library, name: str, spans: Sequence[tuple[str, TimeSpan]], *, videos: Mapping[str, Video]
) -> list[bool]:
    """For each (video id, span) whether the speaker says something in it."""
    said: dict[str, list[TimeSpan]] = {}
    for video_id in dict.fromkeys(video_id for video_id, _ in spans):
        is_there = _seconds(videos[video_id], name) > 0
        said[video_id] = [row.span for row in _lines(library, videos[video_id], name)] if is_there else []
    return [any(span.intersection_seconds(one) > 0 for one in said[video_id]) for video_id, span in spans]


def _seconds(video: Video, name: str) -> float:
    return sum(voice.seconds for voice in video.voices if _is_called(voice.speaker, name))


def _lines(library: Library, video: Video, name: str) -> list[TextRow]:
    wanted = {place for place, voice in enumerate(video.voices) if _is_called(voice.speaker, name)}
    return [row for row in library.texts(video.video_id, SOURCE) if row.voice in wanted]


def _is_called(speaker: str, name: str) -> bool:
    words = split_words(name)
    return bool(words) and set(words) <= set(split_words(speaker))
