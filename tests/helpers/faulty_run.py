"""Indexing of four short films by stand-ins of models, of which one may fail where it works on certain films.

What becomes of their errors is tested, not what they find. Each film is known inside a batch: by the width of its
pictures, the length of its sound, and the last word of its texts.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner, Result

from api.cli.main import main
from indexer.catalog import StageName
from indexer.config import Settings
from indexer.models.loading import Models
from indexer.models.profiles import PROFILES
from indexer.models.transcript import TranscriptLine
from indexer.models.vision_language import Prompt, frames_of
from indexer.pipeline.events import IndexEvent, IndexFinished
from indexer.pipeline.index import index_paths
from indexer.records import Pixels, Samples16
from indexer.store.library import Library
from tests.helpers.fakes_speech import FakeSpeechModel, loud_spans, said
from tests.helpers.fakes_text import FakeTextModel
from tests.helpers.fakes_vlm import FakeVisionLanguageModel
from tests.helpers.media_sound import synthetic_voice, write_talkie
from tests.helpers.stand_in_models import StandInPictureModel

NAMES = ("a", "b", "c", "d")
WIDTHS = {64: "a", 128: "b", 192: "c", 96: "d"}
"""Of the pictures, which are all 48 high."""
VOICE_SECONDS = {1.0: "a", 3.0: "b", 4.0: "c", 2.0: "d"}
"""Of the longest stretch of sound."""


class Fault:
    """Raises the errors of the videos that are to fail where these are worked on, until it is repaired."""

    def __init__(self) -> None:
        self.errors: dict[str, Exception] = {}
        self.raised = 0

    def strike(self, *names: str) -> None:
        """Args: names of the videos that are worked on."""
        for name in names:
            if name in self.errors:
                self.raised += 1
                raise self.errors[name]


class PictureModel(StandInPictureModel):
    """Marks the pictures with the width of their video, which is so known in a batch that spans videos."""

    def __init__(self, fault: Fault | None) -> None:
        super().__init__(dim=48)
        self._fault = fault

    def prepare(self, pixels: Pixels) -> np.ndarray:
        inputs = super().prepare(pixels)
        inputs[0, 0, 0] = pixels.shape[1]
        return inputs

    def embed_prepared(self, inputs: np.ndarray) -> Any:
        if self._fault:
            self._fault.strike(*(WIDTHS[int(width)] for width in inputs[:, 0, 0, 0]))
        return super().embed_prepared(inputs)


class TextModel(FakeTextModel):
    """Knows the video by the last word of its texts."""

    def __init__(self, fault: Fault | None, begin: str) -> None:
        super().__init__()
        self._fault, self._begin = fault, begin

    def embed_documents(self, texts: Sequence[str]) -> Any:
        if self._fault:
            self._fault.strike(*(text.split()[-1] for text in texts if text.startswith(self._begin)))
        return super().embed_documents(texts)


class FaultyRun:
    """Indexes the films into one library, with models of which one may fail."""

    def __init__(self, films: Path, settings: Settings) -> None:
        self.films, self.settings, self.fault = films, settings, Fault()
        self.failing = ""
        """`picture`, `speech` or `captions`: that model; `text Saying`: the text model, on texts that begin so."""

    def __call__(self, **options: Any) -> IndexFinished:
        self.events: list[IndexEvent] = []
        model, _, begin = self.failing.partition(" ")
        picture = PictureModel(self.fault if model == "picture" else None)
        text = TextModel(self.fault if model == "text" else None, begin)
        return index_paths(
            [self.films],
            settings=self.settings,
            models=Models(replace(PROFILES["demo"], screen_text=True), picture, text),
            speech_model=FakeSpeechModel(self._hear),
            vision_language_model=FakeVisionLanguageModel(self._describe, picture_size=None),
            on_event=self.events.append,
            **options,
        )

    def _hear(self, sound: Samples16) -> list[TranscriptLine]:
        ((start, stop),) = loud_spans(sound)
        seconds = stop - start
        name = VOICE_SECONDS[min(VOICE_SECONDS, key=lambda length: abs(length - seconds))]
        self.fault.strike(*(name if self.failing == "speech" else ""))
        return [said(f"Saying aloud {name}", start, stop)]

    def _describe(self, prompt: Prompt) -> str:
        _, height, width, _ = frames_of(prompt)[0].pixels.shape
        name = WIDTHS[min(WIDTHS, key=lambda wide: abs(wide / 48 - width / height))]
        self.fault.strike(*(name if self.failing == "captions" else ""))
        return f"Showing {name}"

    def made(self) -> dict[str, set[StageName]]:
        """The stages of each video that are in the library, which is sound."""
        with Library.open(Path(self.settings.library)) as library:
            assert library.audit() == []
            return {Path(video.path).stem: set(video.stages) for video in library.videos()}

    def forget(self, stage: StageName) -> None:
        """Makes the library one in which the stage was never made."""
        with Library.open(Path(self.settings.library)) as library:
            maker, videos = library.maker, library.videos()
        with Library.open_writer(Path(self.settings.library), maker=maker) as library:
            rest = [replace(one, stages={k: v for k, v in one.stages.items() if k != stage}) for one in videos]
            library.put_videos(rest)

    def command(self, *words: str) -> Result:
        return CliRunner().invoke(main, [*words, "--library", self.settings.library])

    def status(self) -> dict[str, Any]:
        return json.loads(self.command("status", "--json").stdout)


def draw_films(folder: Path) -> None:
    """The films, with sound and subtitles."""
    widths, seconds = ({name: value for value, name in known.items()} for known in (WIDTHS, VOICE_SECONDS))
    for name in NAMES:
        film, sound = folder / f"{name}.mp4", synthetic_voice(7, [(1.0, 1.0 + seconds[name])])
        write_talkie(film, range(0, 6000, 200), given_sound=sound, width=widths[name])
        film.with_suffix(".srt").write_text(f"1\n00:00:02,000 --> 00:00:04,000\nWords of {name}\n")
