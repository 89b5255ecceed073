"""Texts of one video on their way into the library: joined to segments, embedded, committed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexer.catalog import ENTRY_OF_STAGE, StageName, TextSource
from indexer.errors import DecoderCrashedError, UnexpectedVideoError, VanishedVideoError, VideoError
from indexer.pipeline.run_context import RunContext
from indexer.records import Segment, TextRow, TimedText, Video
from indexer.speech.diarization import Voices
from indexer.subtitles.sidecars import segment_of_subtitle
from indexer.text_corrections import apply_corrections


@dataclass(frozen=True, slots=True)
class VideoTexts:
    """The texts that a stage made of a video, or why it could not be read again."""

    video: Video
    texts: tuple[TimedText, ...]
    error: VideoError | None
    wall_seconds: float
    warnings: tuple[str, ...] = ()
    """What could not be read, though something could."""
    voices: Voices | None = None
    """Who speaks; None where voices were not told apart."""


def is_failure(error: VideoError) -> bool:
    """Whether a stage with this error has failed. After any other it is complete, with a warning: the file is to blame,
    and what could be read of it is all there is."""
    return isinstance(error, DecoderCrashedError | UnexpectedVideoError | VanishedVideoError)


def rows_of_stage_texts(
    made: Sequence[TimedText], source: TextSource, segments: Sequence[Segment], run: RunContext, video: Video
) -> list[TextRow]:
    """Joins each text to the segment that it overlaps most, and embeds it; without a model rows have no vector.

    What people corrected stands in place of what was made.
    """
    texts, model = apply_corrections(made, source, video.corrections), run.models.text
    if not texts:
        return []
    vectors = model.embed_documents([item.text for item in texts]) if model else [None] * len(texts)  # (n, dim)
    return [
        TextRow(
            source,
            segment_of_subtitle(item.span, segments),
            item.span,
            item.text,
            vector,
            item.language,
            item.boxes,
            item.is_scenery,
            item.words,
            item.original,
            item.voice,
        )
        for item, vector in zip(texts, vectors, strict=True)
    ]


def commit_stage_texts(
    run: RunContext, made: VideoTexts, *, stage: StageName, fingerprint: str, complaint: str
) -> None:
    """Queues what a stage made of a video whose pictures are in the library already. Call it in `Stage.of_one_video`.

    A video that is to blame for its error is committed too, with a warning and what could be read: it is not tried
    again until something changes.

    Args:
        stage: one whose catalog entry has texts.
        complaint: what an error of the video means for its texts, for the warning.

    Raises:
        VideoError: the error of the video, where the video may not be to blame.
    """
    if made.error is not None and is_failure(made.error):
        raise made.error
    warnings = (*made.warnings, *((f"{complaint}: {made.error}",) if made.error else ()))
    video = replace(made.video, warnings=tuple(dict.fromkeys((*made.video.warnings, *warnings))))
    texts = ENTRY_OF_STAGE[stage].texts
    assert texts is not None
    rows = rows_of_stage_texts(made.texts, texts.source, run.segments_of(video), run, video)
    finished = [(stage, len(rows), made.wall_seconds)]
    run.commits.add(video.with_stage(stage, fingerprint), finished, texts=[(texts.source, rows)])
    run.warn(video, warnings)
    run.totals.indexed.add(video.video_id)
