"""Videos as the service's records: lists with filters and sorting, and details. Blocks; no HTTP."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import Any

from api.formatting import rfc3339, without_path
from api.index_progress import stages_of
from api.media.playback_method import estimate_playback_method
from api.service.links import media_link, sprites_link, thumbnail_link
from api.service.options import Sort, State
from api.service.runtime import Runtime
from api.service.schemas import videos as schemas
from indexer.catalog import TEXT_SOURCES, StageName
from indexer.errors import UnexpectedVideoError
from indexer.provenance import settings_like_provenance
from indexer.records import StageFailure, Video, VideoMetadata
from indexer.store.folder import FAILURE_LOG
from indexer.words.folding import fold_name
from search.query.filters import Filters


class VideoViews:
    """Makes records of videos for one response."""

    def __init__(self, runtime: Runtime) -> None:
        self._library = runtime.library
        self._roots = runtime.service.roots
        self._uploads = runtime.upload_folder
        settings = settings_like_provenance(runtime.settings, self._library.maker)
        self._stages: list[StageName] = stages_of(settings)

    def page(
        self, *, offset: int, limit: int, sort: Sort, descending: bool, words: str, state: State | None, tag: str
    ) -> schemas.VideoPage:
        """A page of the videos that match the filters, sorted."""
        filters = Filters(tags=(tag,) if tag else ())
        wanted = fold_name(words).split()
        found = [
            video
            for video in self._library.videos()
            if (state is None or self.state(video) == state)
            and filters.matches(video)
            and all(word in fold_name(PurePath(video.path).name) for word in wanted)
        ]
        found.sort(key=lambda video: PurePath(video.path).name.casefold())
        if sort != "name":
            found.sort(key=self._key(sort))
        if descending:
            found.reverse()
        shown = [self.view(video) for video in found[offset : offset + limit]]
        return schemas.VideoPage(total=len(found), offset=offset, limit=limit, videos=shown)

    def view(self, video: Video) -> schemas.Video:
        return schemas.Video(**self._fields(video))

    def details(self, video: Video) -> schemas.VideoDetails:
        """With its segments and their captions."""
        captions = {row.segment_index: row.text for row in self._library.texts(video.video_id, "caption")}
        segments = [
            schemas.Segment(
                start_seconds=round(row.span.start_seconds, 3),
                stop_seconds=round(row.span.stop_seconds, 3),
                caption=captions.get(row.index, ""),
            )
            for row in self._library.segments(video.video_id)
        ]
        counts = {
            source: len(self._library.texts(video.video_id, source)) for source in TEXT_SOURCES if source != "caption"
        } | {"caption": len(captions)}
        shown = self._fields(video)
        shown["segments"] = len(segments)
        return schemas.VideoDetails(
            **shown,
            metadata=metadata_view(video.metadata),
            segments_list=segments,
            texts=counts,
            warnings=list(video.warnings),
        )

    def state(self, video: Video) -> State:
        if video.failure_kind:
            return "failed"
        return "ready" if all(stage in video.stages for stage in self._stages) else "partial"

    def _fields(self, video: Video) -> dict[str, Any]:
        # One thumbnail each segment, and counting files is much cheaper than reading rows.
        added, segments = self._library.thumbnails_written(video.video_id)
        probe = video.probe
        failures = [failure_view(video.path, stage, failure) for stage, failure in video.failures.items()]
        has_cover = video.kind == "sound" and self._library.cover_path(video.video_id).is_file()
        return {
            "video_id": video.video_id,
            "video": PurePath(video.path).name,
            "kind": video.kind,
            "folder": self._folder(video),
            "duration_seconds": round(video.duration_seconds, 3),
            "size_bytes": video.size_bytes,
            "width": probe.width if probe else 0,
            "height": probe.height if probe else 0,
            "frames_per_second": probe.frames_per_second if probe else 0.0,
            "codec": probe.codec if probe else "",
            "added_at": rfc3339(added) if added else None,
            "state": self.state(video),
            "created_at": rfc3339(video.created.timestamp()),
            "created_source": video.created_source,
            "tags": list(video.tags),
            "languages": video.language_tags,
            "stages": video.made_stages,
            "failure": failures[0] if video.failure_kind else None,
            "stage_failures": [] if video.failure_kind else failures,
            "segments": segments,
            "playable": estimate_playback_method(video),
            "thumbnail": thumbnail_link(video.video_id, None if has_cover else min(video.duration_seconds / 2, 3.0)),
            "media": media_link(video.video_id),
            "sprites": sprites_link(video.video_id),
        }

    def _key(self, sort: Sort) -> Callable[[Video], Any]:
        keys: dict[str, Callable[[Video], Any]] = {
            "duration": lambda video: video.duration_seconds,
            "size": lambda video: video.size_bytes,
            "added": self._added,
            "created": lambda video: video.created,
        }
        return keys[sort]

    def _added(self, video: Video) -> float:
        """When its thumbnails were written, in seconds since 1970; 0 without thumbnails."""
        return self._library.thumbnails_written(video.video_id)[0]

    def _folder(self, video: Video) -> str:
        """The folder relative to a root, so that no other folder of this machine is revealed."""
        path = Path(video.path)
        for root in self._roots:
            if path.is_relative_to(root):
                return path.parent.relative_to(root).as_posix().removeprefix(".")
        return ""


def failure_view(path: str, stage: StageName, failure: StageFailure) -> schemas.Failure:
    """A failure, which reveals no folder of this machine."""
    log = FAILURE_LOG if failure.kind == UnexpectedVideoError.kind else ""
    return schemas.Failure(stage=stage, kind=failure.kind, reason=without_path(failure.reason, path), log=log)


def metadata_view(metadata: VideoMetadata) -> schemas.Metadata:
    place = metadata.place
    return schemas.Metadata(
        title=metadata.title,
        camera=metadata.camera,
        place=place and schemas.Place(**asdict(place)),
        place_name=metadata.place_name,
        artist=metadata.artist,
        comment=metadata.comment,
        description=metadata.description,
        chapters=[
            schemas.Chapter(
                start_seconds=round(one.span.start_seconds, 3),
                stop_seconds=round(one.span.stop_seconds, 3),
                title=one.title,
            )
            for one in metadata.chapters
        ],
    )


def display_names(paths: Sequence[Path]) -> list[str]:
    """File names, without their folders."""
    return [path.name.encode("utf-8", "replace").decode() for path in paths]
