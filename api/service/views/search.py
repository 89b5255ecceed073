"""Searches and answers as the service's records, with links, captions and highlights. Reads the library; no HTTP."""

from base64 import b64decode
from collections.abc import Callable, Iterable
from pathlib import PurePath

import msgspec
from msgspec import UNSET

from api.highlight import matching_spans
from api.service.links import clip_link, media_link, thumbnail_link
from api.service.schemas import ask as ask_schemas
from api.service.schemas import search as search_schemas
from indexer.errors import ImageError
from indexer.records import TextRow, TimeSpan, Video
from indexer.store.library import Library
from search.answering.answer import CitedMoment
from search.conversation.exchange import Exchange
from search.engine import SearchEngine
from search.query.plan import Plan
from search.results import Moment, SearchResult
from search.signals import SIGNALS, Signal


def search_view(
    engine: SearchEngine,
    request: search_schemas.SearchRequest,
    *,
    look_again: Callable[[SearchResult], SearchResult] = lambda result: result,
) -> search_schemas.SearchAnswer:
    """One search; the closest moments if nothing is found. Raises as `run_search` and `look_again`.

    Args:
        look_again: the second look at what was found.
    """
    result = look_again(run_search(engine, request))
    videos = {one.video_id: one for one in engine.videos()}
    captions = SegmentCaptions(engine.library, videos)
    explained = [search_schemas.Explained(**one.to_json()) for one in result.signal_weights]
    return search_schemas.SearchAnswer(
        query=result.query,
        corrected=result.corrected,
        understood=msgspec.convert((result.plan or Plan.plain(result.query)).to_json(), search_schemas.Understood),
        found=result.found,
        more=result.more,
        seconds={name: round(value, 4) for name, value in result.seconds.items()},
        moments=[moment_view(one, result.words, videos, captions) for one in result.moments],
        closest=[moment_view(one, result.words, videos, captions) for one in result.closest],
        warnings=result.warnings if request.second_look else UNSET,
        explained=explained if request.explain else UNSET,
        read_again=result.reranked_segments if request.explain else UNSET,
    )


def run_search(engine: SearchEngine, request: search_schemas.SearchRequest) -> SearchResult:
    """The engine's own result of a request.

    Raises:
        ImageError: the image is not Base64, or cannot be used.
        ReelseekError: as `SearchEngine.search`.
    """
    signals: list[Signal] = [signal for signal in SIGNALS if signal in request.signals]
    return engine.search(
        request.query,
        image=None if request.image is None else image_bytes(request.image),
        like=request.like,
        video=request.video,
        scope=request.scope,
        limit=request.limit,
        offset=request.offset,
        signals=signals or None,
        per_video=request.per_video,
        fold=request.fold,
        expand=request.expand,
        plain=request.plain,
        threshold=request.threshold,
        sort=request.sort,
    )


def image_bytes(image: str) -> bytes:
    """The bytes of an image in Base64. Raises ImageError."""
    try:
        return b64decode(image, validate=True)
    except ValueError as error:
        raise ImageError(f"the image is no Base64 ({error}); encode the file's bytes, without a data: prefix") from None


class SegmentCaptions:
    """The captions of segments, each video's read once."""

    def __init__(self, library: Library, videos: dict[str, Video]) -> None:
        self._library = library
        self._videos = videos
        self._rows: dict[str, list[TextRow]] = {}

    def at(self, video_id: str, seconds: float) -> str:
        """The caption of the segment on screen then; empty where there is none."""
        video = self._videos.get(video_id)
        if video is None or "captions" not in video.stages:
            return ""
        if video_id not in self._rows:
            self._rows[video_id] = self._library.texts(video_id, "caption")
        rows = self._rows[video_id]
        return next((r.text for r in rows if r.span.start_seconds <= seconds < r.span.stop_seconds), "")


def moment_view(
    moment: Moment, query: str, videos: dict[str, Video], captions: SegmentCaptions
) -> search_schemas.Moment:
    video = videos.get(moment.video_id)
    return search_schemas.Moment(
        video_id=moment.video_id,
        video=PurePath(moment.video).name,
        kind=moment.kind,
        duration_seconds=round(video.duration_seconds, 3) if video else 0.0,
        start_seconds=round(moment.span.start_seconds, 3),
        stop_seconds=round(moment.span.stop_seconds, 3),
        best_frame_seconds=round(moment.best_frame_seconds, 3),
        score=round(moment.score, 6),
        relevance=round(moment.relevance, 3),
        grade=moment.grade,
        signals={str(name): rank for name, rank in moment.signals.items()},
        text=moment.text,
        caption=captions.at(moment.video_id, moment.best_frame_seconds),
        matched=[list(span) for span in matching_spans(moment.text, query)],
        boxes=[search_schemas.MomentBox(**box.to_json()) for box in moment.boxes],
        alike=moment.alike,
        in_video=moment.in_video,
        parts=[
            search_schemas.MomentPart(
                thumbnail=thumbnail_link(moment.video_id, part.best_frame_seconds), **part.to_json()
            )
            for part in moment.parts
        ],
        second_look=search_schemas.SecondLook(**moment.second_look.to_json()) if moment.second_look else UNSET,
        thumbnail=thumbnail_link(moment.video_id, moment.best_frame_seconds),
        media=media_link(moment.video_id),
        clip=clip_link(moment.video_id, moment.span),
    )


def answer_view(exchange: Exchange, conversation: str) -> ask_schemas.AskAnswer:
    answer = exchange.answer
    return ask_schemas.AskAnswer(
        asked=exchange.asked,
        question=exchange.question,
        within=exchange.within,
        resolved_by=exchange.resolved_by,
        conversation=conversation,
        found=answer.found,
        answer=answer.answer,
        moments=[cited_view(one) for one in answer.moments],
        evidence=ask_schemas.EvidenceUsed(**answer.evidence.to_json()),
        model=PurePath(answer.model).name,
        seconds=round(answer.seconds, 3),
        warnings=list(answer.warnings),
    )


def cited_view(moment: CitedMoment) -> ask_schemas.CitedMoment:
    return ask_schemas.CitedMoment(
        video_id=moment.video_id,
        video=PurePath(moment.video).name,
        start_seconds=round(moment.span.start_seconds, 3),
        stop_seconds=round(moment.span.stop_seconds, 3),
        why=moment.why,
        thumbnail=thumbnail_link(moment.video_id, middle_of_span(moment.span)),
        media=media_link(moment.video_id),
        clip=clip_link(moment.video_id, moment.span),
    )


def shown_views(clips: Iterable[tuple[str, TimeSpan]], videos: dict[str, Video]) -> list[ask_schemas.ShownClip]:
    """The clips that the model sees, without those of videos that were just removed."""
    return [
        ask_schemas.ShownClip(
            video_id=video_id,
            video=PurePath(videos[video_id].path).name,
            start_seconds=round(span.start_seconds, 3),
            stop_seconds=round(span.stop_seconds, 3),
            thumbnail=thumbnail_link(video_id, middle_of_span(span)),
        )
        for video_id, span in clips
        if video_id in videos
    ]


def middle_of_span(span: TimeSpan) -> float:
    return (span.start_seconds + span.stop_seconds) / 2
