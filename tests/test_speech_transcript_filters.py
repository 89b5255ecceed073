"""What of a transcript is kept: invented text is dropped, what was said is cut into cues with exact times."""

import pytest

from indexer.models.transcript import TranscriptLine
from indexer.records import SpokenWord, TimedText, TimeSpan
from indexer.speech.transcript_filters import drop_subtitled, is_reliable_line, split_into_cues
from tests.helpers.fakes_speech import said


def test_what_was_said_is_kept() -> None:
    assert is_reliable_line(said("The harbour is closed on Monday.", 0, 3))


@pytest.mark.parametrize(
    "line",
    [
        said("Thanks for watching!", 0, 3, certainty=-0.8, no_speech=0.9),
        said("Thanks for watching!", 0, 3, certainty=-1.4, no_speech=0.1),
        said("and so on " * 20, 0, 20, compression=7.0),
        said("...", 0, 1),
    ],
    ids=["nobody speaks", "guessed", "repeats itself", "no word"],
)
def test_invented_text_is_left_out(line: TranscriptLine) -> None:
    assert not is_reliable_line(line)


def test_sure_words_are_kept_though_silence_seems_likely() -> None:
    assert is_reliable_line(said("Stop!", 0, 1, certainty=-0.3, no_speech=0.8))


def test_cues_end_with_sentences_and_pauses_at_exact_times_and_hold_their_words() -> None:
    words = [(" Yes.", 0.2, 0.6), (" We", 0.7, 0.8), (" looked", 0.8, 1.2), (" for", 3.0, 3.1), (" it", 3.1, 3.3)]
    line = TranscriptLine(tuple(SpokenWord(*word) for word in words), "de", -0.1, 0.0, 1.0)
    cues = split_into_cues(line, start_seconds=100.0)
    assert [(cue.text, cue.span.start_seconds, cue.span.stop_seconds) for cue in cues] == [
        ("Yes.", pytest.approx(100.2), pytest.approx(100.6)),
        ("We looked", pytest.approx(100.7), pytest.approx(101.2)),
        ("for it", pytest.approx(103.0), pytest.approx(103.3)),
    ]
    assert {cue.language for cue in cues} == {"de"}
    assert [word.text for cue in cues for word in cue.words] == [text for text, _, _ in words]
    assert [word.start_seconds for cue in cues for word in cue.words] == pytest.approx(
        [100.2, 100.7, 100.8, 103, 103.1]
    )


def test_what_subtitles_say_is_not_said_again() -> None:
    heard = [
        TimedText(TimeSpan(10, 12), "The harbour is closed on Monday."),
        TimedText(TimeSpan(12, 14), "Der Hafen ist am Montag zu."),
        TimedText(TimeSpan(50, 52), "The harbour is closed on Monday."),
    ]
    subtitles = [TimedText(TimeSpan(9.8, 11), "THE HARBOUR is"), TimedText(TimeSpan(11, 12.5), "closed on monday!")]
    assert drop_subtitled(heard, subtitles) == heard[1:]
