"""Transcripts: read and written in every format, corrected by hand, and still corrected after indexing again."""

import json
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pysubs2
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from api.cli.main import main
from api.export.transcript import CUE_CHARACTERS, NumberedLine, Transcript, render_transcript
from indexer.config import Settings
from indexer.errors import NotInLibraryError, TextChangedError, UsageError
from indexer.models.loading import Models
from indexer.models.transcript import TranscriptLine
from indexer.pipeline.index import index_paths
from indexer.records import Samples16, SpokenWord, TextCorrection, TextRow, TimedText, TimeSpan, Video
from indexer.store.correct_text import correct_text
from indexer.store.library import Library
from indexer.text_corrections import add_correction, apply_corrections
from search.engine import SearchEngine
from tests.helpers.fakes_speech import FakeSpeechModel, loud_spans, said
from tests.helpers.media_sound import synthetic_voice, write_talkie
from tests.helpers.stand_in_models import light_models

LINES = ["The harbor is closed on Munday.", "Bring the red lantern."]


def row(start: float, text: str, *, language: str = "en", spoken: bool = True) -> TextRow:
    words = text.split()
    timed = [SpokenWord(f" {word}", start + n * 0.5, start + n * 0.5 + 0.4) for n, word in enumerate(words)]
    span = TimeSpan(start, start + len(words) * 0.5)
    return TextRow("speech", 0, span, text, None, language, words=tuple(timed) if spoken else ())


def transcript(*rows: TextRow) -> Transcript:
    video = Video("0" * 32, ("/a/talk.mp4",), 1, (1,), 60.0, None)
    return Transcript(video, "speech", "en", ("en",), tuple(NumberedLine(n, one) for n, one in enumerate(rows)))


def cues(text: str) -> list[tuple[float, float, str]]:
    return [(one.start / 1000, one.end / 1000, one.plaintext) for one in pysubs2.SSAFile.from_string(text)]


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_players_read_the_lines_at_their_times(kind: Any) -> None:
    made = render_transcript(transcript(row(1.0, "Is 1 < 2 & so on?"), row(3661.5, "Yes.", spoken=False)), kind)
    assert [cue[:2] for cue in cues(made)] == [(1.0, pytest.approx(4.5)), (3661.5, 3662.0)]
    assert "so on?" in cues(made)[0][2]


@given(st.lists(st.text("ab äß<&", min_size=1, max_size=12), min_size=1, max_size=60))
def test_long_lines_become_several_cues_without_losing_a_word(words: list[str]) -> None:
    text = " ".join(" ".join(words).split()) or "a"
    found = cues(render_transcript(transcript(row(5.0, text)), "vtt"))
    starts = [start for start, _, _ in found]
    assert starts == sorted(starts) and starts[0] == 5.0
    assert all(start < stop for start, stop, _ in found)
    shown = unescape(render_transcript(transcript(row(5.0, text)), "vtt"))
    assert [part for line in shown.splitlines()[2:] if "-->" not in line for part in line.split()] == text.split()
    longest = max(map(len, text.split()))
    assert all(len(unescape(cue)) <= max(CUE_CHARACTERS, longest) + 8 for _, _, cue in found)


def test_text_has_a_line_after_its_time_and_json_the_words() -> None:
    made = transcript(row(2.5, "Bring the\nlantern."))
    assert render_transcript(made, "text") == "0:00:02.5  Bring the lantern.\n"
    (line,) = made.to_json()["lines"]
    assert [word["text"] for word in line["words"]] == ["Bring", "the", "lantern."]
    assert line["words"][1] == {"text": "the", "start_seconds": 3.0, "stop_seconds": 3.4}


SPAN = TimeSpan(2.0, 4.0)


def test_a_correction_stands_in_place_of_what_another_model_hears_there() -> None:
    mended = TextCorrection("speech", SPAN, "The harbor is closed on Munday.", "The harbour is closed on Monday.")
    pieces = [
        TimedText(TimeSpan(1.9, 2.9), "The Harper is", "en"),
        TimedText(TimeSpan(2.9, 4.2), "closed on Monday", "en"),
        TimedText(TimeSpan(8, 10), "Bring the red lantern.", "en"),
    ]
    made = apply_corrections(pieces, "speech", [mended])
    assert [(text.text, text.original) for text in made] == [(mended.text, mended.original), (pieces[2].text, "")]
    assert made[0].span == SPAN and made[0].language == "en"
    assert apply_corrections(pieces, "subtitle", [mended]) == pieces
    assert apply_corrections([], "speech", [mended]) == [], "nothing was heard at all: the stage was left out"
    removed = TextCorrection("speech", SPAN, "Thanks for watching!", "")
    assert apply_corrections(pieces, "speech", [removed]) == pieces[2:]


def test_the_original_text_takes_a_correction_back() -> None:
    first = TextCorrection("speech", SPAN, "Munday", "Monday")
    again = TextCorrection("speech", SPAN, "Munday", "on Monday")
    assert add_correction((first,), again) == (again,)
    assert add_correction((again,), TextCorrection("speech", SPAN, "Munday", "Munday")) == ()


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    sound = synthetic_voice(13, [(2.0, 4.0), (8.0, 10.0)])
    write_talkie(folder / "harbour.mp4", range(0, 12_000, 200), given_sound=sound)
    return folder


@pytest.fixture
def index(films: Path, settings_for: Callable[..., Settings]) -> Callable[..., Path]:
    def run(name: str = "fake", *, lines: list[str] = LINES, models: Models | None = None) -> Path:
        def hear(sound: Samples16) -> list[TranscriptLine]:
            return [said(text, *at) for text, at in zip(lines, loud_spans(sound), strict=True)]

        model = FakeSpeechModel(hear, name)
        settings = settings_for(speech_model="given", speakers=False)
        index_paths([films], settings=settings, models=models or light_models(), speech_model=model)
        return Path(settings.library)

    return run


def lines_of(library: Path) -> list[tuple[str, str]]:
    with Library.open(library) as opened:
        (video,) = opened.videos()
        return [(row.text, row.original) for row in opened.texts(video.video_id, "speech")]


def correct(library: Path, index: int, text: str, *, was: str) -> None:
    with Library.open(library) as opened:
        (video,) = opened.videos()
    correct_text(library, video.video_id, "speech", index, text, was=was, model=None)


def found(library: Path, query: str) -> list[str]:
    with SearchEngine.open(library, settings=Settings(), load=lambda settings: light_models()) as engine:
        return [moment.text for moment in engine.search(query, signals=["speech_words"], plain=True).moments]


@pytest.mark.slow
def test_a_corrected_line_is_found_by_its_new_words_alone_and_survives_indexing(
    index: Callable[..., Path], films: Path
) -> None:
    library = index()
    mended = "The harbour is shut on Monday."
    correct(library, 0, mended, was=LINES[0])
    assert lines_of(library) == [(mended, LINES[0]), (LINES[1], "")]
    assert found(library, "shut Monday") == [mended]
    assert found(library, "Munday") == []
    index("another model", lines=["The Harper is closed on Munday.", "Bring the lantern."])
    assert lines_of(library) == [(mended, LINES[0]), ("Bring the lantern.", "")]
    (films / "harbour.mp4").rename(films / "moved.mp4")
    index("another model")
    assert lines_of(library)[0] == (mended, LINES[0])
    with Library.open(library) as opened:
        assert opened.audit() == []
    correct(library, 0, LINES[0], was=mended)
    assert lines_of(library)[0] == (LINES[0], "")


@pytest.mark.slow
def test_what_cannot_be_corrected_is_told(index: Callable[..., Path]) -> None:
    library = index()
    with pytest.raises(TextChangedError, match=" now; reload it"):
        correct(library, 0, "x", was="something else")
    with pytest.raises(NotInLibraryError, match="has 2 texts"):
        correct(library, 7, "x", was=LINES[0])
    with pytest.raises(UsageError, match="at most 1000"):
        correct(library, 0, "x" * 1001, was=LINES[0])
    assert lines_of(library) == [(LINES[0], ""), (LINES[1], "")]
    correct(library, 0, "", was=LINES[0])
    assert lines_of(library) == [(LINES[1], "")]


@pytest.mark.slow
def test_the_command_reads_and_writes_it(index: Callable[..., Path], films: Path, tmp_path: Path) -> None:
    library = index()

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(main, ["transcript", "harbour.mp4", *arguments, "--library", str(library)])

    shown = run()
    assert shown.exit_code == 0
    assert [line.split("  ")[1] for line in shown.stdout.splitlines()] == LINES
    written = tmp_path / "harbour.srt"
    assert run("--format", "srt", "--out", str(written)).exit_code == 0
    assert [text for _, _, text in cues(written.read_text())] == LINES
    told = json.loads(run("--json").stdout)
    assert (told["source"], told["language"], len(told["lines"])) == ("speech", "en", 2)
    assert told["lines"][0]["words"][0]["start_seconds"] == pytest.approx(2.0, abs=0.11)
    nothing = run("--source", "subtitle")
    assert nothing.exit_code == 1 and "No transcript for" in nothing.stderr
    (films / "harbour.srt").write_text("1\n00:00:02,000 --> 00:00:04,000\nThe harbour!\n")
    index()
    assert run().stdout == "0:00:02.0  The harbour!\n", "subtitles come first"
