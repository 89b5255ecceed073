"""What a search of a library can be narrowed by, and what a query may become as it is typed. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import PurePath

from api.service.schemas.facets import Facets, FacetValue, Suggestion
from indexer.records import Video
from indexer.speech.speakers import speakers_of
from indexer.store.tags import count_tags
from indexer.words.folding import fold_name
from search.text.vocabulary import Vocabulary

MOST_VALUES = 200
MOST_SUGGESTIONS = 8
LEAST_LETTERS = 2


def facets_of(videos: Sequence[Video]) -> Facets:
    """The folders (by their own name alone), tags, speakers, languages and years of the videos."""
    folders = Counter(name for video in videos if (name := PurePath(video.path).parent.name))
    languages = Counter(tag for video in videos for tag in video.language_tags)
    years = Counter(str(video.created.year) for video in videos)
    return Facets(
        folder=_values(sorted(folders.items(), key=lambda one: fold_name(one[0]))),
        tag=_values(count_tags(video.tags for video in videos).items()),
        speaker=_values((one.name, one.videos) for one in speakers_of(videos)),
        language=_values(sorted(languages.items())),
        date=_values(sorted(years.items(), reverse=True)),
    )


def suggestions_for(query: str, videos: Sequence[Video], vocabulary: Vocabulary | None) -> list[Suggestion]:
    """Completions of the last word of a query: tags and speakers as filters, names of videos, words of the library."""
    head, _, last = query.rpartition(" ")
    begun = fold_name(last)
    if len(begun) < LEAST_LETTERS or ":" in last or '"' in last:
        return []
    start = f"{head} " if head else ""
    tags = [f"tag:{quoted(tag)}" for tag in count_tags(video.tags for video in videos) if _begins(tag, begun)]
    speakers = [f"speaker:{quoted(one.name)}" for one in speakers_of(videos) if _begins(one.name, begun)]
    names = dict.fromkeys(PurePath(video.path).name for video in videos)
    files = [f"video:{quoted(name)}" for name in names if _begins(PurePath(name).stem, begun)]
    words = [] if vocabulary is None else vocabulary.beginning_with(begun, limit=MOST_SUGGESTIONS)
    found = [
        *(Suggestion(query=start + one, kind="tag") for one in tags[:2]),
        *(Suggestion(query=start + one, kind="speaker") for one in speakers[:2]),
        *(Suggestion(query=start + one, kind="word") for one in words if one != begun),
        *(Suggestion(query=start + one, kind="video") for one in files[:3]),
    ]
    return found[:MOST_SUGGESTIONS]


def quoted(value: str) -> str:
    """A value as the query language takes it after a field's name."""
    return f'"{value}"' if any(sign.isspace() or sign in "()-" for sign in value) else value


def _begins(name: str, begun: str) -> bool:
    return any(word.startswith(begun) for word in (fold_name(name), *fold_name(name).split()))


def _values(counts: Iterable[tuple[str, int]]) -> list[FacetValue]:
    return [FacetValue(value=value, videos=videos) for value, videos in islice(counts, MOST_VALUES)]
