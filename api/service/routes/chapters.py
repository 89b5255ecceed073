"""`/api/v1/videos/{id}/chapters`: chapters as JSON and as a WebVTT track."""

from litestar import Controller, Response, get

from api.chapter_formats import chapters_vtt
from api.service.links import API
from api.service.problems import problem_responses
from api.service.requests.path_parameters import VideoIdPath
from api.service.runtime import Runtime
from api.service.schemas.chapters import ChapterList, ChapterView
from search.chapters.chapters import VideoChapter, chapters_of


class ChapterRoutes(Controller):
    path = f"{API}/videos/{{video_id:str}}"
    tags = ["videos"]  # noqa: RUF012 - as Litestar expects

    @get("/chapters", operation_id="chapters", summary="List chapters", responses=problem_responses(404))
    async def chapters(self, runtime: Runtime, video_id: VideoIdPath) -> ChapterList:
        """The chapters in the file, if it has any; otherwise found where pictures and words change topic."""
        found = await _found(runtime, video_id)
        return ChapterList(video_id=video_id, chapters=[ChapterView(**chapter.to_json()) for chapter in found])

    @get(
        "/chapters.vtt",
        operation_id="chapters_vtt",
        summary="Get chapters as WebVTT",
        media_type="text/vtt",
        responses=problem_responses(404),
    )
    async def chapters_vtt(self, runtime: Runtime, video_id: VideoIdPath) -> Response[str]:
        """WebVTT, for `<track kind="chapters">`."""
        found = await _found(runtime, video_id)
        text = chapters_vtt((chapter.span, chapter.title) for chapter in found)
        return Response(text, media_type="text/vtt; charset=utf-8", headers={"Cache-Control": "private, no-cache"})


async def _found(runtime: Runtime, video_id: str) -> list[VideoChapter]:
    return await runtime.lookups.run(lambda: chapters_of(runtime.library, runtime.video(video_id)))
