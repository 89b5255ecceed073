"""`FakeSpeechModel`: hears what a test scripts, so that the logic around a model can be tested without one."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from indexer.models.transcript import TranscriptLine
from indexer.records import Samples16, SampleSpan, SpokenWord

Script = Callable[[Samples16], Sequence[TranscriptLine]]
RATE = 16_000
LOUD = 300.0
"""Mean level of a tenth of a second, of 32768, in which a fake hears somebody speak."""


class FakeSpeechModel:
    """Keeps every sound and every option that it was given."""

    def __init__(self, script: Script, name: str = "fake speech") -> None:
        self.name = name
        self.sounds: list[Samples16] = []
        self.options: list[dict[str, str]] = []
        self._script = script

    def transcribe(
        self, sound: Samples16, speech: Sequence[SampleSpan], *, language: str = "", hotwords: str = ""
    ) -> Iterator[TranscriptLine]:
        self.sounds.append(sound)
        self.options.append({"language": language, "hotwords": hotwords})
        yield from self._script(np.asarray(sound)) if speech else ()


def said(
    text: str,
    start: float,
    stop: float,
    *,
    certainty: float = -0.2,
    no_speech: float = 0.01,
    language: str = "en",
    compression: float = 1.2,
) -> TranscriptLine:
    """A line whose words share its time evenly."""
    words = text.split()
    edges = np.linspace(start, stop, len(words) + 1)
    timed = tuple(
        SpokenWord(f" {word}", float(begin), float(end))
        for word, begin, end in zip(words, edges, edges[1:], strict=False)
    )
    return TranscriptLine(timed, language, certainty, no_speech, compression)


def loud_spans(sound: Samples16) -> list[tuple[float, float]]:
    """Start and stop, in seconds, of what is loud; pauses of less than half a second are part of it."""
    frame = RATE // 10
    levels = np.abs(sound[: len(sound) // frame * frame].astype(np.float32)).reshape(-1, frame).mean(axis=1)
    spans: list[tuple[float, float]] = []
    for number in np.flatnonzero(levels > LOUD).tolist():
        if spans and number / 10 - spans[-1][1] < 0.5:
            spans[-1] = (spans[-1][0], (number + 1) / 10)
        else:
            spans.append((number / 10, (number + 1) / 10))
    return spans
