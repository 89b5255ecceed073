"""The MCP server: seven typed tools over one library."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Annotated, Any, TypeVar

from mcp.server.mcpserver import Context, Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from api.mcp import records
from api.mcp.backend import Backend, Work
from api.mcp.stills import MOST_STILLS, Look, look_at
from api.version import package_version
from indexer.errors import ReelseekError, UsageError
from indexer.records import TimeSpan, Video
from indexer.words.folding import fold_name
from search.answering.answer import Answer
from search.chapters.chapters import chapters_of
from search.options import EFFORT, LIKE, LIMIT, OFFSET, QUERY, QUESTION, SCOPE, SIGNALS_ONLY, VIDEO, EffortName
from search.query.moment_reference import parse_moment_reference
from search.results import Moment
from search.signals import SIGNALS

INSTRUCTIONS = (
    "Finds moments in a video library by what is seen, said and written, and answers questions about them. Begin with"
    " search_moments; look shows a moment as stills and text; ask lets the library's own model answer with citations."
    " Times are seconds from the start of a video."
)
LONGEST_CLIP_SECONDS = 3600.0
MOST_LISTED = 500
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
Result = TypeVar("Result")

VideoName = Annotated[
    str, Field(description="Name, path or id of a video, or the first digits of its id.", max_length=4096)
]
OnlyVideo = Annotated[str | None, Field(description=VIDEO.description, max_length=4096)]
OnlyScope = Annotated[str | None, Field(description=SCOPE.description, max_length=SCOPE.max_length)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
MomentName = Annotated[str, Field(description=LIKE.details, max_length=LIKE.max_length, examples=["a.mp4@61-64"])]
Stills = Annotated[int, Field(ge=0, le=MOST_STILLS, description="Number of stills, evenly spaced.")]


def make_server(backend: Backend) -> MCPServer[Any]:
    """The server over a library. Every error of a tool says what is wrong and what to do."""
    server: MCPServer[Any] = MCPServer(
        "reelseek", title="Reelseek", version=package_version(), instructions=INSTRUCTIONS
    )
    tools = _Tools(backend)
    for tool, title in (
        (tools.search_moments, "Find moments"),
        (tools.ask, "Ask a question"),
        (tools.describe_video, "Describe a video"),
        (tools.list_videos, "List videos"),
    ):
        server.add_tool(tool, title=title, annotations=_READS, structured_output=True)
    for tool, title in ((tools.look, "Look at a moment"), (tools.compare, "Compare two moments")):
        server.add_tool(tool, title=title, annotations=_READS, structured_output=False)
    server.add_tool(tools.export_clip, title="Export a clip", annotations=_WRITES, structured_output=True)
    return server


class _Tools:
    """The tools; their docstrings are what models read."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def search_moments(
        self,
        query: Annotated[str, Field(description=QUERY.description, max_length=QUERY.max_length)] = "",
        like: Annotated[str | None, Field(description=LIKE.description, max_length=LIKE.max_length)] = None,
        video: OnlyVideo = None,
        scope: OnlyScope = None,
        signals: Annotated[list[str], Field(description=f"{SIGNALS_ONLY.description} {', '.join(SIGNALS)}.")] = [],  # noqa: B006
        limit: Annotated[int, Field(ge=1, le=100, description=LIMIT.description)] = 10,
        offset: Annotated[int, Field(ge=0, le=100_000, description=OFFSET.description)] = 0,
    ) -> records.FoundMoments:
        """Finds moments by words, or like another moment, best first."""

        def work() -> records.FoundMoments:
            result = self._backend.asker.engine.search(
                query, like=like, video=video, scope=scope, signals=signals or None, limit=limit, offset=offset
            )
            return records.FoundMoments(
                found=result.found,
                searched=result.corrected or result.query,
                more=result.more,
                moments=[_found_moment(one) for one in result.moments],
                closest=[_found_moment(one) for one in result.closest],
            )

        return await self._run("search", work)

    async def ask(
        self,
        question: Annotated[str, Field(description=QUESTION.description, max_length=QUESTION.max_length)],
        ctx: Context[Any],
        video: OnlyVideo = None,
        scope: OnlyScope = None,
        effort: Annotated[EffortName, Field(description=EFFORT.description)] = EFFORT.default,
    ) -> records.CitedAnswer:
        """Lets the library's vision-language model answer a question from the videos, with citations. Takes minutes on
        a machine without a GPU; progress is the number of clips that were shown to the model."""
        loop, cancelled, shown = asyncio.get_running_loop(), threading.Event(), [0]

        def tell(message: str) -> None:
            asyncio.run_coroutine_threadsafe(ctx.report_progress(shown[0], None, message), loop)

        def on_evidence(clips: Sequence[tuple[str, TimeSpan]]) -> None:
            shown[0] += len(clips)
            tell(f"The model reads {len(clips)} clips")

        def work() -> Answer:
            tell("Searching")
            return self._backend.asker.ask(
                question,
                video=video,
                scope=scope,
                effort=effort,
                on_evidence=on_evidence,
                is_cancelled=cancelled.is_set,
            )

        try:
            answer = await self._run("ask", work)
        finally:
            cancelled.set()
        citations = [
            records.Citation(one.video_id, _name(one.video), *_times(one.span), one.why) for one in answer.moments
        ]
        return records.CitedAnswer(answer.found, answer.answer, citations, _name(answer.model))

    async def look(
        self, video: VideoName, start_seconds: Seconds, stop_seconds: Seconds, stills: Stills = 4
    ) -> list[str | Image]:
        """Shows a span of a video: what is said, written and described there, and up to eight stills."""

        def work() -> Look:
            found = self._find(video)
            span = _span(found, start_seconds, stop_seconds)
            library = self._backend.asker.engine.library
            return look_at(library, found, span, stills=stills, settings=self._backend.settings)

        return _content(await self._run("media", work))

    async def compare(self, first: MomentName, second: MomentName, stills: Stills = 3) -> list[str | Image]:
        """Shows two moments, one after the other, so that they can be compared: stills and texts of each."""

        def work(name: str) -> Look:
            reference = parse_moment_reference(name)
            found = self._find(reference.video)
            stop = (
                reference.stop_seconds
                if reference.stop_seconds > reference.start_seconds
                else reference.start_seconds + 1
            )
            span = _span(found, reference.start_seconds, stop)
            library = self._backend.asker.engine.library
            return look_at(library, found, span, stills=stills, settings=self._backend.settings)

        looks = [await self._run("media", lambda name=name: work(name)) for name in (first, second)]
        return [*_content(looks[0], "First: "), *_content(looks[1], "Second: ")]

    async def describe_video(self, video: VideoName) -> records.DescribedVideo:
        """Describes one video: its facts, its chapters, and how many lines of each kind of text it has."""

        def work() -> records.DescribedVideo:
            found, library = self._find(video), self._backend.asker.engine.library
            chapters = [records.DescribedChapter(*_times(one.span), one.title) for one in chapters_of(library, found)]
            counts: dict[str, int] = {}
            for row in library.texts(found.video_id):
                counts[row.source] = counts.get(row.source, 0) + 1
            return records.DescribedVideo(_listed(found), counts, chapters)

        return await self._run("read", work)

    async def list_videos(
        self,
        name: Annotated[
            str, Field(description="Only videos whose name contains all of these words.", max_length=1000)
        ] = "",
        tag: Annotated[str, Field(description="Only videos with this tag.", max_length=200)] = "",
        limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 50,
        offset: Annotated[int, Field(ge=0)] = 0,
    ) -> records.VideoList:
        """Lists the videos of the library by name."""

        def work() -> records.VideoList:
            words = fold_name(name).split()
            videos = [
                one
                for one in self._backend.asker.engine.videos()
                if all(word in fold_name(_name(one.path)) for word in words)
                and (not tag or fold_name(tag) in {fold_name(own) for own in one.tags})
            ]
            videos.sort(key=lambda one: (_name(one.path), one.video_id))
            return records.VideoList(len(videos), [_listed(one) for one in videos[offset : offset + limit]])

        return await self._run("read", work)

    async def export_clip(
        self, video: VideoName, start_seconds: Seconds, stop_seconds: Seconds
    ) -> records.ExportedClip:
        """Cuts a span out of a video as MP4 (of a recording: M4A), accurate to the frame."""

        def work() -> records.ExportedClip:
            found = self._find(video)
            span = _span(found, start_seconds, stop_seconds)
            if span.stop_seconds - span.start_seconds > LONGEST_CLIP_SECONDS:
                raise UsageError(f"a clip lasts at most {LONGEST_CLIP_SECONDS:g} s; give a shorter span")
            path, link = self._backend.export(found, span)
            return records.ExportedClip(_name(found.path), *_times(span), path, link)

        return await self._run("media", work)

    def _find(self, name: str) -> Video:
        """Raises NotInLibraryError."""
        return self._backend.asker.engine.library.find_video(name)

    async def _run(self, kind: Work, work: Callable[[], Result]) -> Result:
        """Raises ToolError, which alone reaches the model with its words."""
        try:
            return await self._backend.run(kind, work)
        except ReelseekError as error:
            raise ToolError(str(error)) from error


def _span(video: Video, start: float, stop: float) -> TimeSpan:
    """Raises UsageError."""
    if not start < stop or start >= video.duration_seconds:
        raise UsageError(
            f"{start:g} to {stop:g} s is not within {_name(video.path)}, which lasts {video.duration_seconds:g} s"
        )
    return TimeSpan(start, min(stop, video.duration_seconds))


def _found_moment(moment: Moment) -> records.FoundMoment:
    return records.FoundMoment(
        moment.video_id,
        _name(moment.video),
        *_times(moment.span),
        round(moment.best_frame_seconds, 3),
        round(moment.relevance, 3),
        list(moment.signals),
        moment.text,
    )


def _listed(video: Video) -> records.ListedVideo:
    return records.ListedVideo(
        video.video_id,
        _name(video.path),
        video.kind,
        round(video.duration_seconds, 3),
        video.created.isoformat(),
        list(video.tags),
        "failed" if video.failure_kind else "ready",
    )


def _content(look: Look, begin: str = "") -> list[str | Image]:
    return [begin + look.text, *(Image(data=still, format="jpeg") for still in look.stills)]


def _name(path: str) -> str:
    return PurePath(path).name


def _times(span: TimeSpan) -> tuple[float, float]:
    return round(span.start_seconds, 3), round(span.stop_seconds, 3)
