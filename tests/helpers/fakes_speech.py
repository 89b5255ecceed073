"""`FakeSpeechModel`: hears what a test scripts, so that the logic around a model can be tested without one."""

from collections.abc import Callable, Sequence

import numpy as np

from indexer.models.transcript import Transcript, TranscriptLine
from indexer.records import Samples16, TimedText, TimeSpan

Script = Callable[[Samples16], Transcript]


class FakeSpeechModel:
    """Keeps every sound that it was given."""

    def __init__(self, script: Script, name: str = "fake speech", *, batch_sounds: int = 2) -> None:
        self.name, self.batch_sounds = name, batch_sounds
        self.sounds: list[Samples16] = []
        self._script = script

    def transcribe(
        self, sounds: Sequence[Samples16], *, is_cancelled: Callable[[], bool] = lambda: False
    ) -> list[Transcript]:
        self.sounds += sounds
        return [self._script(np.asarray(sound)) for sound in sounds]


def said(
    text: str, start: float, stop: float, *, certainty: float = -0.2, no_speech: float = 0.01, language: str = "en"
) -> Transcript:
    """One line whose words share its time evenly."""
    words = text.split()
    edges = np.linspace(start, stop, len(words) + 1)
    timed = tuple(
        TimedText(TimeSpan(float(begin), float(end)), f" {word}")
        for word, begin, end in zip(words, edges, edges[1:], strict=False)
    )
    return Transcript((TranscriptLine(timed, certainty),), language, no_speech)
