"""`/api/videos/{id}/...`: the video itself, cuts, pictures, subtitles, the heat strip."""

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Annotated

from litestar import Controller, Response, get, route
from litestar.params import Parameter
from msgspec import Meta, Struct

from api.media.opened_file import OpenedFile, open_source
from api.media.web_vtt import subtitles_vtt
from api.media.worker_request import probe_of
from api.service.files.file_response import AnyRequest, FileResponse, file_response
from api.service.files.media_preparer import Preparation, preparer_of
from api.service.files.media_worker import process_video
from api.service.files.playback import open_playable
from api.service.files.previews import (
    StillRequest,
    find_near_thumbnail,
    sprite_sheet_name,
    sprite_sheet_vtt,
    write_sprite_sheet,
    write_still,
)
from api.service.problems import described
from api.service.route_helpers import (
    GET_HEAD,
    KEPT,
    MOST_SECONDS,
    VideoIdPath,
    clip_span,
    clock,
    content_disposition,
    file_statuses,
    finite,
    named,
    type_by_name,
    while_there,
)
from api.service.runtime import Runtime
from search.timeline import timeline


class TimelineView(Struct, kw_only=True):
    """How much a video has to do with a query, over its time."""

    query: str
    duration_seconds: float
    buckets: Annotated[
        list[float],
        Meta(description="0 to 1 for equal parts of the duration; from 0.5 on a search would count it a hit."),
    ]
    peak_seconds: Annotated[float, Meta(description="Where it is greatest.")]


class MediaRoutes(Controller):
    path = "/api/videos/{video_id:str}"
    tags = ["media"]  # noqa: RUF012 - Litestar's way

    @route(
        "/media",
        http_method=GET_HEAD,
        operation_id=named("media"),
        summary="The video",
        media_type="video/*",
        responses=file_statuses("video/*"),
    )
    async def media(
        self,
        request: AnyRequest,
        runtime: Runtime,
        video_id: VideoIdPath,
        original: Annotated[
            bool, Parameter(description="The file as it lies on disk, played by browsers or not.")
        ] = False,
    ) -> FileResponse:
        """By byte ranges. What browsers do not play is made anew on first use: 503 with Retry-After until then."""
        video = await runtime.lookups.run(lambda: runtime.video(video_id))
        name = PurePath(video.path).name
        if original:
            opened = await runtime.lookups.run(lambda: open_source(video))
            media_type = type_by_name(name)
        else:
            opened, media_type = await while_there(request, open_playable(runtime, preparer_of(runtime), video))
        headers = {"Content-Disposition": content_disposition(name, kind="inline")} if original else {}
        return file_response(request, opened, media_type=media_type, headers=headers)

    @route(
        "/clip",
        http_method=GET_HEAD,
        operation_id=named("clip"),
        summary="A cut",
        media_type="video/mp4",
        responses=file_statuses("video/mp4"),
    )
    async def clip(
        self,
        request: AnyRequest,
        runtime: Runtime,
        video_id: VideoIdPath,
        start: Annotated[
            float, Parameter(ge=0, le=MOST_SECONDS, description="Seconds.", schema_extra={"example": 1.5})
        ],
        stop: Annotated[float, Parameter(gt=0, le=MOST_SECONDS, description="Seconds.", schema_extra={"example": 4.0})],
    ) -> FileResponse:
        """`[start, stop)` as an MP4 that every player plays (H.264, AAC), accurate to the frame."""
        video = await runtime.lookups.run(lambda: runtime.video(video_id))
        preparer = preparer_of(runtime)
        probe_of(video)
        begin, end = clip_span(start, stop, video.duration_seconds, preparer.settings.max_clip_seconds)
        (await runtime.lookups.run(lambda: open_source(video))).close()

        def make(draft: Path, preparation: Preparation) -> None:
            process_video(
                preparer,
                runtime.settings,
                video,
                "clip",
                preparation=preparation,
                output=draft,
                max_output_bytes=preparer.settings.clip_bytes,
                start_seconds=begin,
                stop_seconds=end,
            )

        name = f"{video.video_id}.{round(begin * 1000)}-{round(end * 1000)}.mp4"
        opened = await while_there(
            request, preparer.obtain(preparer.clips, name, make, queue=runtime.cuts, finish_unattended=False)
        )
        stem = PurePath(video.path).stem
        shown = content_disposition(f"{stem} {clock(begin)}-{clock(end)}.mp4", kind="attachment")
        return file_response(
            request, opened, media_type="video/mp4", headers={"Content-Disposition": shown}, cache_control=KEPT
        )

    @route(
        "/thumbnail",
        http_method=GET_HEAD,
        operation_id=named("thumbnail"),
        summary="A picture",
        media_type="image/jpeg",
        responses=file_statuses("image/jpeg"),
    )
    async def thumbnail(
        self,
        request: AnyRequest,
        runtime: Runtime,
        video_id: VideoIdPath,
        t: Annotated[
            float, Parameter(ge=0, le=MOST_SECONDS, description="Seconds.", schema_extra={"example": 2.0})
        ] = 0.0,
        width: Annotated[int, Parameter(ge=16, le=1280, description="At most so many pixels.")] = 320,
    ) -> FileResponse:
        """The picture on screen at a time; after the end, the last one."""
        video = await runtime.lookups.run(lambda: runtime.video(video_id))
        preparer, still = preparer_of(runtime), StillRequest(finite(t, "t"), width)
        probe_of(video)
        near, smaller = await runtime.lookups.run(
            lambda: find_near_thumbnail(runtime.library, video, still, preparer.settings)
        )

        def make(draft: Path, preparation: Preparation) -> None:
            write_still(preparer, runtime.settings, video, still, smaller, draft, preparation)

        opened = near or await while_there(
            request,
            preparer.obtain(preparer.pictures, still.name(video), make, queue=runtime.cuts, finish_unattended=False),
        )
        return file_response(request, opened, media_type="image/jpeg", cache_control=KEPT)

    @route(
        "/sprites.jpg",
        http_method=GET_HEAD,
        operation_id=named("sprites"),
        summary="A sheet of small pictures",
        media_type="image/jpeg",
        responses=file_statuses("image/jpeg"),
    )
    async def sprites(self, request: AnyRequest, runtime: Runtime, video_id: VideoIdPath) -> FileResponse:
        """For hover previews; `sprites.vtt` tells where which time is."""
        opened = await while_there(request, self._sheet(runtime, video_id))
        return file_response(request, opened, media_type="image/jpeg", cache_control=KEPT)

    @get(
        "/sprites.vtt",
        operation_id="sprites_vtt",
        summary="Where the small pictures are",
        media_type="text/vtt",
        responses=described(404, 410, 422),
    )
    async def sprites_vtt(self, request: AnyRequest, runtime: Runtime, video_id: VideoIdPath) -> Response[str]:
        """WebVTT: each cue names a part of `sprites.jpg` by `#xywh=`."""
        opened = await while_there(request, self._sheet(runtime, video_id))
        path = opened.path
        opened.close()
        video = await runtime.lookups.run(lambda: runtime.video(video_id))
        text = await runtime.lookups.run(lambda: sprite_sheet_vtt(video, path, preparer_of(runtime).settings))
        return Response(text, media_type="text/vtt; charset=utf-8", headers={"Cache-Control": KEPT})

    @get(
        "/subtitles.vtt",
        operation_id="subtitles",
        summary="What was said",
        media_type="text/vtt",
        responses=described(404),
    )
    async def subtitles(
        self,
        runtime: Runtime,
        video_id: VideoIdPath,
        language: Annotated[
            str | None, Parameter(max_length=64, description="As the track names it; else the one with most lines.")
        ] = None,
    ) -> Response[str]:
        """The subtitles that the library knows, as WebVTT; without any, what was heard; without that, no cues."""

        def work() -> str:
            stages = runtime.video(video_id).stages
            rows = runtime.library.texts(video_id, "subtitle") if "subtitles" in stages else []
            if not rows and "speech" in stages:
                rows = runtime.library.texts(video_id, "speech")
            return subtitles_vtt(rows, language=language)

        text = await runtime.lookups.run(work)
        return Response(text, media_type="text/vtt; charset=utf-8", headers={"Cache-Control": "private, no-cache"})

    @get("/timeline", operation_id="timeline", summary="Relevance over time", responses=described(404))
    async def timeline(
        self,
        runtime: Runtime,
        video_id: VideoIdPath,
        words: Annotated[
            str,
            Parameter(query="q", max_length=1000, description="What to look for.", schema_extra={"example": "red car"}),
        ],
        buckets: Annotated[int, Parameter(ge=1, le=2000, description="Equal parts of the time.")] = 200,
    ) -> TimelineView:
        """For a heat strip under the player."""

        def work() -> TimelineView:
            runtime.video(video_id)
            found = timeline(runtime.engine, words, video_id, buckets=buckets)
            return TimelineView(
                query=found.query,
                duration_seconds=round(found.duration_seconds, 3),
                buckets=list(found.buckets),
                peak_seconds=round(found.peak_seconds, 3),
            )

        return await runtime.searches.run(work)

    async def _sheet(self, runtime: Runtime, video_id: str) -> OpenedFile:
        video = await runtime.lookups.run(lambda: runtime.video(video_id))
        preparer = preparer_of(runtime)
        probe_of(video)

        def make(draft: Path, preparation: Preparation) -> None:
            write_sprite_sheet(preparer, runtime.settings, runtime.library, video, draft, preparation)

        return await preparer.obtain(
            preparer.pictures, sprite_sheet_name(video), make, queue=runtime.cuts, finish_unattended=True
        )


MEDIA_CONTROLLERS: Sequence[type[Controller]] = (MediaRoutes,)
