"""Metadata retrieval: a query's words against file and folder names, titles, tags, chapters, places and cameras.

A chapter has a time: a match is a moment with the chapter's span. All other metadata is about the whole video: a match
lifts the segment of that video that the other signals rank best, or without one gives the video's first segment. Such a
match says little about what is seen or said, so the list has a small weight in the fusion. Leaves out filters
(`search.query.filters`), which select and never rank.
"""

import os.path
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import PurePath

from indexer.records import SegmentRow, TimeSpan, Video
from indexer.store.hits import SegmentKey
from indexer.words.attached_forms import attached_forms, is_hangul
from search.retrieval.embedded_query import EmbeddedQuery
from search.retrieval.ranked_list import Hit, RetrievalResult
from search.retrieval.searchable import Searchable
from search.scoring.rank_fusion import fuse_ranks
from search.scoring.relevance import NearestScores
from search.signals import METADATA, Signal
from search.text.phrase_matching import holds_phrase
from search.text.stated_words import holds_stated_words
from search.text.term_coverage import QUERY_SHARE, content_words, held_words, word_share
from search.text.vocabulary import Vocabulary, split_name
from search.text.words import split_words

VIDEO_WEIGHT = 0.25
"""A match at rank 1 lifts a segment from rank 20 of a full list to rank 1, and alone it ranks behind 180 hits of such a
list: a name is never worth more than what is seen or said."""
CHAPTER_WEIGHT = 0.5
"""Where the best match is a chapter, which is about its own span, though often a long one."""
HEAD_LETTERS = 3
"""Words that differ in these are not the same word, inflected or not: a quick first look."""
STATED_SHARE = 0.8
"""At least, of a name that holds the words that the query says stand somewhere."""
MOST_MATCHES = 200
MOST_CHAPTERS = 50
"""Few, since their segments are looked up one video at a time."""


_Words = tuple[str, tuple[str, ...]]
"""A path and the texts beside it: a key that is cheap to make, for caching what is costly."""


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A video, or a chapter of it, whose words match."""

    video_id: str
    span: TimeSpan | None
    """Of the chapter; None: the whole video."""
    text: str
    """The parts that hold the query's words."""
    share: float
    """Share of the query's words that are there, by weight, above 0."""
    is_whole: bool = False
    """Whether the query gives the whole name or title, numbers aside, and no more."""


def with_metadata(
    library: Searchable, query: EmbeddedQuery, found: RetrievalResult, videos: Mapping[str, Video]
) -> RetrievalResult:
    """The result with the list of this signal added where something matches.

    Args:
        videos: the library's, by id.
    """
    wanted = (
        video
        for video in videos.values()
        if "picture" in video.stages and (query.video_ids is None or video.video_id in query.video_ids)
    )
    parent = common_folder(videos.values())
    matches = match_metadata(query.text, list(wanted), parent=parent, vocabulary=query.vocabulary)
    hits = _hits(library, matches, found) if matches else []
    if not hits:
        return found
    weight = (CHAPTER_WEIGHT if matches[0].span else VIDEO_WEIGHT) * matches[0].share
    near = NearestScores({hit.key: hit.worth for hit in hits}, 0.0)
    whole = {match.video_id for match in matches if match.is_whole}
    named = frozenset(hit.key for hit in hits if hit.key[0] in whole)
    return replace(
        found,
        lists={**found.lists, METADATA: hits},
        weights={**found.weights, METADATA: weight},
        evidence=replace(found.evidence, nearest={**found.evidence.nearest, METADATA: near}, named=named),
    )


def match_metadata(
    query: str, videos: Sequence[Video], *, parent: str = "", vocabulary: Vocabulary | None = None
) -> list[NameMatch]:
    """Chapters, then whole videos, each best first; at most `MOST_CHAPTERS` and in all `MOST_MATCHES`.

    A video counts when its names, title, tags, place, camera and description together hold half of the query's words
    that mean something, or when a tag or the title by itself is what the query asks for.

    Args:
        parent: folder that all videos share; its name and those above it are not compared.
        vocabulary: of the library; a word that is rare in it weighs more.
    """
    share_of = partial(word_share, query, vocabulary=vocabulary)
    given = frozenset(split_words(query))
    heads = {_head(word) for word in content_words(query)}
    chapters: list[NameMatch] = []
    wholes: list[NameMatch] = []
    for video in videos:
        chapters += [
            NameMatch(video.video_id, chapter.span, chapter.title, share)
            for chapter in video.metadata.chapters
            if not heads.isdisjoint(_heads(chapter.title)) and (share := share_of(chapter.title)) > 0
        ]
        words = _words_of(video)
        if video.path.rpartition(".")[2].lower() in given and holds_phrase(name := PurePath(video.path).name, query):
            wholes.append(NameMatch(video.video_id, None, name, 1.0, is_whole=True))
            continue
        if heads.isdisjoint(_all_heads(parent, words)):
            continue
        parts = _parts(parent, words)
        share = _best_share(share_of, video, parts)
        if any(holds_stated_words(query, name) for name in parts):
            share = max(share, STATED_SHARE)
        if share > 0:
            text = " · ".join(part for part in parts if not heads.isdisjoint(_heads(part)))
            is_whole = any(is_whole_name(query, name) for name in names_of(video))
            wholes.append(NameMatch(video.video_id, None, text, share, is_whole))
    paths = {video.video_id: video.path for video in videos}
    for matches in (chapters, wholes):
        matches.sort(key=lambda one: (-one.share, paths[one.video_id], one.span or TimeSpan(0, 0)))
    return [*chapters[:MOST_CHAPTERS], *wholes][:MOST_MATCHES]


def common_folder(videos: Iterable[Video]) -> str:
    """The deepest folder that holds all of them; empty without any."""
    return _common_folder(tuple(video.path for video in videos))


@lru_cache(maxsize=8)
def _common_folder(paths: tuple[str, ...]) -> str:
    folders = {os.path.dirname(path) for path in paths}  # noqa: PTH120 - tens of thousands of them
    try:
        return os.path.commonpath(folders)
    except ValueError:
        return ""


def names_of(video: Video) -> tuple[str, ...]:
    """The file's name and its title, as the library's vocabulary takes them."""
    stem = os.path.splitext(os.path.basename(video.path))[0]  # noqa: PTH119, PTH122 - tens of thousands of them
    return tuple(name for name in (stem, video.metadata.title) if name)


def is_whole_name(query: str, name: str) -> bool:
    """Whether the content words of a query are those of a name, numbers in the name aside."""
    telling = " ".join(word for word in split_words(split_name(name)) if not word.isdigit())
    wanted, held = content_words(query), content_words(telling)
    return bool(wanted) and held_words(query, name) >= {*wanted} and held_words(telling, query) >= {*held}


def _words_of(video: Video) -> _Words:
    said = video.metadata
    names = (said.place_name, said.camera_make, said.camera_model, said.artist)
    return video.path, (said.title, *video.tags, *names, said.description, said.comment)


def _parts(parent: str, words: _Words) -> list[str]:
    path, texts = PurePath(words[0]), words[1]
    folders = path.parent.relative_to(parent).as_posix() if parent and path.is_relative_to(parent) else ""
    names = (split_name(path.stem), *folders.split("/"))
    return list(dict.fromkeys(text for text in (*texts, *names) if text and text != "."))


@lru_cache(maxsize=1 << 17)
def _all_heads(parent: str, words: _Words) -> frozenset[str]:
    return frozenset(head for part in _parts(parent, words) for head in _heads(part))


def _best_share(share_of: Callable[[str], float], video: Video, parts: Sequence[str]) -> float:
    whole = share_of("\n".join(parts))
    if whole >= QUERY_SHARE:
        return whole
    return max((share_of(text) for text in (*video.tags, video.metadata.title) if text), default=0.0)


@lru_cache(maxsize=1 << 17)
def _heads(text: str) -> frozenset[str]:
    """The first letters of the text's words: a text without those of a query's words does not hold these."""
    return frozenset(map(_head, split_words(text)))


def _head(word: str) -> str:
    """The first letters that a word shares with all of its forms."""
    shortest = min((word, *attached_forms(word)), key=len)
    return shortest[: 1 if is_hangul(shortest) else HEAD_LETTERS]


def _hits(library: Searchable, matches: Sequence[NameMatch], found: RetrievalResult) -> list[Hit]:
    """The segments of the matches, each once."""
    best = _best_segments(found)
    firsts = library.segments_by_key([(one.video_id, 0) for one in matches if one.video_id not in best])
    segments: dict[str, list[SegmentRow]] = {}
    hits: dict[SegmentKey, Hit] = {}
    for match in matches:
        first = (match.video_id, 0)
        if match.span is not None:
            if match.video_id not in segments:
                segments[match.video_id] = library.segments(match.video_id)
            index = _segment_of(match.span, segments[match.video_id])
            if index is not None:
                key = (match.video_id, index)
                hits.setdefault(key, Hit(key, match.span, match.text, match.share))
        elif match.video_id in best:
            hits.setdefault(best[match.video_id], Hit(best[match.video_id], None, "", match.share))
        elif first in firsts:
            hits.setdefault(first, Hit(first, firsts[first].span, match.text, match.share))
    return list(hits.values())


def _best_segments(found: RetrievalResult) -> dict[str, SegmentKey]:
    keys: dict[Signal, list[SegmentKey]] = {signal: [hit.key for hit in hits] for signal, hits in found.lists.items()}
    best: dict[str, SegmentKey] = {}
    for one in fuse_ranks(keys, weights=found.weights):
        best.setdefault(one.key[0], one.key)
    return best


def _segment_of(chapter: TimeSpan, segments: Sequence[SegmentRow]) -> int | None:
    """The first segment that lies in the chapter by half or more, else the one that shares most with it."""
    shared = {row.index: row.span.intersection_seconds(chapter) for row in segments}
    inside = (row.index for row in segments if 0 < row.span.duration_seconds <= 2 * shared[row.index])
    most = max(shared, key=lambda index: (shared[index], -index), default=None)
    return next(inside, most)
