"""The file that the media route serves for a video: the original, or a cached copy for browsers.

Leaves out HTTP and the choice of the playback method (`playback_method`).
"""

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from api.media.errors import UnplayableError
from api.media.opened_file import OpenedFile, open_source
from api.media.playback_method import (
    MediaFormat,
    can_copy_audio,
    choose_playback_method,
    estimate_playback_method,
    media_type,
    needs_webm,
)
from api.media.worker_protocol import Work
from api.service.files.media_preparer import MediaPreparer, Preparation
from api.service.files.media_worker import process_video
from api.service.runtime import Runtime
from indexer.errors import DecodeLimitError, DecoderCrashedError, UnreadableVideoError
from indexer.records import Video

_HEAD_BYTES = 16


async def open_playable(runtime: Runtime, preparer: MediaPreparer, video: Video) -> tuple[OpenedFile, str]:
    """(a file that browsers play, its media type); the caller closes it.

    Raises:
        GoneError: the video's file is not the one that was indexed.
        UnplayableError: the video cannot be played.
        PreparingError, QueueFullError: the copy is being prepared, or the queue is full.
    """
    if estimate_playback_method(video) == "no":
        raise UnplayableError(f"this video could not be indexed ({video.failure_reason or 'no video'})")
    # Check the source first: a cached copy is not served for a source that was replaced.
    source = await runtime.lookups.run(lambda: open_source(video))
    try:
        media_format = await format_of(runtime, preparer, video)
        method = choose_playback_method(media_format)
        if method == "direct":
            return source, media_type(media_format)
    except BaseException:
        source.close()
        raise
    source.close()

    def make(draft: Path, preparation: Preparation) -> None:
        _make(runtime, preparer, video, media_format, method, draft, preparation)

    made = await preparer.obtain(
        preparer.playable, f"{video.video_id}.video", make, queue=preparer.preparations, finish_unattended=True
    )
    head = await runtime.lookups.run(lambda: made.read(0, _HEAD_BYTES))
    if head[4:8] != b"ftyp":
        return made, "video/webm"
    return made, "video/mp4" if media_format.codec else "audio/mp4"


async def format_of(runtime: Runtime, preparer: MediaPreparer, video: Video) -> MediaFormat:
    """The format of the source, probed once and cached.

    Raises:
        As `open_playable`.
    """

    def make(draft: Path, preparation: Preparation) -> None:
        found = process_video(preparer, runtime.settings, video, "format", preparation=preparation)
        draft.write_text(json.dumps(asdict(MediaFormat(**found))), encoding="utf-8")

    name = f"{video.video_id}.facts.json"
    cached = await preparer.obtain(preparer.pictures, name, make, queue=runtime.cuts, finish_unattended=True)
    try:
        text = await runtime.lookups.run(lambda: cached.read(0, cached.size_bytes))
    finally:
        cached.close()
    return MediaFormat(**json.loads(text))


def _make(
    runtime: Runtime,
    preparer: MediaPreparer,
    video: Video,
    media_format: MediaFormat,
    method: str,
    draft: Path,
    preparation: Preparation,
) -> None:
    def work(kind: Work) -> None:
        process_video(
            preparer,
            runtime.settings,
            video,
            kind,
            preparation=preparation,
            output=draft,
            max_output_bytes=preparer.settings.playable_bytes,
            stop_seconds=video.duration_seconds,
            webm=kind == "remux" and needs_webm(media_format),
            copy_audio=can_copy_audio(media_format),
        )

    if method == "remux":
        # Where packets cannot be copied, the video is transcoded.
        with suppress(UnreadableVideoError, DecoderCrashedError, DecodeLimitError):
            work("remux")
            return
    work("transcode")
