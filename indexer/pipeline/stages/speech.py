"""The speech stage: a speech recognition model transcribes what is said in a video.

Where subtitles are enough for a video, no model is run. Without its model the stage leaves itself out of the run.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from indexer.catalog import FIRST_STAGE
from indexer.config import Settings
from indexer.errors import DeviceMemoryError, ModelBrokenError, ModelError, ModelMissingError, SettingsError
from indexer.models.availability import Unavailable, missing_model
from indexer.models.lazy import LazyModel
from indexer.models.profiles import Profile, profile_of
from indexer.models.protocols import SpeechModel
from indexer.models.weights.speech_models import (
    OFFLINE_SPEECH_MODEL,
    SPEECH,
    find_speech_weights,
    is_speech_model_here,
    speech_weights_name,
)
from indexer.models.weights.voice_models import VOICE_PACKAGE
from indexer.pipeline.plan import Job
from indexer.pipeline.run_context import RunContext
from indexer.pipeline.stages.base import Stage
from indexer.pipeline.stages.speech_worker import SpeechWorker
from indexer.pipeline.stages.texts import VideoTexts, commit_stage_texts
from indexer.records import TimedText, Video
from indexer.speech.diarization import VoiceModel
from indexer.speech.hotwords import read_hotwords
from indexer.speech.speakers import SpeakerBook
from indexer.speech.transcript_filters import POLICY_VERSION, drop_subtitled

_UNNAMED = "the profile has no speech model; choose one with --speech-model, such as Systran/faster-whisper-small"
_WAY_OUT = "or leave it out with --no-speech"


class SpeechStage(Stage):
    """Transcripts of a model that is not on this machine are left as they are."""

    name = "speech"

    def __init__(self, run: RunContext) -> None:
        super().__init__(run)
        spec = profile_of(run.settings).speech_model
        self._model = LazyModel(
            spec,
            name_of=speech_weights_name,
            find=find_speech_weights,
            load=run.loaded.keeping(self.name, self._load),
            loaded=run.loaded.speech,
        )
        self._with_voices = VOICE_PACKAGE.is_installed if run.settings.speakers is None else run.settings.speakers
        self._speakers: SpeakerBook | None = None
        self._hotwords = read_hotwords(run.settings.speech_words)
        self._model_name = self._model.name
        """Empty where the model is not on this machine, or cannot be used in this run."""

    @classmethod
    def unavailable(cls, profile: Profile, settings: Settings) -> Unavailable | None:
        if settings.speech is False:
            return Unavailable("off", "speech is switched off", "index with --speech")
        model = profile.speech_model
        if not model:
            how = "index with --speech-model MODEL: a hub name, such as Systran/faster-whisper-small, or a directory"
            return Unavailable("off", f"the profile {profile.name} has no speech model", how)
        if is_speech_model_here(model):
            return None
        if model == OFFLINE_SPEECH_MODEL:
            how = "install it with `pip install 'reelseek[offline]'`, or name a directory: --speech-model DIR"
            return Unavailable("missing", f"the speech model {model} is not on this machine", how)
        return missing_model(SPEECH, model, "--speech-model")

    def prepare(self, jobs: Sequence[Job]) -> str:
        if not self.is_on:
            return f"{_UNNAMED}; {_WAY_OUT}" if self.run.settings.speech else ""
        if not any({FIRST_STAGE, self.name} & set(job.stages) for job in jobs):
            return ""
        try:
            self._model.fetch()
        except ModelError as error:
            self._model_name = ""
            return f"{error}; {_WAY_OUT}"
        self._model_name = self._model.name
        if self._with_voices:
            try:
                VOICE_PACKAGE.find()
            except ModelError as error:
                self._model_name = ""
                return f"{error}; or leave it out with --no-speakers"
        return ""

    def fingerprint(self, video: Video) -> str:
        return self._fingerprint(video, self._model_name)

    def is_lacked_by(self, video: Video) -> bool:
        made = video.stages.get(self.name)
        if not self.is_on or made is None or made == self._fingerprint(video, ""):
            return self.is_on and made is None
        return bool(self._model_name) and made != self.fingerprint(video)

    def make(self, jobs: Sequence[Job]) -> None:
        run = self.run
        to_transcribe: list[Video] = []
        for video in run.videos_lacking(self.is_pending, jobs):
            if run.cancel.is_set():
                return
            if run.settings.speech_beside_subtitles or not run.library.texts(video.video_id, "subtitle"):
                to_transcribe.append(video)
            else:
                self._commit(VideoTexts(video, (), None, 0.0), model_name="")
        if to_transcribe and self._model_name:
            self._transcribe(to_transcribe)
        run.commits.flush()

    def _transcribe(self, videos: Sequence[Video]) -> None:
        run = self.run
        worker = SpeechWorker(
            videos,
            model=self._model.get,
            voice_model=run.loaded.keeping("voices", cache(self._load_voice_model)),
            hotwords=self._hotwords,
            settings=run.settings,
            emit=run.emit,
            cancel=run.cancel,
        )
        try:
            for item in worker.results():
                self._commit(item, model_name=self._model_name)
        except (ModelMissingError, ModelBrokenError, DeviceMemoryError, SettingsError) as error:
            run.leave_out(self.name, f"{error}; {_WAY_OUT}")
        finally:
            self._model.release()
            run.totals.stage_seconds["speech"] = worker.speech_seconds

    def _commit(self, made: VideoTexts, *, model_name: str) -> None:
        with self.of_one_video(made.video):
            subtitles = self.run.library.texts(made.video.video_id, "subtitle") if made.texts else []
            said = [TimedText(row.span, row.text, row.language) for row in subtitles]
            if self._speakers is None:
                self._speakers = SpeakerBook(self.run.library.videos())
            voices = self._speakers.name_voices(made.video.video_id, made.voices)
            texts = tuple(drop_subtitled(made.texts, said))
            commit_stage_texts(
                self.run,
                replace(made, video=replace(made.video, voices=voices), texts=texts),
                stage=self.name,
                fingerprint=self._fingerprint(made.video, model_name),
                complaint="speech was not written down",
            )

    def _fingerprint(self, video: Video, model_name: str) -> str:
        """The model, the rules of the filters, and the subtitles that its output is compared with.

        Args:
            model_name: empty where the subtitles were enough and no model ran.
        """
        settings = self.run.settings
        said = f"{settings.speech_language} {self._hotwords}" if model_name else ""
        if model_name and self._with_voices:
            said += f" voices {VOICE_PACKAGE.files[VOICE_PACKAGE.weights_file]}"
        rules = (
            f"{POLICY_VERSION} {said} {self.run.library.maker.text_model} {settings.speech_beside_subtitles}"
            f" {video.stages.get('subtitles', '')}"
        )
        digest = hashlib.blake2b(rules.encode(), digest_size=6).hexdigest()
        return " | ".join(("speech-2", model_name or "left to the subtitles", f"rules {digest}"))

    def _load_voice_model(self) -> VoiceModel | None:
        if not self._with_voices:
            return None
        from indexer.models.voice_embedder import load_voice_embedder  # imports torch, which takes seconds

        return load_voice_embedder()

    def _load(self, spec: str) -> SpeechModel:
        from indexer.models.speech_recognizer import load_speech_model  # imports torch, which takes seconds

        settings = self.run.settings
        language = settings.speech_language
        return load_speech_model(spec, device=settings.device, threads=self.run.cores, language=language)
