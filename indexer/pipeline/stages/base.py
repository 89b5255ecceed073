"""The interface of a stage: one resumable part of indexing a video.

A stage is one class in one module of this folder and one line in `indexer.catalog`. Only `fingerprint` and `make` are
required.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from indexer.catalog import ENTRY_OF_STAGE, NOT_APPLICABLE, StageName
from indexer.config import Settings
from indexer.errors import VanishedVideoError, VideoError
from indexer.models.availability import Unavailable
from indexer.models.profiles import Profile, profile_of
from indexer.pipeline.plan import Job
from indexer.pipeline.run_context import RunContext
from indexer.pipeline.stages.unexpected import unexpected_as_video_error
from indexer.records import Video


class Stage(ABC):
    """One stage in one indexing run."""

    name: ClassVar[StageName]
    """As in the catalog."""
    one_thread_an_operation: ClassVar[bool] = False
    """Whether the stage runs several threads, so that on a CPU each tensor operation should use a single one."""

    def __init__(self, run: RunContext) -> None:
        self.run = run
        self.is_on = ENTRY_OF_STAGE[self.name].is_on(profile_of(run.settings))
        """Whether the settings ask for the stage."""

    @classmethod
    def unavailable(cls, profile: Profile, settings: Settings) -> Unavailable | None:
        """Why new videos would lack the stage's signals; None when they would not. Loads and fetches nothing."""
        return None

    @classmethod
    def is_made(cls, video: Video, profile: Profile) -> bool:
        """Whether an indexed video has the stage's signals as a profile makes them. Loads and fetches nothing."""
        return cls.name in video.stages

    def prepare(self, jobs: Sequence[Job]) -> str:
        """Fetches the stage's models before any work begins.

        Returns:
            Why the stage is left out of this run; empty when it is not. `make` is called in any case, for the work that
            needs no model.

        Raises:
            ModelError: a required model is missing, and the run must not begin.
        """
        return ""

    @abstractmethod
    def fingerprint(self, video: Video) -> str:
        """A string that identifies what would make the stage for this video now: models, rules, software.

        It is recorded with the video. Another string later means that the stage is to be made again.
        """

    def is_lacked_by(self, video: Video) -> bool:
        """Whether the stage is still to be made, or made again, for an indexed video."""
        return self.is_on and video.stages.get(self.name) not in (self.fingerprint(video), NOT_APPLICABLE)

    def failed_before(self, video: Video) -> bool:
        """Whether the stage failed for the video, and another attempt is not worth it: nothing has changed since."""
        failure = video.failures.get(self.name)
        return failure is not None and self.run.remembers(failure, self.fingerprint(video))

    def is_pending(self, video: Video) -> bool:
        """Whether the run makes the stage for the video."""
        return self.is_lacked_by(video) and not self.failed_before(video)

    @contextmanager
    def of_one_video(self, video: Video) -> Generator[None]:
        """Goes around everything that a stage does for one video that is in the library.

        An error inside becomes the failure of this stage for this video, and `make` goes on with the next; what
        concerns the whole run passes. See `unexpected.concerns_whole_run`.
        """
        try:
            with unexpected_as_video_error(video.path):
                yield
        except VanishedVideoError as error:
            self.run.fail_vanished(video, error)
        except VideoError as error:
            self.run.fail_stage(self.name, video, error, fingerprint=self.fingerprint(video))
        self.run.commits.flush_when_due()

    @abstractmethod
    def make(self, jobs: Sequence[Job]) -> None:
        """Does the work, and commits each video's rows as it is finished; returns early when the run is cancelled.

        Args:
            jobs: all of the run; `RunContext.videos_lacking` gives the videos for which `is_pending` is true.
        """
