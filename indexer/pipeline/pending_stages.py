"""Which stages of a video are still to be made. Compares fingerprints; loads no model."""

from collections.abc import Sequence
from pathlib import Path

from indexer.catalog import StageName
from indexer.config import Settings
from indexer.models.profiles import profile_of
from indexer.ocr.reader import reader_name
from indexer.pipeline.fingerprints import (
    captions_fingerprint,
    picture_fingerprint,
    screen_text_fingerprint,
    speech_fingerprint,
    subtitles_fingerprint,
)
from indexer.pipeline.stages.caption_prompt import PROMPT_VERSION
from indexer.records import Video
from indexer.speech.transcript_filters import POLICY_VERSION
from indexer.speech.voice_activity import VOICE_VERSION
from indexer.store.schema import Maker
from indexer.subtitles.sidecars import sidecars_of


class Needs:
    """What a library made by `maker` with these settings lacks."""

    def __init__(
        self, maker: Maker, settings: Settings, software: str, *, captioner: str, transcriber: str, retry_failed: bool
    ) -> None:
        """
        Args:
            captioner: name of the vision-language model; empty when it is not on this machine yet.
            transcriber: name of the speech model; the same.
        """
        self._maker = maker
        self._software, self._retry_failed = software, retry_failed
        profile = profile_of(settings)
        self.reads_screens = profile.screen_text
        self.captions = profile.captions
        self.captioner = captioner
        self.speech = bool(profile.speech_model)
        self.transcriber = transcriber
        self._beside_subtitles = settings.speech_beside_subtitles
        self.picture_fingerprint = picture_fingerprint(maker.picture_model, settings)
        further = settings.screen_text_models if self.reads_screens else ""
        self.screen_text_fingerprint = screen_text_fingerprint(maker.text_model, reader_name(further), settings)

    def subtitles_fingerprint(self, sidecars: Sequence[Path]) -> str:
        """Of the subtitles stage with these files beside the video."""
        return subtitles_fingerprint(self._maker.text_model, sidecars)

    def screen_text(self, video: Video) -> bool:
        """Whether the on-screen text of an indexed video is still to be read."""
        return (
            self.reads_screens
            and "picture" in video.stages
            and video.stages.get("screen_text") != self.screen_text_fingerprint
        )

    def speech_fingerprint(self, video: Video, *, subtitled: bool) -> str:
        """Of the speech stage of a video with its present subtitles.

        Args:
            subtitled: its subtitles were enough, and no model listened.
        """
        rules = f"{VOICE_VERSION} {POLICY_VERSION} {self._maker.text_model} {self._beside_subtitles}"
        model = "" if subtitled else self.transcriber
        return speech_fingerprint(model, rules, video.stages.get("subtitles", ""))

    def speech_of(self, video: Video) -> bool:
        """Whether it is still to be written down what is said in an indexed video.

        What a model heard that is not on this machine is left as it is.
        """
        if not self.speech or "picture" not in video.stages:
            return False
        made = video.stages.get("speech")
        if made is None or made == self.speech_fingerprint(video, subtitled=True):
            return made is None
        return bool(self.transcriber) and made != self.speech_fingerprint(video, subtitled=False)

    @property
    def captions_fingerprint(self) -> str:
        """Of the captions stage with the model at hand."""
        return captions_fingerprint(self._maker.text_model, self.captioner, PROMPT_VERSION)

    def captions_of(self, video: Video) -> bool:
        """Whether an indexed video's segments are still to be described.

        Captions of a model that is not on this machine are left as they are.
        """
        if not self.captions or "picture" not in video.stages:
            return False
        if not self.captioner:
            return "captions" not in video.stages
        return video.stages.get("captions") != self.captions_fingerprint

    def __call__(self, video: Video) -> tuple[tuple[StageName, ...], str]:
        """Stages to be made, in order, and why none are where there are none."""
        if video.failure_kind and video.failure_software == self._software and not self._retry_failed:
            return (), f"failed before, and neither it nor the software changed: {video.failure_reason}"
        if video.stages.get("picture") != self.picture_fingerprint:
            return ("picture",), ""
        stages: list[StageName] = []
        sidecars = sidecars_of([Path(path) for path in video.paths])
        if video.stages.get("subtitles") != self.subtitles_fingerprint(sidecars):
            stages.append("subtitles")
        if self.screen_text(video):
            stages.append("screen_text")
        if self.speech_of(video):
            stages.append("speech")
        if self.captions_of(video):
            stages.append("captions")
        return tuple(stages), "indexed already"
