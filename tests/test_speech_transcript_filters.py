"""What of a transcript is kept: invented text is dropped, what was said is cut into cues with exact times."""

import pytest

from indexer.models.transcript import Transcript, TranscriptLine
from indexer.records import TimedText, TimeSpan
from indexer.speech.transcript_filters import compression_ratio, drop_subtitled, reliable_lines, split_into_cues
from tests.helpers.fakes_speech import said


def texts(heard: Transcript) -> list[str]:
    return [line.text for line in reliable_lines(heard)]


def test_what_was_said_is_kept() -> None:
    assert texts(said("The harbour is closed on Monday.", 0, 3)) == ["The harbour is closed on Monday."]


@pytest.mark.parametrize(
    "heard",
    [
        said("Thanks for watching!", 0, 3, certainty=-1.2, no_speech=0.9),
        said("Thanks for watching!", 0, 3, certainty=-1.4, no_speech=0.1),
        said("and so on " * 20, 0, 20),
        said("...", 0, 1),
        Transcript((), "en", 0.9),
        Transcript(tuple(said("Thank you very much.", n, n + 1).lines[0] for n in range(20)), "en", 0.1),
    ],
    ids=["nobody speaks", "guessed", "repeats itself", "no word", "nothing", "the same line again and again"],
)
def test_invented_text_is_left_out(heard: Transcript) -> None:
    assert texts(heard) == []


def test_sure_words_are_kept_though_silence_seems_likely() -> None:
    assert texts(said("Stop!", 0, 1, certainty=-0.3, no_speech=0.8)) == ["Stop!"]


def test_one_bad_line_does_not_take_the_others_with_it() -> None:
    lines = (*said("Open page forty two.", 0, 2).lines, *said("xq zrr", 3, 4, certainty=-1.5).lines)
    assert texts(Transcript(lines, "en", 0.1)) == ["Open page forty two."]


def test_the_ratio_is_the_originals() -> None:
    assert compression_ratio("a" * 100) > 7
    assert compression_ratio("Nobody knew where the second key had gone.") < 1.2


def test_cues_end_with_sentences_and_pauses_at_exact_times() -> None:
    words = [(" Yes.", 0.2, 0.6), (" We", 0.7, 0.8), (" looked", 0.8, 1.2), (" for", 3.0, 3.1), (" it", 3.1, 3.3)]
    line = TranscriptLine(tuple(TimedText(TimeSpan(start, stop), text) for text, start, stop in words), -0.1)
    cues = split_into_cues([line], start_seconds=100.0, language="en")
    assert [(cue.text, cue.span.start_seconds, cue.span.stop_seconds) for cue in cues] == [
        ("Yes.", pytest.approx(100.2), pytest.approx(100.6)),
        ("We looked", pytest.approx(100.7), pytest.approx(101.2)),
        ("for it", pytest.approx(103.0), pytest.approx(103.3)),
    ]
    assert {cue.language for cue in cues} == {"en"}


def test_what_subtitles_say_is_not_said_again() -> None:
    heard = [
        TimedText(TimeSpan(10, 12), "The harbour is closed on Monday."),
        TimedText(TimeSpan(12, 14), "Der Hafen ist am Montag zu."),
        TimedText(TimeSpan(50, 52), "The harbour is closed on Monday."),
    ]
    subtitles = [TimedText(TimeSpan(9.8, 11), "THE HARBOUR is"), TimedText(TimeSpan(11, 12.5), "closed on monday!")]
    assert drop_subtitled(heard, subtitles) == heard[1:]
