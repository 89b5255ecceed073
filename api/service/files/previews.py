"""Preview images of a video: a still at a time, and a sprite sheet with its WebVTT for hover previews.

Thumbnails of segments in the library are used where they are near enough; otherwise the media worker decodes.
"""

import math
import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2

from api.media.errors import UnplayableError
from api.media.opened_file import OpenedFile, open_own_file
from api.media.web_vtt import cue_time
from api.media.worker_protocol import Tile
from api.media.worker_request import probe_of
from api.service.files.media_preparer import MediaPreparer, Preparation
from api.service.files.media_worker import process_video
from api.service.files.settings import MediaSettings
from api.service.links import API
from indexer.config import Settings
from indexer.errors import UnreadableVideoError
from indexer.pipeline.stages.pending_video import THUMBNAIL_WIDTH
from indexer.records import SegmentRow, TimeSpan, Video
from indexer.store.library import Library

MIN_TILE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class StillRequest:
    """A requested still."""

    seconds: float | None
    """None: the start of a video, the cover of a recording."""
    width: int
    """Maximum width in pixels; stills are never enlarged."""

    @property
    def time_seconds(self) -> float:
        return self.seconds or 0.0

    def name(self, video: Video) -> str:
        """Name of the cached file."""
        what = "cover" if self.seconds is None and video.kind == "sound" else f"t{round(self.time_seconds * 1000)}"
        return f"{video.video_id}.{what}w{self.width}.jpg"


def find_near_thumbnail(
    library: Library, video: Video, still: StillRequest, settings: MediaSettings
) -> tuple[OpenedFile | None, Path | None]:
    """(open thumbnail of the library, path of one to scale down): one of them, or none if none is near. Blocks."""
    shown = video.probe.width if video.probe else 0
    if still.width > THUMBNAIL_WIDTH and shown > THUMBNAIL_WIDTH:
        return None, None
    for row in library.segments(video.video_id):
        is_near = abs(row.best_frame_seconds - still.time_seconds) <= settings.near_seconds
        if _holds(row.span, still.time_seconds) and is_near:
            path = library.thumbnail_path(video.video_id, row.index)
            if not path.is_file():
                return None, None
            if still.width < min(THUMBNAIL_WIDTH, shown):
                return None, path
            try:
                return open_own_file(path, name=f"{video.video_id}-{row.index}"), None
            except OSError:
                return None, None
    return None, None


def find_sound_picture(
    library: Library, video: Video, still: StillRequest, settings: MediaSettings
) -> tuple[OpenedFile | None, Path | None]:
    """As `find_near_thumbnail`, of a recording: its cover, or the waveform around the time. Blocks.

    Raises:
        UnplayableError: the library has lost it.
    """
    path = library.cover_path(video.video_id)
    if still.seconds is not None or not path.is_file():
        rows = [row for row in library.segments(video.video_id) if row.span.start_seconds <= still.time_seconds]
        path = library.thumbnail_path(video.video_id, rows[-1].index if rows else 0)
    if still.width < THUMBNAIL_WIDTH:
        return None, path
    try:
        return open_own_file(path, name=f"{video.video_id}-{path.stem}"), None
    except OSError as error:
        raise UnplayableError("the waveform is no longer in the library; index the recording again") from error


def write_still(
    preparer: MediaPreparer,
    settings: Settings,
    video: Video,
    still: StillRequest,
    smaller: Path | None,
    draft: Path,
    preparation: Preparation,
) -> None:
    """Write the still. Blocks. Raises VideoError, GoneError, UnplayableError."""
    if smaller is not None:
        picture = cv2.imread(str(smaller), cv2.IMREAD_COLOR)
        if picture is not None and picture.shape[1] <= still.width:
            shutil.copyfile(smaller, draft)
            return
        if picture is not None:
            height = max(1, round(picture.shape[0] * still.width / picture.shape[1]))
            small = cv2.resize(picture, (still.width, height), interpolation=cv2.INTER_AREA)
            ok, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])
            if ok:
                draft.write_bytes(coded.tobytes())
                return
    probe = probe_of(video)
    if not probe.has_pictures:
        raise UnplayableError("the waveform is no longer in the library; index the recording again")
    side = max(still.width, round(still.width * probe.height / max(1, probe.width)))
    seconds = max(0.0, min(still.time_seconds, video.duration_seconds - 1e-3))
    process_video(
        preparer,
        settings,
        video,
        "still",
        preparation=preparation,
        output=draft,
        start_seconds=seconds,
        max_side=max(1, side),
    )


@dataclass(frozen=True, slots=True)
class SpriteSheetPlan:
    """Time spans of the tiles of a sprite sheet."""

    spans: tuple[TimeSpan, ...]
    columns: int

    @property
    def rows(self) -> int:
        return -(-len(self.spans) // self.columns)


def plan_sprite_sheet(duration_seconds: float, settings: MediaSettings) -> SpriteSheetPlan:
    """Equal spans of the whole video, each at least a second long."""
    count = max(1, min(settings.sprite_tiles, math.floor(duration_seconds / MIN_TILE_SECONDS)))
    step = duration_seconds / count
    spans = tuple(TimeSpan(index * step, (index + 1) * step) for index in range(count))
    return SpriteSheetPlan(spans, min(settings.sprite_columns, count))


def sprite_sheet_name(video: Video) -> str:
    return f"{video.video_id}.sheet.jpg"


def write_sprite_sheet(
    preparer: MediaPreparer, settings: Settings, library: Library, video: Video, draft: Path, preparation: Preparation
) -> None:
    """Write the sprite sheet. Blocks. Raises VideoError, GoneError, UnplayableError."""
    plan = plan_sprite_sheet(video.duration_seconds, preparer.settings)
    rows = library.segments(video.video_id)
    tiles = tuple(_tile(library, video, rows, span) for span in plan.spans)
    process_video(
        preparer,
        settings,
        video,
        "sheet",
        preparation=preparation,
        output=draft,
        max_side=preparer.settings.sprite_width,
        columns=plan.columns,
        tiles=tiles,
    )


def sprite_sheet_vtt(video: Video, sheet: Path, settings: MediaSettings) -> str:
    """WebVTT whose cues refer to the tiles by media fragments (`#xywh=x,y,w,h`). Blocks.

    Raises:
        UnreadableVideoError: the sprite sheet cannot be read.
    """
    from PIL import Image, UnidentifiedImageError

    plan = plan_sprite_sheet(video.duration_seconds, settings)
    try:
        with Image.open(sheet) as image:
            width, height = image.width // plan.columns, image.height // plan.rows
    except (OSError, UnidentifiedImageError) as error:
        raise UnreadableVideoError(f"the sprite sheet cannot be read: {error}") from error
    lines = ["WEBVTT", ""]
    for index, span in enumerate(plan.spans):
        left, top = index % plan.columns * width, index // plan.columns * height
        lines += [
            f"{cue_time(span.start_seconds)} --> {cue_time(span.stop_seconds)}",
            f"{API}/videos/{video.video_id}/sprites.jpg#xywh={left},{top},{width},{height}",
            "",
        ]
    return "\n".join(lines)


def _tile(library: Library, video: Video, rows: list[SegmentRow], span: TimeSpan) -> Tile:
    """The thumbnail of a segment in the span, else a frame to decode from its middle."""
    middle = (span.start_seconds + span.stop_seconds) / 2
    near = min(
        (row for row in rows if _holds(span, row.best_frame_seconds)),
        key=lambda row: abs(row.best_frame_seconds - middle),
        default=None,
    )
    if near is not None:
        path = library.thumbnail_path(video.video_id, near.index)
        if path.is_file():
            return Tile(near.best_frame_seconds, str(path))
    return Tile(middle)


def _holds(span: TimeSpan, seconds: float) -> bool:
    return span.start_seconds <= seconds < span.stop_seconds
