"""Transcripts as a speech model returns them. Plain values; loads no model."""

from dataclasses import dataclass

from indexer.records import TimedText


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """A run of words that the model returned together, with its confidence."""

    words: tuple[TimedText, ...]
    """In order, each with its span in seconds from the start of the sound; a single one without word times."""
    mean_log_probability: float
    """Mean of its tokens, natural logarithm: 0 is certain."""

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words).strip()


@dataclass(frozen=True, slots=True)
class Transcript:
    """The unfiltered output for one sound; `indexer.speech.transcript_filters` drops what the model invented."""

    lines: tuple[TranscriptLine, ...]
    """In order of time."""
    language: str
    """BCP 47 tag of the spoken language; empty where the model does not tell."""
    no_speech_probability: float
    """Probability that nobody speaks."""
