"""Answers about a whole video or library: map-reduce over its texts and captions, chapter by chapter."""

import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.models.vision_language import Prompt, VisionLanguageModel, user_prompt
from indexer.records import TimeSpan, Video
from indexer.store.library import Library
from search.answering.answer import Answer, CitedMoment, EvidenceUsed
from search.answering.asked_part import AskedPart
from search.answering.callbacks import AnswerCallbacks
from search.answering.context import AskContext
from search.answering.effort import reply_tokens
from search.chapters.chapters import lines_of, spans_of
from search.text.quoting import quote_for_prompt

MOST_CHAPTERS = 24
"""In one answer; at least one for each video."""
MOST_CHAPTER_TOKENS = 96
MAP_INSTRUCTION = "Say in one sentence what happens in this part."
NO_TEXT = "There is no text to go by: index with captions, or videos with subtitles."


@dataclass(frozen=True, slots=True)
class _Line:
    video: Video
    span: TimeSpan
    text: str


def answer_summary(
    context: AskContext,
    question: str,
    asked: AskedPart,
    *,
    started: float,
    callbacks: AnswerCallbacks,
) -> Answer:
    """A summary of the whole span, with its chapters as moments.

    Args:
        started: `time.perf_counter` when the question came.
    """
    model, library = context.model, context.engine.library
    groups = [group for one in asked.videos for group in _groups(library, one, asked)]
    room = min(model.context_limit, 8_192) - reply_tokens(model)
    parts = _parts(groups, model, room)
    largest = max((model.count_tokens(_map_prompt(part)) for part in parts), default=0)
    replies = (
        model.generate(
            [_map_prompt(part) for part in parts], max_tokens=MOST_CHAPTER_TOKENS, is_cancelled=callbacks.is_cancelled
        )
        if parts
        else []
    )
    spans = [TimeSpan(part[0].span.start_seconds, max(line.span.stop_seconds for line in part)) for part in parts]
    inside = asked.inside(library, [(part[0].video.video_id, span) for part, span in zip(parts, spans, strict=True)])
    chapters = [
        CitedMoment(part[0].video.path, part[0].video.video_id, span, " ".join(reply.text.split()))
        for part, reply, span in zip(parts, replies, inside, strict=True)
        if span is not None
    ]
    passes, answer = len(parts), NO_TEXT
    if chapters:
        prompt = _reduce_prompt(question, chapters, model, room)
        largest = max(largest, model.count_tokens(prompt))
        (reply,) = model.generate(
            [prompt], max_tokens=reply_tokens(model), on_text=callbacks.on_text, is_cancelled=callbacks.is_cancelled
        )
        answer, passes = " ".join(reply.text.split()), passes + 1
    return Answer(
        question,
        bool(chapters),
        answer,
        chapters,
        EvidenceUsed(len(chapters), 0, largest, model.context_limit, passes),
        model.name,
        time.perf_counter() - started,
        [(one.video_id, one.span) for one in chapters],
    )


def _groups(library: Library, video: Video, asked: AskedPart) -> list[list[_Line]]:
    """The lines that are asked of, by chapter (`search.chapters.chapters`): that in which the middle of a line lies."""
    stops = [span.stop_seconds for span in spans_of(library, video)[:-1]]
    groups: dict[int, list[_Line]] = {}
    lines = lines_of(library, video)
    inside = asked.inside(library, [(video.video_id, line.span) for line in lines])
    for line, span in zip(lines, inside, strict=True):
        if span is not None:
            place = bisect_right(stops, (span.start_seconds + span.stop_seconds) / 2)
            groups.setdefault(place, []).append(_Line(video, span, quote_for_prompt(line.text)))
    return [groups[place] for place in sorted(groups)]


def _parts(groups: Sequence[list[_Line]], model: VisionLanguageModel, room: int) -> list[list[_Line]]:
    """The chapters, merged with a short neighbour until there are few enough, then split to what fits a prompt."""
    joined = [list(group) for group in groups]
    while len(joined) > MOST_CHAPTERS:
        pairs = [place for place in range(1, len(joined)) if joined[place - 1][0].video is joined[place][0].video]
        if not pairs:
            break
        place = min(pairs, key=lambda place: len(joined[place - 1]) + len(joined[place]))
        joined[place - 1 : place + 1] = [joined[place - 1] + joined[place]]
    parts: list[list[_Line]] = []
    for group in joined:
        part: list[_Line] = []
        for line in group:
            if part and model.count_tokens(_map_prompt([*part, line])) > room:
                parts.append(part)
                part = []
            part.append(line)
        parts.append(part)
    return parts


def _map_prompt(part: Sequence[_Line]) -> Prompt:
    body = "".join(f"{line.span.start_seconds:.1f}s <<<{line.text}>>>\n" for line in part)
    return user_prompt(f"Lines of a video with their times, quoted:\n{body}{MAP_INSTRUCTION}")


def _reduce_prompt(question: str, chapters: Sequence[CitedMoment], model: VisionLanguageModel, room: int) -> Prompt:
    """The prompt with as many chapters as fit; every second one is dropped until they do."""
    kept = list(chapters)
    while True:
        body = "".join(f"{one.span.start_seconds:.1f}s <<<{quote_for_prompt(one.why)}>>>\n" for one in kept)
        asked = f"Question: {quote_for_prompt(question)}\nAnswer from these parts alone."
        prompt = user_prompt(f"Parts with their times, quoted:\n{body}{asked}")
        if len(kept) <= 1 or model.count_tokens(prompt) <= room:
            return prompt
        kept = kept[::2]
