"""Titles of chapters, taken from what is said, written and shown in them. Pure.

The title of a chapter is its sentence of the greatest mean tf-idf weight, each word counted once (Luhn 1958, "The
Automatic Creation of Literature Abstracts", with the weights of Sparck Jones 1972): it says most of what the chapter
says and the others do not.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

from indexer.catalog import TextSource
from indexer.records import TimeSpan
from search.signals import sources_of_kind
from search.text.words import FUNCTION_WORDS, split_words

MAX_TITLE_CHARACTERS = 80
OPENING_SHARE = 0.25
HEADING_SECONDS = 2.0
"""A heading or a title card appears within the first quarter of its chapter, and stays long enough to be read."""
_WEIGHTS: dict[TextSource, float] = dict.fromkeys(sources_of_kind("said"), 0.7)
"""Spoken sentences are long, and more often beside the point."""
_HEADING_WEIGHT = 5.0
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_LEAST_LETTERS = 3


@dataclass(frozen=True, slots=True)
class TimedLine:
    """A text of a video with its time."""

    source: TextSource
    span: TimeSpan
    text: str


def title_words(text: str) -> list[str]:
    """The words of a text in order, without function words and numbers."""
    return [word for word in split_words(text) if word not in FUNCTION_WORDS and not word.isdigit()]


def chapter_titles(chapters: Sequence[tuple[TimeSpan, Sequence[TimedLine]]]) -> list[str]:
    """A title for each (span, its lines), all distinct; `Part 3` where there are no words."""
    words = [Counter(word for line in lines for word in title_words(line.text)) for _, lines in chapters]
    spread = Counter(word for own in words for word in own)
    found: list[str] = []
    for number, ((span, lines), own) in enumerate(zip(chapters, words, strict=True), 1):
        # The logarithm keeps one word that is said a hundred times from deciding alone.
        weights = {word: (1 + log(count)) * log((1 + len(chapters)) / spread[word]) for word, count in own.items()}
        ranked = sorted(_candidates(span, lines), key=lambda one: -_score(one, weights))
        title = next((short for text, _ in ranked if (short := shorten_title(text)) not in found), f"Part {number}")
        found.append(title)
    return found


def shorten_title(text: str) -> str:
    """A text as one line of at most `MAX_TITLE_CHARACTERS`, cut between words, without a full stop."""
    line = " ".join(text.split())
    if len(line) > MAX_TITLE_CHARACTERS:
        head = line[: MAX_TITLE_CHARACTERS - 1]
        line = (head.rsplit(" ", 1)[0] if " " in head else head).rstrip(",;:- ") + "…"
    return line.removesuffix(".") if not line.endswith("..") else line


def _candidates(span: TimeSpan, lines: Sequence[TimedLine]) -> list[tuple[str, float]]:
    """(sentence, weight of its source and position)."""
    opening = span.start_seconds + OPENING_SHARE * span.duration_seconds
    found: list[tuple[str, float]] = []
    for line in lines:
        is_heading = (
            line.source == "screen_text"
            and line.span.start_seconds <= opening
            and line.span.duration_seconds >= HEADING_SECONDS
        )
        for index, sentence in enumerate(_SENTENCE_END.split(line.text)):
            weight = _HEADING_WEIGHT if is_heading and index == 0 else _WEIGHTS.get(line.source, 1.0)
            if sum(sign.isalpha() for sign in sentence) >= _LEAST_LETTERS:
                found.append((sentence.strip(), weight))
    return found


def _score(candidate: tuple[str, float], weights: dict[str, float]) -> float:
    text, weight = candidate
    words = set(title_words(text))
    # The root keeps both the longest sentences and single words from always winning.
    return weight * sum(weights.get(word, 0.0) for word in words) / sqrt(len(words) + 2)
