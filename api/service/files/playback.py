"""What the media route serves of a video: the file itself, or one made for browsers and kept.

Leaves out HTTP, and what decides (`playable`).
"""

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from api.media.errors import UnplayableError
from api.media.opened_file import OpenedFile, open_source
from api.media.playback_method import MediaFacts, decide, goes_to_webm, how_to_play, keeps_sound, media_type
from api.media.worker_protocol import Work
from api.service.files.media_preparer import Making, MediaDesk
from api.service.files.media_worker import ask_child
from api.service.runtime import Runtime
from indexer.errors import DecodeLimitError, DecoderCrashedError, UnreadableVideoError
from indexer.records import Video

_HEAD_BYTES = 16


async def watchable(runtime: Runtime, desk: MediaDesk, video: Video) -> tuple[OpenedFile, str]:
    """(a file that browsers play, its media type); the caller closes it.

    Raises:
        GoneError: the video's file is not the one that was indexed.
        UnplayableError: no browser gets to see it.
        PreparingError, QueueFullError: it is being made; or too many are.
    """
    if how_to_play(video) == "no":
        raise UnplayableError(f"this video could not be indexed ({video.failure_reason or 'no picture'})")
    # First of all the file must be there: what was made of it is not shown for another.
    source = await runtime.lookups.run(lambda: open_source(video))
    try:
        facts = await facts_of(runtime, desk, video)
        how = decide(facts)
        if how == "direct":
            return source, media_type(facts)
    except BaseException:
        source.close()
        raise
    source.close()

    def make(draft: Path, making: Making) -> None:
        _make(runtime, desk, video, facts, how, draft, making)

    made = await desk.obtain(desk.watch, f"{video.video_id}.video", make, queue=desk.makings, goes_on=True)
    head = await runtime.lookups.run(lambda: made.read(0, _HEAD_BYTES))
    return made, "video/mp4" if head[4:8] == b"ftyp" else "video/webm"


async def facts_of(runtime: Runtime, desk: MediaDesk, video: Video) -> MediaFacts:
    """What decides how it is played, read once from the file and kept.

    Raises:
        As `watchable`.
    """

    def make(draft: Path, making: Making) -> None:
        found = ask_child(desk, runtime.settings, video, "facts", making=making)
        draft.write_text(json.dumps(asdict(MediaFacts(**found))), encoding="utf-8")

    name = f"{video.video_id}.facts.json"
    kept = await desk.obtain(desk.pictures, name, make, queue=runtime.cuts, goes_on=True)
    try:
        text = await runtime.lookups.run(lambda: kept.read(0, kept.size_bytes))
    finally:
        kept.close()
    return MediaFacts(**json.loads(text))


def _make(
    runtime: Runtime, desk: MediaDesk, video: Video, facts: MediaFacts, how: str, draft: Path, making: Making
) -> None:
    def work(kind: Work) -> None:
        ask_child(
            desk,
            runtime.settings,
            video,
            kind,
            making=making,
            output=draft,
            output_most_bytes=desk.settings.watch_bytes,
            stop_seconds=video.duration_seconds,
            webm=kind == "remux" and goes_to_webm(facts),
            keep_sound=keeps_sound(facts),
        )

    if how == "remux":
        # Some packets cannot be copied; then the pictures are coded anew.
        with suppress(UnreadableVideoError, DecoderCrashedError, DecodeLimitError):
            work("remux")
            return
    work("transcode")
