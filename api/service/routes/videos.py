"""`/api/v1/videos` and `/api/v1/tags`: list, tag and remove videos. Adding videos is in `uploads`."""

from typing import Annotated

from litestar import Controller, delete, get, put
from litestar.params import Body

from api.service.files.media_preparer import preparer_of
from api.service.jobs.runner import JobRunner
from api.service.jobs.uploads import delete_upload
from api.service.links import API
from api.service.options import NAME_WORDS, ORDER, SORT, STATE, TAG, VIDEO_LIMIT, VIDEO_OFFSET, Order, Sort, State
from api.service.parameters import parameter
from api.service.problems import problem_responses
from api.service.requests.path_parameters import VideoIdPath
from api.service.routes.uploads import UploadRoutes
from api.service.runtime import Runtime
from api.service.schemas import videos as schemas
from api.service.views.videos import VideoViews
from indexer.store.change_tags import change_tags
from indexer.store.library import Library
from indexer.store.tags import count_tags


class VideoRoutes(UploadRoutes):
    """All of `/api/v1/videos`: Litestar requires the handlers of a path in one controller."""

    path = f"{API}/videos"
    tags = ["videos"]  # noqa: RUF012 - as Litestar expects

    @get(operation_id="videos", summary="List videos", responses=problem_responses())
    async def videos(
        self,
        runtime: Runtime,
        offset: Annotated[int, parameter(VIDEO_OFFSET)] = VIDEO_OFFSET.default,
        limit: Annotated[int, parameter(VIDEO_LIMIT)] = VIDEO_LIMIT.default,
        sort: Annotated[Sort, parameter(SORT)] = SORT.default,
        order: Annotated[Order, parameter(ORDER)] = ORDER.default,
        name: Annotated[str, parameter(NAME_WORDS)] = NAME_WORDS.default,
        tag: Annotated[str, parameter(TAG)] = TAG.default,
        only: Annotated[State | None, parameter(STATE, name="state")] = STATE.default,
    ) -> schemas.VideoPage:
        """A page of the library; empty if there is no library yet."""

        def work() -> schemas.VideoPage:
            if not runtime.has_library():
                return schemas.VideoPage(total=0, offset=offset, limit=limit, videos=[])
            return VideoViews(runtime).page(
                offset=offset, limit=limit, sort=sort, descending=order == "desc", words=name, state=only, tag=tag
            )

        return await runtime.lookups.run(work)

    @get("/{video_id:str}", operation_id="video", summary="Get a video", responses=problem_responses(404))
    async def video(self, runtime: Runtime, video_id: VideoIdPath) -> schemas.VideoDetails:
        """With its segments and their captions."""
        return await runtime.lookups.run(lambda: VideoViews(runtime).details(runtime.video(video_id)))

    @put("/{video_id:str}/tags", operation_id="tag_video", summary="Tag a video", responses=problem_responses(404, 409))
    async def tag(
        self,
        runtime: Runtime,
        jobs: JobRunner,
        video_id: VideoIdPath,
        data: Annotated[schemas.TagList, Body(description="All tags of the video.")],
    ) -> schemas.TagList:
        """Replaces all tags of the video. Case is kept but ignored when comparing. Tags stay when a file is moved."""

        def work() -> schemas.TagList:
            video = runtime.video(video_id)
            (video,) = change_tags(runtime.place, [video.video_id], add=data.tags, clear=True)
            return schemas.TagList(tags=list(video.tags))

        jobs.check_idle()
        return await runtime.lookups.run(work)

    @delete(
        "/{video_id:str}", operation_id="forget_video", summary="Remove a video", responses=problem_responses(404, 409)
    )
    async def forget(self, runtime: Runtime, jobs: JobRunner, video_id: VideoIdPath) -> None:
        """Removes it from the library. Its file is deleted only if it was uploaded through this service."""

        def work() -> None:
            video = runtime.video(video_id)
            with Library.open_writer(runtime.place, maker=runtime.library.maker) as library:
                library.remove_videos([video_id])
            for path in video.paths:
                delete_upload(runtime.upload_folder, path)

        jobs.check_idle()
        preparer = preparer_of(runtime)
        await runtime.lookups.run(work)
        await runtime.lookups.run(lambda: preparer.forget(video_id))


class TagRoutes(Controller):
    path = f"{API}/tags"
    tags = ["videos"]  # noqa: RUF012 - as Litestar expects

    @get(operation_id="tags", summary="List tags", responses=problem_responses())
    async def all_tags(self, runtime: Runtime) -> list[schemas.TagCount]:
        """All tags, sorted, with the number of videos of each."""

        def work() -> list[schemas.TagCount]:
            videos = runtime.library.videos() if runtime.has_library() else []
            counts = count_tags(video.tags for video in videos)
            return [schemas.TagCount(tag=tag, videos=count) for tag, count in counts.items()]

        return await runtime.lookups.run(work)
