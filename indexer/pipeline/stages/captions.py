"""The captions stage: a vision-language model describes each segment in one factual sentence."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from indexer.config import Settings
from indexer.errors import ModelMissingError
from indexer.models.availability import Unavailable, missing_model
from indexer.models.lazy import LazyModel
from indexer.models.profiles import Profile, profile_of
from indexer.models.remote.address import has_consent
from indexer.models.vision_language import VisionLanguageModel
from indexer.models.vision_language_loading import (
    find_vision_language_model,
    load_vision_language_model,
    server_of,
    vision_language_name,
)
from indexer.pipeline.plan import Job
from indexer.pipeline.run_context import RunContext
from indexer.pipeline.stages.base import Stage
from indexer.pipeline.stages.caption_prompt import PROMPT_VERSION
from indexer.pipeline.stages.caption_worker import CaptionWorker
from indexer.pipeline.stages.texts import commit_stage_texts
from indexer.records import Video


class CaptionStage(Stage):
    """Captions of a model that is not on this machine are left as they are."""

    name = "captions"

    def __init__(self, run: RunContext) -> None:
        super().__init__(run)
        spec = profile_of(run.settings).vision_language_model if self.is_on else ""
        self._model = LazyModel(
            spec,
            name_of=lambda spec: vision_language_name(spec, run.settings.adapter),
            find=lambda _: find_vision_language_model(run.settings),
            load=run.loaded.keeping(self.name, self._load),
            loaded=run.loaded.vision_language,
        )
        self._model_name = self._model.name

    @classmethod
    def unavailable(cls, profile: Profile, settings: Settings) -> Unavailable | None:
        model = profile.vision_language_model
        if not model:
            why = f"the profile {profile.name} has no vision-language model, so there are no captions and no answers"
            return Unavailable("off", why, "index with --vision-language-model MODEL")
        if not vision_language_name(model):
            return missing_model("vision-language model", model, "--vision-language-model")
        if settings.adapter and not Path(settings.adapter).expanduser().is_dir():
            return Unavailable("missing", f"the adapter {settings.adapter} is not on this machine", "--adapter FOLDER")
        if (server := server_of(settings)) is not None and not has_consent(server, settings.send_frames_to):
            return Unavailable(
                "missing", f"nothing is sent to {server.host} without consent", f"--send-frames-to {server.host}"
            )
        if not profile.captions:
            return Unavailable("off", "captions are turned off", "index with --captions")
        return None

    def _load(self, spec: str) -> VisionLanguageModel:
        return load_vision_language_model(self.run.settings)

    def prepare(self, jobs: Sequence[Job]) -> str:
        """Fetches the model, so that its lack is known before hours of work."""
        try:
            self._model.fetch()
        except ModelMissingError as error:
            raise ModelMissingError(f"{error}; or leave captions out with --no-captions") from error
        return ""

    def fingerprint(self, video: Video) -> str:
        prompt = hashlib.blake2b(PROMPT_VERSION.encode(), digest_size=4).hexdigest()
        text_model = self.run.library.maker.text_model or "no text model"
        return " | ".join(("captions-1", self._model_name, f"prompt {prompt}", text_model))

    def is_lacked_by(self, video: Video) -> bool:
        if self.is_on and not self._model_name:
            return self.name not in video.stages
        return super().is_lacked_by(video)

    def make(self, jobs: Sequence[Job]) -> None:
        run = self.run
        lacking = run.videos_lacking(self.is_pending, jobs)
        if not lacking or run.cancel.is_set():
            return
        model = self._model.get()
        self._model_name = model.name
        worker = CaptionWorker(
            lacking,
            segments_of=run.segments_of,
            model=model,
            settings=run.settings,
            emit=run.emit,
            cancel=run.cancel,
        )
        for item in worker.results():
            with self.of_one_video(item.video):
                commit_stage_texts(
                    run,
                    item,
                    stage=self.name,
                    fingerprint=self.fingerprint(item.video),
                    complaint="captions are not complete",
                )
        run.commits.flush()
        run.totals.stage_seconds["captions"] = worker.caption_seconds
