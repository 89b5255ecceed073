"""Transcript filters: text that a speech model invents is dropped, and the rest is split into cues. Pure.

Speech models write text for any sound. Whisper's own thresholds (openai/whisper, `transcribe.py`: `logprob_threshold`
and `compression_ratio_threshold`; Radford et al. 2022, section 4.5) say where it decodes again at a random temperature;
here the text is dropped.
"""

import re
from collections.abc import Sequence

from indexer.models.transcript import TranscriptLine
from indexer.records import SpokenWord, TimedText, TimeSpan
from indexer.words.folding import folded_words

MAX_NO_SPEECH = 0.6
"""Above it, where the words are uncertain too, nobody speaks."""
MAX_NO_SPEECH_LOG_PROBABILITY = -0.5
"""How uncertain. Real speech in shared/ has at most .54 of no speech; music and noises get `Thank you.` at .65 with a
log probability of -.96."""
MIN_LOG_PROBABILITY = -1.0
"""Mean log probability of a line's tokens (natural logarithm); below it the words are guesses."""
MAX_COMPRESSION = 2.4
"""Greatest ratio of bytes to deflated bytes; text that repeats itself lies above it."""
PAUSE_SECONDS = 1.0
"""A longer pause between words separates cues."""
SAME_WORDS_SHARE = 0.5
"""A transcribed text with this share of its words in the subtitles of the same time repeats them."""
POLICY_VERSION = (
    f"no speech {MAX_NO_SPEECH:g} {MAX_NO_SPEECH_LOG_PROBABILITY:g}, certainty {MIN_LOG_PROBABILITY:g},"
    f" compression {MAX_COMPRESSION:g}, pause {PAUSE_SECONDS:g} s"
)
"""Part of the fingerprint of the speech stage; changes whenever the same transcript may give other texts."""

_SENTENCE_END = re.compile(r"[.!?。！？؟।…][\"'”’»)\]]*$")


def is_reliable_line(line: TranscriptLine) -> bool:
    """Whether a line was probably said."""
    is_silent = line.no_speech_probability > MAX_NO_SPEECH and line.mean_log_probability < MAX_NO_SPEECH_LOG_PROBABILITY
    return (
        not is_silent
        and line.mean_log_probability >= MIN_LOG_PROBABILITY
        and line.compression_ratio <= MAX_COMPRESSION
        and any(character.isalnum() for character in line.text)
    )


def split_into_cues(line: TranscriptLine, *, start_seconds: float) -> list[TimedText]:
    """Splits a line into cues that end with a sentence or at a pause, on the player's clock.

    Args:
        start_seconds: start of the transcribed sound.
    """
    cues: list[TimedText] = []
    pending: list[SpokenWord] = []
    for word in line.words:
        if pending and word.start_seconds - pending[-1].stop_seconds > PAUSE_SECONDS:
            cues += _cue(pending, start_seconds, line.language)
            pending = []
        pending.append(word)
        if _SENTENCE_END.search(word.text.strip()):
            cues += _cue(pending, start_seconds, line.language)
            pending = []
    return cues + _cue(pending, start_seconds, line.language)


def _cue(words: Sequence[SpokenWord], start_seconds: float, language: str) -> list[TimedText]:
    text = "".join(word.text for word in words).strip()
    if not any(character.isalnum() for character in text):
        return []
    moved = tuple(
        SpokenWord(word.text, start_seconds + word.start_seconds, start_seconds + word.stop_seconds) for word in words
    )
    stop = max(word.stop_seconds for word in moved)
    return [TimedText(TimeSpan(moved[0].start_seconds, stop), text, language, words=moved)]


def drop_subtitled(texts: Sequence[TimedText], subtitles: Sequence[TimedText]) -> list[TimedText]:
    """Drops transcribed texts that repeat the subtitles of the same time."""
    new_texts: list[TimedText] = []
    for text in texts:
        subtitle_words = {
            word
            for subtitle in subtitles
            if subtitle.span.intersection_seconds(text.span) > 0
            for word in _words(subtitle.text)
        }
        own = _words(text.text)
        if not own or sum(word in subtitle_words for word in own) < SAME_WORDS_SHARE * len(own):
            new_texts.append(text)
    return new_texts


def _words(text: str) -> list[str]:
    return [word.text for word in folded_words(text)]
