"""What a speech model hears. Plain values; no model is loaded."""

from dataclasses import dataclass

from indexer.records import TimedText


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """A run of words that the model gave together, with how sure it was."""

    words: tuple[TimedText, ...]
    """In order, each with its span in seconds from the start of the sound; a model without word times gives one."""
    mean_log_probability: float
    """Of its tokens, natural logarithm: 0 is certain."""

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words).strip()


@dataclass(frozen=True, slots=True)
class Transcript:
    """Everything that a model gave for one sound, true or invented; `indexer.speech.transcript_filters` judges it."""

    lines: tuple[TranscriptLine, ...]
    """In order of time."""
    language: str
    """BCP 47 tag of what is spoken, empty where the model does not say."""
    no_speech_probability: float
    """How likely it is that nobody speaks."""
