"""`/api/v1/speakers`: who speaks in the library, and what they are called."""

from typing import Annotated

from litestar import Controller, get, patch, post
from litestar.params import Body

from api.service.jobs.runner import JobRunner
from api.service.links import API
from api.service.problems import problem_responses
from api.service.runtime import Runtime
from api.service.schemas.speakers import SpeakerList, SpeakerRename, SpeakerSplit, SpeakerView
from indexer.speech.speakers import speakers_of
from indexer.store.change_speakers import rename_speaker, split_speaker


class SpeakerRoutes(Controller):
    path = f"{API}/speakers"
    tags = ["videos"]  # noqa: RUF012 - as Litestar expects

    @get(operation_id="speakers", summary="List speakers", responses=problem_responses())
    async def speakers(self, runtime: Runtime) -> SpeakerList:
        """Empty if speakers were not recognized. `speaker:NAME` in a query finds what a person says."""
        return await runtime.lookups.run(lambda: _all(runtime))

    @patch(operation_id="rename_speaker", summary="Rename a speaker", responses=problem_responses(404, 409))
    async def rename(
        self,
        runtime: Runtime,
        jobs: JobRunner,
        data: Annotated[SpeakerRename, Body(description="The speaker and the new name.")],
    ) -> SpeakerList:
        """In every video at once; the name of another speaker merges the two."""

        def work() -> SpeakerList:
            rename_speaker(runtime.place, data.name, data.new_name)
            return _all(runtime)

        jobs.check_idle()
        return await runtime.lookups.run(work)

    @post(
        "/split",
        operation_id="split_speaker",
        summary="Split a speaker",
        status_code=200,
        responses=problem_responses(404, 409),
    )
    async def split(
        self,
        runtime: Runtime,
        jobs: JobRunner,
        data: Annotated[
            SpeakerSplit, Body(description="The speaker, and the video where the voice is another person's.")
        ],
    ) -> SpeakerList:
        """Gives the speaker's voice in one video a new name, where it is another person."""

        def work() -> SpeakerList:
            split_speaker(runtime.place, data.name, data.video_id)
            return _all(runtime)

        jobs.check_idle()
        return await runtime.lookups.run(work)


def _all(runtime: Runtime) -> SpeakerList:
    found = speakers_of(runtime.library.videos()) if runtime.has_library() else []
    shown = [SpeakerView(name=one.name, seconds=round(one.seconds, 1), videos=one.videos) for one in found]
    return SpeakerList(speakers=shown)
