"""`/api/videos`: what the library holds; forgetting a video. Taking videos in is `upload_routes`."""

from typing import Annotated, Literal

from litestar import delete, get
from litestar.params import Parameter

from api.media.media_desk import desk_of
from api.service import schemas
from api.service.job_runner import JobRunner
from api.service.problems import described
from api.service.runtime import Runtime
from api.service.upload_routes import UploadRoutes
from api.service.uploads import drop_upload
from api.service.video_views import Sort, State, VideoViews
from indexer.store import Library

VideoIdPath = Annotated[
    str,
    Parameter(pattern="^[0-9a-f]{32}$", description="The video's id.", schema_extra={"example": "0" * 32}),
]


class VideoRoutes(UploadRoutes):
    """All of `/api/videos`: Litestar wants the handlers of one path in one controller."""

    path = "/api/videos"
    tags = ["videos"]  # noqa: RUF012 - Litestar's way

    @get(operation_id="videos", summary="List videos", responses=described())
    async def videos(
        self,
        runtime: Runtime,
        offset: Annotated[int, Parameter(ge=0, le=10_000_000)] = 0,
        limit: Annotated[int, Parameter(ge=1, le=500)] = 50,
        sort: Sort = "name",
        order: Literal["asc", "desc"] = "asc",
        words: Annotated[str, Parameter(query="q", max_length=1000, description="Words in the name.")] = "",
        only: Annotated[State | None, Parameter(query="state", description="Only videos in this state.")] = None,
    ) -> schemas.VideoPage:
        """A page of the library; empty when there is none yet."""

        def work() -> schemas.VideoPage:
            if not runtime.has_library():
                return schemas.VideoPage(total=0, offset=offset, limit=limit, videos=[])
            return VideoViews(runtime).page(
                offset=offset, limit=limit, sort=sort, descending=order == "desc", words=words, state=only
            )

        return await runtime.lookups.run(work)

    @get("/{video_id:str}", operation_id="video", summary="One video", responses=described(404))
    async def video(self, runtime: Runtime, video_id: VideoIdPath) -> schemas.VideoDetails:
        """With its segments and their captions."""
        return await runtime.lookups.run(lambda: VideoViews(runtime).details(runtime.video(video_id)))

    @delete("/{video_id:str}", operation_id="forget_video", summary="Forget a video", responses=described(404, 409))
    async def forget(self, runtime: Runtime, jobs: JobRunner, video_id: VideoIdPath) -> None:
        """Its rows and pictures go. Its file is deleted only where it was uploaded through this service."""

        def work() -> None:
            video = runtime.video(video_id)
            with Library.open_writer(runtime.library_path, maker=runtime.library.maker) as library:
                library.remove_videos([video_id])
            for path in video.paths:
                drop_upload(runtime.upload_folder, path)

        jobs.check_idle()
        desk = desk_of(runtime)
        await runtime.lookups.run(work)
        await runtime.lookups.run(lambda: desk.forget(video_id))
