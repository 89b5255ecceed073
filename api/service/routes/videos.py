"""`/api/videos`: what the library holds; forgetting a video. Taking videos in is `upload_routes`."""

from typing import Annotated, Literal

from litestar import Controller, delete, get, put
from litestar.params import Body, Parameter

from api.service.files.media_preparer import preparer_of
from api.service.jobs.runner import JobRunner
from api.service.jobs.uploads import delete_upload
from api.service.problems import described
from api.service.routes.uploads import UploadRoutes
from api.service.runtime import Runtime
from api.service.schemas import videos as schemas
from api.service.views.videos import Sort, State, VideoViews
from indexer.store.change_tags import change_tags
from indexer.store.library import Library
from indexer.store.tags import count_tags

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
        tag: Annotated[str, Parameter(max_length=200, description="Only videos with this tag of yours.")] = "",
        only: Annotated[State | None, Parameter(query="state", description="Only videos in this state.")] = None,
    ) -> schemas.VideoPage:
        """A page of the library; empty when there is none yet."""

        def work() -> schemas.VideoPage:
            if not runtime.has_library():
                return schemas.VideoPage(total=0, offset=offset, limit=limit, videos=[])
            return VideoViews(runtime).page(
                offset=offset, limit=limit, sort=sort, descending=order == "desc", words=words, state=only, tag=tag
            )

        return await runtime.lookups.run(work)

    @get("/{video_id:str}", operation_id="video", summary="One video", responses=described(404))
    async def video(self, runtime: Runtime, video_id: VideoIdPath) -> schemas.VideoDetails:
        """With its segments and their captions."""
        return await runtime.lookups.run(lambda: VideoViews(runtime).details(runtime.video(video_id)))

    @put("/{video_id:str}/tags", operation_id="tag_video", summary="Tag a video", responses=described(404, 409))
    async def tag(
        self,
        runtime: Runtime,
        jobs: JobRunner,
        video_id: VideoIdPath,
        data: Annotated[schemas.TagList, Body(description="All tags that the video is to have.")],
    ) -> schemas.TagList:
        """In place of those it had. Their case is kept and does not matter; they stay when the file is moved."""

        def work() -> schemas.TagList:
            video = runtime.video(video_id)
            (video,) = change_tags(runtime.library_path, [video.video_id], add=data.tags, clear=True)
            return schemas.TagList(tags=list(video.tags))

        jobs.check_idle()
        return await runtime.lookups.run(work)

    @delete("/{video_id:str}", operation_id="forget_video", summary="Forget a video", responses=described(404, 409))
    async def forget(self, runtime: Runtime, jobs: JobRunner, video_id: VideoIdPath) -> None:
        """Its rows and pictures go. Its file is deleted only where it was uploaded through this service."""

        def work() -> None:
            video = runtime.video(video_id)
            with Library.open_writer(runtime.library_path, maker=runtime.library.maker) as library:
                library.remove_videos([video_id])
            for path in video.paths:
                delete_upload(runtime.upload_folder, path)

        jobs.check_idle()
        preparer = preparer_of(runtime)
        await runtime.lookups.run(work)
        await runtime.lookups.run(lambda: preparer.forget(video_id))


class TagRoutes(Controller):
    path = "/api/tags"
    tags = ["videos"]  # noqa: RUF012 - Litestar's way

    @get(operation_id="tags", summary="List tags", responses=described())
    async def all_tags(self, runtime: Runtime) -> list[schemas.TagCount]:
        """The tags that people gave, sorted, with the number of videos that have each."""

        def work() -> list[schemas.TagCount]:
            videos = runtime.library.videos() if runtime.has_library() else []
            counts = count_tags(video.tags for video in videos)
            return [schemas.TagCount(tag=tag, videos=count) for tag, count in counts.items()]

        return await runtime.lookups.run(work)
