"""Corrections of texts: what people corrected in a transcript, applied again whenever it is made anew. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from indexer.catalog import TextSource
from indexer.records import TextCorrection, TimedText

COVERED_SHARE = 0.5
"""A text that lies in the span of a correction by more than this share was corrected: another model may hear the same
sentence in other pieces."""


def apply_corrections(
    texts: Sequence[TimedText], source: TextSource, corrections: Iterable[TextCorrection]
) -> list[TimedText]:
    """The texts of one source with the corrected ones in their place, in order of time.

    A correction stands even where nothing was found this time, unless nothing was found anywhere.
    """
    wanted = [correction for correction in corrections if correction.source == source]
    if not texts or not wanted:
        return list(texts)
    result = list(texts)
    for correction in wanted:
        covered = [text for text in result if _is_covered(text, correction)]
        language = covered[0].language if covered else result[0].language
        voice = covered[0].voice if covered else -1
        result = [text for text in result if text not in covered]
        if correction.text:
            result.append(
                TimedText(correction.span, correction.text, language, original=correction.original, voice=voice)
            )
    return sorted(result, key=lambda text: text.span)


def add_correction(corrections: Iterable[TextCorrection], correction: TextCorrection) -> tuple[TextCorrection, ...]:
    """The corrections with one more, in place of an earlier one of the same text; without both if it restores that."""
    others = [one for one in corrections if (one.source, one.span) != (correction.source, correction.span)]
    earlier = [one for one in corrections if (one.source, one.span) == (correction.source, correction.span)]
    original = earlier[0].original if earlier else correction.original
    if correction.text != original:
        others.append(replace(correction, original=original))
    return tuple(sorted(others, key=lambda one: (one.source, one.span)))


def _is_covered(text: TimedText, correction: TextCorrection) -> bool:
    if text.span == correction.span:
        return True
    return text.span.intersection_seconds(correction.span) > COVERED_SHARE * text.span.duration_seconds
