"""`/api/v1/videos/{id}/...`: playback, clips, thumbnails, subtitles, relevance over time."""

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Annotated

from litestar import Controller, Response, get, route

from api.export.transcript import transcript_of
from api.media.errors import UnplayableError
from api.media.opened_file import OpenedFile, open_source
from api.media.web_vtt import subtitles_vtt
from api.media.worker_request import probe_of
from api.service.disconnects import run_while_connected
from api.service.files.file_response import AnyRequest, FileResponse, file_response
from api.service.files.media_preparer import Preparation, preparer_of
from api.service.files.media_worker import process_video
from api.service.files.playback import open_playable
from api.service.files.previews import (
    StillRequest,
    find_near_thumbnail,
    find_sound_picture,
    sprite_sheet_name,
    sprite_sheet_vtt,
    write_sprite_sheet,
    write_still,
)
from api.service.links import API
from api.service.options import BUCKETS, CLIP_START, CLIP_STOP, LANGUAGE, ORIGINAL, TIME, TIMELINE_QUERY, WIDTH
from api.service.parameters import parameter
from api.service.problems import problem_responses
from api.service.requests.file_headers import CACHE_A_DAY, content_disposition, file_name_time, type_by_name
from api.service.requests.file_operations import GET_HEAD, file_responses, operation_ids
from api.service.requests.path_parameters import VideoIdPath
from api.service.requests.spans import finite_parameter, requested_clip_span
from api.service.runtime import Runtime
from api.service.schemas.timeline import TimelineView
from search.timeline import timeline


class MediaRoutes(Controller):
    path = f"{API}/videos/{{video_id:str}}"
    tags = ["media"]  # noqa: RUF012 - as Litestar expects

    @route(
        "/media",
        http_method=GET_HEAD,
        operation_id=operation_ids("media"),
        summary="Play a video",
        media_type="video/*",
        responses=file_responses("video/*"),
    )
    async def media(
        self,
        request: AnyRequest,
        runtime: Runtime,
        video_id: VideoIdPath,
        original: Annotated[bool, parameter(ORIGINAL)] = ORIGINAL.default,
    ) -> FileResponse:
        """Supports byte ranges. Formats that browsers cannot play are converted at first use: until then, 503 with
        Retry-After. A recording without pictures is of the type `audio/*`."""
        video = await runtime.lookups.run(lambda: runtime.video(video_id))
        name = PurePath(video.path).name
        if original:
            opened = await runtime.lookups.run(lambda: open_source(video))
            media_type = type_by_name(name)
        else:
            opened, media_type = await run_while_connected(request, open_playable(runtime, preparer_of(runtime), video))
        headers = {"Content-Disposition": content_disposition(name, kind="inline")} if original else {}
        return file_response(request, opened, media_type=media_type, headers=headers)

    @route(
        "/clip",
        http_method=GET_HEAD,
        operation_id=operation_ids("clip"),
        summary="Cut a clip",
        media_type="video/mp4",
        responses=file_responses("video/mp4"),
    )
    async def clip(
        self,
        request: AnyRequest,
        runtime: Runtime,
        video_id: VideoIdPath,
        start: Annotated[float, parameter(CLIP_START)],
        stop: Annotated[float, parameter(CLIP_STOP, gt=0)],
    ) -> FileResponse:
        """The span `[start, stop)` as a widely playable MP4 (H.264, AAC), accurate to the frame. Of a recording without
        pictures: M4A (AAC), `audio/mp4`."""
        video = await runtime.lookups.run(lambda: runtime.video(video_id))
        preparer = preparer_of(runtime)
        probe_of(video)
        begin, end = requested_clip_span(start, stop, video.duration_seconds, preparer.settings.max_clip_seconds)
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

        ending, media_type = ("mp4", "video/mp4") if video.kind == "video" else ("m4a", "audio/mp4")
        name = f"{video.video_id}.{round(begin * 1000)}-{round(end * 1000)}.{ending}"
        making = preparer.obtain(preparer.clips, name, make, queue=runtime.cuts, finish_unattended=False)
        opened = await run_while_connected(request, making)
        stem = PurePath(video.path).stem
        shown = content_disposition(f"{stem} {file_name_time(begin)}-{file_name_time(end)}.{ending}", kind="attachment")
        return file_response(
            request, opened, media_type=media_type, headers={"Content-Disposition": shown}, cache_control=CACHE_A_DAY
        )

    @route(
        "/thumbnail",
        http_method=GET_HEAD,
        operation_id=operation_ids("thumbnail"),
        summary="Get a thumbnail",
        media_type="image/jpeg",
        responses=file_responses("image/jpeg"),
    )
    async def thumbnail(
        self,
        request: AnyRequest,
        runtime: Runtime,
        video_id: VideoIdPath,
        t: Annotated[float | None, parameter(TIME)] = TIME.default,
        width: Annotated[int, parameter(WIDTH)] = WIDTH.default,
    ) -> FileResponse:
        """The frame on screen at a time; after the end, the last one. Of a recording the waveform around that time, or
        without a time its cover."""
        video = await runtime.lookups.run(lambda: runtime.video(video_id))
        seconds = None if t is None else finite_parameter(t, "t")
        preparer, still = preparer_of(runtime), StillRequest(seconds, width)
        probe_of(video)
        find = find_near_thumbnail if video.kind == "video" else find_sound_picture
        near, smaller = await runtime.lookups.run(lambda: find(runtime.library, video, still, preparer.settings))

        def make(draft: Path, preparation: Preparation) -> None:
            write_still(preparer, runtime.settings, video, still, smaller, draft, preparation)

        opened = near or await run_while_connected(
            request,
            preparer.obtain(preparer.pictures, still.name(video), make, queue=runtime.cuts, finish_unattended=False),
        )
        return file_response(request, opened, media_type="image/jpeg", cache_control=CACHE_A_DAY)

    @route(
        "/sprites.jpg",
        http_method=GET_HEAD,
        operation_id=operation_ids("sprites"),
        summary="Get the sprite sheet",
        media_type="image/jpeg",
        responses=file_responses("image/jpeg"),
    )
    async def sprites(self, request: AnyRequest, runtime: Runtime, video_id: VideoIdPath) -> FileResponse:
        """A sheet of small frames for hover previews; `sprites.vtt` maps times to them. A recording has none."""
        opened = await run_while_connected(request, self._sheet(runtime, video_id))
        return file_response(request, opened, media_type="image/jpeg", cache_control=CACHE_A_DAY)

    @get(
        "/sprites.vtt",
        operation_id="sprites_vtt",
        summary="Get the sprite map",
        media_type="text/vtt",
        responses=problem_responses(404, 410, 422),
    )
    async def sprites_vtt(self, request: AnyRequest, runtime: Runtime, video_id: VideoIdPath) -> Response[str]:
        """WebVTT: each cue names a region of `sprites.jpg` by `#xywh=`."""
        opened = await run_while_connected(request, self._sheet(runtime, video_id))
        path = opened.path
        opened.close()
        video = await runtime.lookups.run(lambda: runtime.video(video_id))
        text = await runtime.lookups.run(lambda: sprite_sheet_vtt(video, path, preparer_of(runtime).settings))
        return Response(text, media_type="text/vtt; charset=utf-8", headers={"Cache-Control": CACHE_A_DAY})

    @get(
        "/subtitles.vtt",
        operation_id="subtitles",
        summary="Get the subtitles",
        media_type="text/vtt",
        responses=problem_responses(404),
    )
    async def subtitles(
        self,
        runtime: Runtime,
        video_id: VideoIdPath,
        language: Annotated[str | None, parameter(LANGUAGE)] = LANGUAGE.default,
    ) -> Response[str]:
        """Indexed subtitles as WebVTT; without any, the speech transcript; without that, no cues."""

        def work() -> str:
            found = transcript_of(runtime.library, runtime.video(video_id), language=language)
            return subtitles_vtt([line.row for line in found.lines], language=found.language)

        text = await runtime.lookups.run(work)
        return Response(text, media_type="text/vtt; charset=utf-8", headers={"Cache-Control": "private, no-cache"})

    @get("/timeline", operation_id="timeline", summary="Get relevance over time", responses=problem_responses(404))
    async def timeline(
        self,
        runtime: Runtime,
        video_id: VideoIdPath,
        words: Annotated[str, parameter(TIMELINE_QUERY)],
        buckets: Annotated[int, parameter(BUCKETS)] = BUCKETS.default,
    ) -> TimelineView:
        """For a heat map under the player."""

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
        if not probe_of(video).has_pictures:
            raise UnplayableError("a recording without pictures has no frames to preview")

        def make(draft: Path, preparation: Preparation) -> None:
            write_sprite_sheet(preparer, runtime.settings, runtime.library, video, draft, preparation)

        return await preparer.obtain(
            preparer.pictures, sprite_sheet_name(video), make, queue=runtime.cuts, finish_unattended=True
        )


MEDIA_CONTROLLERS: Sequence[type[Controller]] = (MediaRoutes,)
