"""`/api/v1/videos/{id}/transcript`: what is said in a video, as JSON, text and subtitles, and corrections of it."""

from pathlib import PurePath
from typing import Annotated

import msgspec
from litestar import Controller, Response, get, patch
from litestar.params import Body, Parameter

from api.export.formats import TranscriptFormat, TranscriptSource
from api.export.transcript import Transcript, render_transcript, transcript_of
from api.options import TRANSCRIPT_LANGUAGE, TRANSCRIPT_SOURCE
from api.service.jobs.runner import JobRunner
from api.service.links import API
from api.service.parameters import parameter
from api.service.problems import problem_responses
from api.service.requests.path_parameters import VideoIdPath
from api.service.runtime import Runtime
from api.service.schemas.transcript import CorrectedLine, LineCorrection, TranscriptView
from indexer.store.correct_text import correct_text

Source = Annotated[TranscriptSource | None, parameter(TRANSCRIPT_SOURCE)]
Language = Annotated[str | None, parameter(TRANSCRIPT_LANGUAGE)]
MEDIA_TYPES: dict[TranscriptFormat, str] = {"text": "text/plain", "srt": "application/x-subrip", "vtt": "text/vtt"}


class TranscriptRoutes(Controller):
    path = f"{API}/videos/{{video_id:str}}"
    tags = ["videos"]  # noqa: RUF012 - as Litestar expects

    @get("/transcript", operation_id="transcript", summary="Get the transcript", responses=problem_responses(404))
    async def transcript(
        self,
        runtime: Runtime,
        video_id: VideoIdPath,
        source: Source = TRANSCRIPT_SOURCE.default,
        language: Language = TRANSCRIPT_LANGUAGE.default,
    ) -> TranscriptView:
        """Lines with their times and the times of spoken words; no lines if the video has no transcript."""
        found = await _found(runtime, video_id, source, language)
        return msgspec.convert(found.to_json() | {"video": PurePath(found.video.path).name}, TranscriptView)

    @get(
        "/transcript.txt",
        operation_id="transcript_text",
        summary="Get the transcript as text",
        media_type=MEDIA_TYPES["text"],
        responses=problem_responses(404),
    )
    async def text(
        self,
        runtime: Runtime,
        video_id: VideoIdPath,
        source: Source = TRANSCRIPT_SOURCE.default,
        language: Language = TRANSCRIPT_LANGUAGE.default,
    ) -> Response[str]:
        """Each line after its time."""
        return _response(await _found(runtime, video_id, source, language), "text")

    @get(
        "/transcript.srt",
        operation_id="transcript_srt",
        summary="Get the transcript as SRT",
        media_type=MEDIA_TYPES["srt"],
        responses=problem_responses(404),
    )
    async def srt(
        self,
        runtime: Runtime,
        video_id: VideoIdPath,
        source: Source = TRANSCRIPT_SOURCE.default,
        language: Language = TRANSCRIPT_LANGUAGE.default,
    ) -> Response[str]:
        """Subtitles of at most two lines each where the times of words are known."""
        return _response(await _found(runtime, video_id, source, language), "srt")

    @get(
        "/transcript.vtt",
        operation_id="transcript_vtt",
        summary="Get the transcript as WebVTT",
        media_type=MEDIA_TYPES["vtt"],
        responses=problem_responses(404),
    )
    async def vtt(
        self,
        runtime: Runtime,
        video_id: VideoIdPath,
        source: Source = TRANSCRIPT_SOURCE.default,
        language: Language = TRANSCRIPT_LANGUAGE.default,
    ) -> Response[str]:
        """The same lines as `transcript.srt`."""
        return _response(await _found(runtime, video_id, source, language), "vtt")

    @patch(
        "/transcript/{index:int}",
        operation_id="correct_transcript",
        summary="Correct a line",
        responses=problem_responses(404, 409),
    )
    async def correct(
        self,
        runtime: Runtime,
        jobs: JobRunner,
        video_id: VideoIdPath,
        index: Annotated[int, Parameter(ge=0, le=1_000_000_000, description="The line's `index`.")],
        data: Annotated[LineCorrection, Body(description="The line as it was, and the corrected line.")],
    ) -> CorrectedLine:
        """The correction is searchable at once, marked as such, and kept when the video is moved or indexed again."""

        def work() -> CorrectedLine:
            runtime.video(video_id)
            model = runtime.engine.text_model()
            place = runtime.place
            row = correct_text(place, video_id, data.source, index, data.text, was=data.was, model=model)
            return CorrectedLine(text=row.text if row else "", original=row.original if row else "")

        jobs.check_idle()
        return await runtime.searches.run(work)


async def _found(runtime: Runtime, video_id: str, source: TranscriptSource | None, language: str | None) -> Transcript:
    def work() -> Transcript:
        return transcript_of(runtime.library, runtime.video(video_id), source=source, language=language)

    return await runtime.lookups.run(work)


def _response(transcript: Transcript, kind: TranscriptFormat) -> Response[str]:
    return Response(
        render_transcript(transcript, kind),
        media_type=f"{MEDIA_TYPES[kind]}; charset=utf-8",
        headers={"Cache-Control": "private, no-cache"},
    )
