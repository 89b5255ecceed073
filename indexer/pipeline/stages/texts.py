"""The stages of a run, in order: takes what each made of a video, and hands its rows to be committed."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from indexer.catalog import TEXT_SOURCES, Stage, TextSource
from indexer.decode.metadata import clip_metadata
from indexer.decode.video import read_text_tracks
from indexer.errors import VanishedVideoError, VideoError
from indexer.models.device import choose_device
from indexer.pipeline.events import VideoFailed
from indexer.pipeline.plan import Job
from indexer.pipeline.run_context import RunContext, row_of
from indexer.pipeline.stages.captions import CaptionStage
from indexer.pipeline.stages.picture import FailedWork, PictureStage
from indexer.pipeline.stages.picture_work import PictureWork, rows_of
from indexer.pipeline.stages.screen_text import ScreenTextStage
from indexer.pipeline.stages.subtitles import FoundTexts, spoken_texts, text_rows
from indexer.pipeline.stages.threaded import VideoTexts
from indexer.records import TimedText, TimeSpan
from indexer.segmentation.segmenter import change_time
from indexer.subtitles.sidecars import sidecars_of


def make_pictures(run: RunContext, jobs: Sequence[Job]) -> None:
    """Decodes, cuts and embeds; subtitles come along, since the file is open."""
    if not jobs:
        return
    on_processor = choose_device(run.settings.device).device == "cpu"
    stage = PictureStage(
        jobs,
        settings=run.settings,
        model=run.models.picture,
        spool_path=lambda name: run.library.staging_path() / name,
        emit=run.emit,
        cancel=run.cancel,
        readers=run.cores,
        embed_threads=run.cores if on_processor else 1,
    )
    for item in stage.results():
        if item is None:
            run.commits.flush_when_due()
        elif isinstance(item, FailedWork):
            run.fail(item.job, item.video_id, item.error)
        else:
            _keep_pictures(run, item)
    run.commits.flush()
    run.tally.stage_seconds |= {"decode": stage.decode_seconds, "embed": stage.embed_seconds}


def _keep_pictures(run: RunContext, work: PictureWork) -> None:
    rows = rows_of(work, run.settings)
    for segment, frame in zip(rows.segments, rows.thumbnails, strict=True):
        run.library.write_thumbnail(work.video_id, segment.index, work.spool.read(frame))
    work.spool.close()
    started = time.perf_counter()
    bare = row_of(work.job, work.video_id)
    sidecars = sidecars_of([Path(path) for path in bare.paths])
    texts = spoken_texts(sidecars, work.text_tracks, work.duration_seconds)
    spoken = text_rows(texts.texts, "subtitle", rows.segments, run.models.text)
    text_seconds = run.tally.count("text", started)
    video = replace(
        bare,
        duration_seconds=work.duration_seconds,
        probe=work.probe,
        metadata=clip_metadata(work.metadata, work.duration_seconds),
        warnings=(*work.warnings, *texts.warnings),
        stages={
            "picture": run.needs.picture_fingerprint,
            "subtitles": run.needs.subtitles_fingerprint(sidecars),
        },
    )
    run.warn(video, video.warnings)
    run.tally.indexed.add(video.video_id)
    run.commits.add(
        video,
        [("picture", len(rows.frame_rows), work.wall_seconds), ("subtitles", len(spoken), text_seconds)],
        pictures=(rows.segment_rows, rows.frame_rows),
        texts=[(source, spoken if source == "subtitle" else ()) for source in TEXT_SOURCES],
    )


def make_subtitles(run: RunContext, jobs: Sequence[Job]) -> None:
    """Of videos whose sidecar files came, went or changed after the pictures were indexed."""
    for job in jobs:
        if run.cancel.is_set():
            return
        assert job.known is not None
        started = time.perf_counter()
        sidecars = sidecars_of([Path(path) for path in job.known.paths])
        try:
            tracks = read_text_tracks(job.files[0].path, settings=run.settings)
            texts = spoken_texts(sidecars, tracks, job.known.duration_seconds)
        except VideoError as error:
            texts = FoundTexts((), (f"embedded subtitles: {error}",))
        rows = text_rows(texts.texts, "subtitle", run.segments_of(job.known), run.models.text)
        stages = {**job.known.stages, "subtitles": run.needs.subtitles_fingerprint(sidecars)}
        run.warn(job.known, texts.warnings)
        run.tally.indexed.add(job.known.video_id)
        seconds = run.tally.count("text", started)
        run.commits.add(
            replace(job.known, stages=stages), [("subtitles", len(rows), seconds)], texts=[("subtitle", rows)]
        )
    run.commits.flush()


def read_screens(run: RunContext, jobs: Sequence[Job]) -> None:
    """On-screen text of what was just indexed, and of what an earlier run left without it."""
    earlier = [job.known for job in jobs if job.known is not None]
    videos = {video.video_id: video for video in earlier} | run.commits.done
    wanted = sorted((video for video in videos.values() if run.needs.screen_text(video)), key=lambda item: item.path)
    if not wanted:
        return
    stage = ScreenTextStage(
        wanted,
        frames_of=run.library.frames,
        settings=run.settings,
        emit=run.emit,
        cancel=run.cancel,
        threads=run.cores,
    )
    step = 1 / run.settings.frames_per_second
    for item in stage.results():
        if item is None:
            run.commits.flush_when_due()
        else:
            texts = [_between_samples(text, step, item.video.duration_seconds) for text in item.texts]
            keep_texts(
                run,
                replace(item, texts=tuple(texts)),
                stage="screen_text",
                source="screen_text",
                fingerprint=run.needs.screen_text_fingerprint,
                complaint="on-screen text was not read",
            )
    run.commits.flush()
    run.tally.stage_seconds["ocr"] = stage.read_seconds


def make_captions(run: RunContext, jobs: Sequence[Job]) -> None:
    """Of what was just indexed, and of what an earlier run left without them."""
    earlier = [job.known for job in jobs if job.known is not None]
    videos = {video.video_id: video for video in earlier} | run.commits.done
    wanted = sorted((video for video in videos.values() if run.needs.captions_of(video)), key=lambda item: item.path)
    if not wanted or run.cancel.is_set():
        return
    model = run.captioner.model
    run.needs.captioner = model.name
    stage = CaptionStage(
        wanted,
        segments_of=run.segments_of,
        model=model,
        settings=run.settings,
        emit=run.emit,
        cancel=run.cancel,
    )
    for item in stage.results():
        keep_texts(
            run,
            item,
            stage="captions",
            source="caption",
            fingerprint=run.needs.captions_fingerprint,
            complaint="captions are not complete",
        )
    run.commits.flush()
    run.tally.stage_seconds["captions"] = stage.caption_seconds


def keep_texts(
    run: RunContext, made: VideoTexts, *, stage: Stage, source: TextSource, fingerprint: str, complaint: str
) -> None:
    """Commits what a stage made of a video whose pictures are in the library already.

    Args:
        complaint: what an error of the video means for its texts.
    """
    if isinstance(made.error, VanishedVideoError):
        run.tally.failed += 1
        run.emit(VideoFailed(made.video.path, made.error.kind, str(made.error)))
        return
    warnings = (*made.warnings, *((f"{complaint}: {made.error}",) if made.error else ()))
    stages = {**made.video.stages, stage: fingerprint}
    video = replace(made.video, stages=stages, warnings=tuple(dict.fromkeys((*made.video.warnings, *warnings))))
    run.warn(video, warnings)
    rows = text_rows(made.texts, source, run.segments_of(video), run.models.text)
    run.tally.indexed.add(video.video_id)
    run.commits.add(video, [(stage, len(rows), made.wall_seconds)], texts=[(source, rows)])


def _between_samples(text: TimedText, step_seconds: float, duration_seconds: float) -> TimedText:
    """Moves a text's times from the samples that first showed it, and no longer did, to where cuts are set, too."""

    def changed_at(time_seconds: float) -> float:
        return change_time(time_seconds, step_seconds) if time_seconds > 0 else time_seconds

    start, stop = text.span.start_seconds, text.span.stop_seconds
    stop = stop if stop >= duration_seconds else change_time(stop, step_seconds)
    boxes = tuple(replace(box, start_seconds=changed_at(box.start_seconds)) for box in text.boxes)
    return replace(text, span=TimeSpan(changed_at(start), stop), boxes=boxes)
