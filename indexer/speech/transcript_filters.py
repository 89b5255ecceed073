"""What of a transcript is kept: text that a speech model invents is left out. Pure.

Speech models write something for any sound. The thresholds are those of the original Whisper (openai/whisper,
`transcribe.py`: `no_speech_threshold`, `logprob_threshold`, `compression_ratio_threshold`; Radford et al. 2022, section
4.5). The original tries again with more chance where one is passed; here the text is left out.
"""

import re
import zlib
from collections.abc import Sequence

from indexer.models.transcript import Transcript, TranscriptLine
from indexer.records import TimedText, TimeSpan

MOST_NO_SPEECH = 0.6
"""Above it, and with words that are not certain either, nobody speaks."""
LEAST_LOG_PROBABILITY = -1.0
"""Mean of a line's tokens, natural logarithm: below it the words are guesses."""
MOST_COMPRESSION = 2.4
"""Bytes of a text to its bytes deflated: text that repeats itself lies above it."""
PAUSE_SECONDS = 1.0
"""Words that are farther apart belong to two cues."""
SAME_WORDS_SHARE = 0.5
"""A heard text of whose words so many are in the subtitles at that time says what they say."""
POLICY_VERSION = (
    f"no speech {MOST_NO_SPEECH:g}, certainty {LEAST_LOG_PROBABILITY:g}, compression {MOST_COMPRESSION:g},"
    f" pause {PAUSE_SECONDS:g} s"
)
"""Changes whenever the same transcript may give other texts."""

_SENTENCE_END = re.compile(r"[.!?。！？؟।…][\"'”’»)\]]*$")


def compression_ratio(text: str) -> float:
    """Bytes of a text, UTF-8, to its bytes deflated; as the original computes it."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw))


def kept_lines(heard: Transcript) -> tuple[TranscriptLine, ...]:
    """The lines that were most likely said."""
    lines = heard.lines
    if not lines:
        return ()
    certainty = sum(line.mean_log_probability for line in lines) / len(lines)
    if heard.no_speech_probability > MOST_NO_SPEECH and certainty < LEAST_LOG_PROBABILITY:
        return ()
    if compression_ratio(" ".join(line.text for line in lines)) > MOST_COMPRESSION:
        return ()
    return tuple(line for line in lines if _is_likely(line))


def _is_likely(line: TranscriptLine) -> bool:
    return (
        line.mean_log_probability >= LEAST_LOG_PROBABILITY
        and compression_ratio(line.text) <= MOST_COMPRESSION
        and any(sign.isalnum() for sign in line.text)
    )


def cues_of(lines: Sequence[TranscriptLine], *, start_seconds: float, language: str) -> list[TimedText]:
    """Lines -> cues that end with a sentence or at a pause, on the player's clock.

    Args:
        start_seconds: of the sound in which the lines were heard.
    """
    cues: list[TimedText] = []
    for line in lines:
        held: list[TimedText] = []
        for word in line.words:
            if held and word.span.start_seconds - held[-1].span.stop_seconds > PAUSE_SECONDS:
                cues += _cue(held, start_seconds, language)
                held = []
            held.append(word)
            if _SENTENCE_END.search(word.text.strip()):
                cues += _cue(held, start_seconds, language)
                held = []
        cues += _cue(held, start_seconds, language)
    return cues


def _cue(words: Sequence[TimedText], start_seconds: float, language: str) -> list[TimedText]:
    text = "".join(word.text for word in words).strip()
    if not any(sign.isalnum() for sign in text):
        return []
    start, stop = words[0].span.start_seconds, max(word.span.stop_seconds for word in words)
    return [TimedText(TimeSpan(start_seconds + start, start_seconds + max(start, stop)), text, language)]


def without_repeats(texts: Sequence[TimedText], subtitles: Sequence[TimedText]) -> list[TimedText]:
    """The heard texts that subtitles at the same time do not say already."""
    kept: list[TimedText] = []
    for text in texts:
        beside = {
            word
            for subtitle in subtitles
            if subtitle.span.intersection_seconds(text.span) > 0
            for word in _words(subtitle.text)
        }
        own = _words(text.text)
        if not own or sum(word in beside for word in own) < SAME_WORDS_SHARE * len(own):
            kept.append(text)
    return kept


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
