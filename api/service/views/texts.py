"""The texts of a video as the service sends them."""

from pathlib import PurePath

from api.service.schemas.texts import SourceTexts, TimedLine, VideoTexts
from indexer.catalog import STAGE_OF_SOURCE, TEXT_ENTRIES, TextSource
from indexer.records import TextRow, TimeSpan, Video
from indexer.store.library import Library


def texts_view(library: Library, video: Video, *, source: TextSource | None, within: TimeSpan) -> VideoTexts:
    """The texts of one source or all of them that touch a span."""
    wanted = [entry for entry in TEXT_ENTRIES if source in (None, entry.source)]
    speakers = [voice.speaker for voice in video.voices]

    def lines(name: TextSource) -> list[TimedLine]:
        rows = sorted(library.texts(video.video_id, name), key=lambda row: row.span)
        return [_line(row, speakers) for row in rows if _touches(row.span, within)]

    return VideoTexts(
        video=PurePath(video.path).name,
        video_id=video.video_id,
        sources=[
            SourceTexts(source=entry.source, label=entry.label, kind=entry.kind, lines=lines(entry.source))
            for entry in wanted
            if STAGE_OF_SOURCE[entry.source] in video.stages
        ],
    )


def _touches(span: TimeSpan, within: TimeSpan) -> bool:
    return span.start_seconds < within.stop_seconds and within.start_seconds < span.stop_seconds


def _line(row: TextRow, speakers: list[str]) -> TimedLine:
    return TimedLine(
        start_seconds=round(row.span.start_seconds, 3),
        stop_seconds=round(row.span.stop_seconds, 3),
        text=row.text,
        speaker=speakers[row.voice] if 0 <= row.voice < len(speakers) else "",
        language=row.language,
        is_scenery=row.is_scenery,
    )
