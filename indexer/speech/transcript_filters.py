"""Transcript filters: text that a speech model invents is dropped, and the rest is split into cues. Pure.

Speech models write text for any sound. The thresholds are those of the original Whisper (openai/whisper,
`transcribe.py`: `no_speech_threshold`, `logprob_threshold`, `compression_ratio_threshold`; Radford et al. 2022, section
4.5). Where one is passed, the original decodes again at a higher temperature; here the text is dropped.
"""

import re
import zlib
from collections.abc import Sequence

from indexer.models.transcript import Transcript, TranscriptLine
from indexer.records import TimedText, TimeSpan

MAX_NO_SPEECH = 0.6
"""Above it, where the words are uncertain too, nobody speaks."""
MIN_LOG_PROBABILITY = -1.0
"""Mean log probability of a line's tokens (natural logarithm); below it the words are guesses."""
MAX_COMPRESSION = 2.4
"""Greatest compression ratio; text that repeats itself lies above it."""
PAUSE_SECONDS = 1.0
"""A longer pause between words separates cues."""
SAME_WORDS_SHARE = 0.5
"""A transcribed text with this share of its words in the subtitles of the same time repeats them."""
POLICY_VERSION = (
    f"no speech {MAX_NO_SPEECH:g}, certainty {MIN_LOG_PROBABILITY:g}, compression {MAX_COMPRESSION:g},"
    f" pause {PAUSE_SECONDS:g} s"
)
"""Part of the fingerprint of the speech stage; changes whenever the same transcript may give other texts."""

_SENTENCE_END = re.compile(r"[.!?。！？؟।…][\"'”’»)\]]*$")


def compression_ratio(text: str) -> float:
    """Bytes of a text in UTF-8 to its deflated bytes, as the original computes it."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw))


def reliable_lines(transcript: Transcript) -> tuple[TranscriptLine, ...]:
    """The lines that were probably said."""
    lines = transcript.lines
    if not lines:
        return ()
    certainty = sum(line.mean_log_probability for line in lines) / len(lines)
    if transcript.no_speech_probability > MAX_NO_SPEECH and certainty < MIN_LOG_PROBABILITY:
        return ()
    if compression_ratio(" ".join(line.text for line in lines)) > MAX_COMPRESSION:
        return ()
    return tuple(line for line in lines if _is_likely(line))


def _is_likely(line: TranscriptLine) -> bool:
    return (
        line.mean_log_probability >= MIN_LOG_PROBABILITY
        and compression_ratio(line.text) <= MAX_COMPRESSION
        and any(character.isalnum() for character in line.text)
    )


def split_into_cues(lines: Sequence[TranscriptLine], *, start_seconds: float, language: str) -> list[TimedText]:
    """Splits lines into cues that end with a sentence or at a pause, on the player's clock.

    Args:
        start_seconds: start of the transcribed window.
    """
    cues: list[TimedText] = []
    for line in lines:
        pending: list[TimedText] = []
        for word in line.words:
            if pending and word.span.start_seconds - pending[-1].span.stop_seconds > PAUSE_SECONDS:
                cues += _cue(pending, start_seconds, language)
                pending = []
            pending.append(word)
            if _SENTENCE_END.search(word.text.strip()):
                cues += _cue(pending, start_seconds, language)
                pending = []
        cues += _cue(pending, start_seconds, language)
    return cues


def _cue(words: Sequence[TimedText], start_seconds: float, language: str) -> list[TimedText]:
    text = "".join(word.text for word in words).strip()
    if not any(character.isalnum() for character in text):
        return []
    start, stop = words[0].span.start_seconds, max(word.span.stop_seconds for word in words)
    return [TimedText(TimeSpan(start_seconds + start, start_seconds + max(start, stop)), text, language)]


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
    return re.findall(r"\w+", text.casefold())
