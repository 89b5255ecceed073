"""Transcripts as a speech model returns them. Plain values; loads no model."""

from dataclasses import dataclass

from indexer.records import SpokenWord


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """A run of words that the model returned together, with its confidence."""

    words: tuple[SpokenWord, ...]
    """In order, in seconds from the start of the sound."""
    language: str
    """BCP 47 tag of the spoken language."""
    mean_log_probability: float
    """Mean of its tokens, natural logarithm: 0 is certain."""
    no_speech_probability: float
    """Probability that nobody speaks in the window of 30 s to which the line belongs."""
    compression_ratio: float
    """Bytes of the window's text to its deflated bytes: high where it repeats itself."""

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words).strip()
