"""Questions about a whole video or the library: frames spread evenly, map and reduce over its texts, and counting."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.models.vision_language import IsCancelled, OnText, Prompt, VisionLanguageModel
from indexer.records import TextSource, TimeSpan, Video
from indexer.shown_pictures import picture_size
from indexer.store import Library
from search.answer import Answer, CitedMoment, EvidenceUsed
from search.budget import SMALLEST_PAIR, prompt_tokens
from search.evidence import Candidate, PlannedClip, PlannedPair
from search.passes import Effort, Passes, reply_tokens
from search.prompts import quoted
from search.question import Scope, retrieval_query

if TYPE_CHECKING:
    from search.asking import Asker

SOURCES: tuple[TextSource, ...] = ("caption", "subtitle", "screen_text")
MOST_CHAPTERS = 24
"""Of one answer: more are joined two by two."""
MOST_CHAPTER_TOKENS = 96
COUNT_EFFORT = Effort(clips=72, clips_a_pass=6, tokens=8_192)
MAP_INSTRUCTION = "Say in one sentence what happens in this part."
NO_TEXT = "There is no text to go by: index with captions, or videos with subtitles."


def whole_candidates(library: Library, video: Video | None) -> list[Candidate]:
    """Every video, or the one that is named, as one piece of evidence each."""
    from search.asking import candidate_of

    videos = [video] if video is not None else [one for one in library.videos() if "picture" in one.stages]
    return [candidate_of(one, TimeSpan(0.0, one.duration_seconds)) for one in videos if one.duration_seconds > 0]


def whole_plan(
    question: str, candidates: Sequence[Candidate], model: VisionLanguageModel, tokens: int
) -> list[PlannedClip]:
    """As many frame pairs as fit, spread evenly over all candidates; those that get none are left out."""
    total = sum(one.span.duration_seconds for one in candidates)
    most = max(1, int(total))  # a pair a second at most
    low, high, best = 1, min(most, tokens), list[PlannedClip]()
    while low <= high:
        count = (low + high) // 2
        planned = _spread(candidates, count, total, model)
        if prompt_tokens(question, planned, model) <= tokens:
            best, low = planned, count + 1
        else:
            high = count - 1
    return best


def _spread(candidates: Sequence[Candidate], count: int, total: float, model: VisionLanguageModel) -> list[PlannedClip]:
    planned: list[PlannedClip] = []
    passed, place = 0.0, 0
    for one in candidates:
        size = picture_size(
            one.width,
            one.height,
            grid_pixels=model.grid_pixels,
            most_tokens=SMALLEST_PAIR,
            only=model.picture_size,
        )
        pairs: list[PlannedPair] = []
        while place < count and (place + 0.5) * total / count < passed + one.span.duration_seconds:
            start = min((place + 0.5) * total / count - passed, max(0.0, one.span.stop_seconds - 0.5))
            pairs.append(PlannedPair(start, 1.0, size))
            place += 1
        passed += one.span.duration_seconds
        if pairs:
            planned.append(PlannedClip(one, tuple(pairs)))
    return planned


def answer_whole(
    asker: "Asker",
    question: str,
    scope: Scope,
    video: Video | None,
    *,
    started: float,
    on_text: OnText | None,
    is_cancelled: IsCancelled | None,
) -> Answer:
    """A summary with its chapters as moments, or a count with what was counted."""
    if scope == "count":
        return _count(asker, question, video, started=started, is_cancelled=is_cancelled)
    return _summary(asker, question, video, started=started, on_text=on_text, is_cancelled=is_cancelled)


def _count(
    asker: "Asker", question: str, video: Video | None, *, started: float, is_cancelled: IsCancelled | None
) -> Answer:
    """Enumerates: every moment that the search brings up is looked at, and those that the model cites are counted."""
    from search.asking import wants_text

    query = retrieval_query(question)
    name = None if video is None else video.video_id
    found = asker.engine.search(query, video=name, limit=COUNT_EFFORT.clips).moments
    asked = f"When can one see {query}?"
    candidates = asker.candidates(found, query, with_text=wants_text(question, found)) if found else []
    counted: list[CitedMoment] = []
    shown: list[tuple[str, TimeSpan]] = []
    frames = tokens = passes = 0
    warnings: list[str] = []
    size = COUNT_EFFORT.clips_a_pass
    one_pass = Effort(clips=size, clips_a_pass=size, tokens=COUNT_EFFORT.tokens)
    from search.asking import cited

    for start in range(0, len(candidates), size):
        looked = Passes(asked, asker.model, asker.settings, effort=one_pass, is_cancelled=is_cancelled).look(
            candidates[start : start + size]
        )
        counted += cited(looked) if looked.reply.found else []
        shown += looked.shown
        frames, tokens, passes = frames + looked.frames, max(tokens, looked.tokens), passes + looked.passes
        warnings += looked.warnings
        if not looked.reply.found:
            break  # ranked by relevance: after a whole batch without one, no more are expected
    counted = distinct(counted)
    times = "once" if len(counted) == 1 else "twice" if len(counted) == 2 else f"{len(counted)} times"
    return Answer(
        question,
        bool(counted),
        f"{times[0].upper()}{times[1:]}." if counted else "Not once, as far as was found.",
        counted,
        EvidenceUsed(len(shown), frames, tokens, asker.model.context_limit, passes),
        asker.model.name,
        time.perf_counter() - started,
        shown,
        warnings,
    )


def distinct(moments: Sequence[CitedMoment]) -> list[CitedMoment]:
    """In order of video and time; what overlaps is one."""
    kept: list[CitedMoment] = []
    for moment in sorted(moments, key=lambda one: (one.video, one.span)):
        last = kept[-1] if kept else None
        if last and last.video_id == moment.video_id and last.span.intersection_seconds(moment.span) > 0:
            stop = max(last.span.stop_seconds, moment.span.stop_seconds)
            kept[-1] = CitedMoment(last.video, last.video_id, TimeSpan(last.span.start_seconds, stop), last.why)
        else:
            kept.append(moment)
    return kept


@dataclass(frozen=True, slots=True)
class _Line:
    video: Video
    span: TimeSpan
    text: str


def _summary(
    asker: "Asker",
    question: str,
    video: Video | None,
    *,
    started: float,
    on_text: OnText | None,
    is_cancelled: IsCancelled | None,
) -> Answer:
    model, library = asker.model, asker.engine.library
    videos = [video] if video is not None else list(library.videos())
    lines = [line for one in videos for line in _lines(library, one)]
    room = min(model.context_limit, 8_192) - reply_tokens(model)
    parts = _parts(lines, model, room)
    largest = max((model.count_tokens(_map_prompt(part)) for part in parts), default=0)
    replies = (
        model.generate([_map_prompt(part) for part in parts], max_tokens=MOST_CHAPTER_TOKENS, is_cancelled=is_cancelled)
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
        (reply,) = model.generate([prompt], max_tokens=reply_tokens(model), on_text=on_text, is_cancelled=is_cancelled)
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
