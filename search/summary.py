"""Questions about a whole video or the library: map and reduce over what was said, read and described in it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.models.vision_language import Prompt, VisionLanguageModel
from indexer.records import TextSource, TimeSpan, Video
from indexer.store import Library
from search.answer import Answer, CitedMoment, EvidenceUsed
from search.effort import reply_tokens
from search.listening import Listening
from search.prompts import quoted

if TYPE_CHECKING:
    from search.asking import Asker

SOURCES: tuple[TextSource, ...] = ("caption", "subtitle", "speech", "screen_text")
MOST_CHAPTERS = 24
"""Of one answer: more are joined two by two."""
MOST_CHAPTER_TOKENS = 96
MAP_INSTRUCTION = "Say in one sentence what happens in this part."
NO_TEXT = "There is no text to go by: index with captions, or videos with subtitles."


@dataclass(frozen=True, slots=True)
class _Line:
    video: Video
    span: TimeSpan
    text: str


def answer_summary(
    asker: "Asker",
    question: str,
    video: Video | None,
    *,
    started: float,
    listening: Listening,
) -> Answer:
    """What happens over the whole span, with its chapters as moments."""
    model, library = asker.model, asker.engine.library
    videos = [video] if video is not None else list(library.videos())
    lines = [line for one in videos for line in _lines(library, one)]
    room = min(model.context_limit, 8_192) - reply_tokens(model)
    parts = _parts(lines, model, room)
    largest = max((model.count_tokens(_map_prompt(part)) for part in parts), default=0)
    replies = (
        model.generate(
            [_map_prompt(part) for part in parts], max_tokens=MOST_CHAPTER_TOKENS, is_cancelled=listening.is_cancelled
        )
        if parts
        else []
    )
    chapters = [
        CitedMoment(
            part[0].video.path,
            part[0].video.video_id,
            TimeSpan(part[0].span.start_seconds, max(line.span.stop_seconds for line in part)),
            " ".join(reply.text.split()),
        )
        for part, reply in zip(parts, replies, strict=True)
    ]
    passes, answer = len(parts), NO_TEXT
    if chapters:
        prompt = _reduce_prompt(question, chapters, model, room)
        largest = max(largest, model.count_tokens(prompt))
        (reply,) = model.generate(
            [prompt], max_tokens=reply_tokens(model), on_text=listening.on_text, is_cancelled=listening.is_cancelled
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


def _lines(library: Library, video: Video) -> list[_Line]:
    rows = [row for source in SOURCES for row in library.texts(video.video_id, source)]
    return [_Line(video, row.span, quoted(row.text)) for row in sorted(rows, key=lambda row: row.span)]


def _parts(lines: Sequence[_Line], model: VisionLanguageModel, room: int) -> list[list[_Line]]:
    """Chapters: runs of lines of one video, as long as fit a prompt, and not many more than `MOST_CHAPTERS`."""
    longest = max(1, -(-len(lines) // MOST_CHAPTERS))
    parts: list[list[_Line]] = []
    for line in lines:
        part = parts[-1] if parts else None
        fits = part is not None and part[0].video is line.video and len(part) < longest
        if part is not None and fits and model.count_tokens(_map_prompt([*part, line])) <= room:
            part.append(line)
        else:
            parts.append([line])
    return parts


def _map_prompt(part: Sequence[_Line]) -> Prompt:
    body = "".join(f"{line.span.start_seconds:.1f}s <<<{line.text}>>>\n" for line in part)
    return (f"Lines of a video with their times, quoted:\n{body}{MAP_INSTRUCTION}",)


def _reduce_prompt(question: str, chapters: Sequence[CitedMoment], model: VisionLanguageModel, room: int) -> Prompt:
    """As many chapters as fit, every second one left out until they do."""
    kept = list(chapters)
    while True:
        body = "".join(f"{one.span.start_seconds:.1f}s <<<{quoted(one.why)}>>>\n" for one in kept)
        prompt = (
            f"Parts with their times, quoted:\n{body}Question: {quoted(question)}\nAnswer from these parts alone.",
        )
        if len(kept) <= 1 or model.count_tokens(prompt) <= room:
            return prompt
        kept = kept[::2]
