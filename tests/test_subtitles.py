"""Sidecar files, the cleaning of cues, and passages."""

from pathlib import Path

import pytest

from indexer.config import Settings
from indexer.records import Segment, TimedText, TimeSpan
from indexer.subtitles.cues import clean_cues
from indexer.subtitles.passages import join_passages
from indexer.subtitles.sidecar_names import sidecar_files
from indexer.subtitles.sidecars import SubtitleError, read_sidecar, segment_of_subtitle

SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Guten Tag</i>, {\\an8}Herr &amp; Frau Müller!\r\n\r\n"
SRT += "2\r\n00:00:03,000 --> 00:00:04,000\r\nZwei\r\nZeilen\r\n"


def cue(start: float, stop: float, text: str, language: str = "") -> TimedText:
    return TimedText(TimeSpan(start, stop), text, language)


def read(tmp_path: Path, name: str, content: str | bytes) -> list[TimedText]:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_sidecar(file)


def test_sidecars_of_one_video_among_others(tmp_path: Path) -> None:
    for name in (
        "film.mp4 film.srt film.en.srt film.pt-BR.forced.vtt film.ASS film.mp4.srt film.notes.2.srt"
        " film.part.mp4 film.part.srt films.srt other.srt film.txt"
    ).split():
        (tmp_path / name).touch()
    (tmp_path / "film.vtt").mkdir()
    found = [file.name for file in sidecar_files(tmp_path / "film.mp4")]
    assert found == ["film.ASS", "film.en.srt", "film.mp4.srt", "film.pt-BR.forced.vtt", "film.srt"]
    assert [file.name for file in sidecar_files(tmp_path / "film.part.mp4")] == ["film.part.srt"]
    assert sidecar_files(tmp_path / "nowhere" / "film.mp4") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"])
def test_srt_in_many_encodings(tmp_path: Path, encoding: str) -> None:
    cues = read(tmp_path, "film.de.srt", SRT.encode(encoding))
    assert cues == [cue(1, 2.5, "Guten Tag, Herr & Frau Müller!", "de"), cue(3, 4, "Zwei\nZeilen", "de")]


@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        ("gb18030", "我们今天要讨论的是视频搜索引擎的设计与实现"),
        ("big5", "我們今天要討論的是影片搜尋引擎的設計與實現"),
        ("shift_jis", "今日は動画検索エンジンの設計について話します"),
        ("euc_kr", "오늘은 비디오 검색 엔진의 설계에 대해 이야기하겠습니다"),
        ("cp1251", "Сегодня мы поговорим об устройстве поисковой системы"),
        ("cp1252", "Où êtes-vous passé hier soir ? J'étais très inquiète à cause de ça."),
        ("cp1252", "Jag är på väg hem från skolan, det är så härligt"),
        ("cp1252", "Não sei, amanhã é outro dia, coração"),
        ("cp1250", "Dzień dobry, jak się masz? Świetnie, dziękuję"),
        ("cp1250", "Dobrý den, příliš žluťoučký kůň"),
        ("cp1254", "Günaydın, nasılsınız? İyiyim teşekkürler"),
        ("cp1253", "Σήμερα θα μιλήσουμε για τη μηχανή αναζήτησης"),
    ],
)
def test_old_encodings_are_guessed(tmp_path: Path, encoding: str, line: str) -> None:
    text = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{line} {n}\n\n" for n in range(1, 8))
    assert read(tmp_path, "film.srt", text.encode(encoding))[0].text == f"{line} 1"


def test_vtt_with_everything(tmp_path: Path) -> None:
    cues = read(
        tmp_path,
        "film.en.vtt",
        "WEBVTT - A title\nKind: captions\n\nSTYLE\n::cue { color: lime }\n\nNOTE a remark\nof two lines\n\n"
        "first-cue\n00:01.000 --> 00:02.000 align:start\n<v Roger Bingham>We are in <c.yellow>New York</c>\n"
        "\nNOTE another remark\n\nsecond-cue\n01:00:03.000 --> 01:00:04.500\n"
        "The <00:00:03.200>lower <00:00:03.500>case &lt;tag&gt; &nbsp;<lang en-GB>is</lang>\n<b>bold</b>\n\n",
    )
    assert cues == [
        cue(1, 2, "We are in New York", "en"),
        cue(3603, 3604.5, "The lower case <tag> is\nbold", "en"),
    ]


ASS_HEAD = "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name\nStyle: Default\n\n[Events]\n"
ASS_HEAD += "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"


def test_ass_without_drawings_and_comments(tmp_path: Path) -> None:
    lines = [
        "Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,a note of the translator",
        r"Dialogue: 0,0:00:01.00,0:00:02.00,Default,Ann,0,0,0,,{\pos(1,2)\k20}Hel{\k30}lo,{a comment}\Nworld",
        r"Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\p1}m 0 0 l 100 0 100 100{\p0}",
        r"Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\p2}m 0 0 l 9 9{\p0}A \hsign",
        "Dialogue: 0,0:00:08.00,0:00:07.00,Default,,0,0,0,,never shown",
    ]
    lines += [f"Dialogue: 0,0:00:1{n}.00,0:00:1{n + 1}.00,Default,,0,0,0,,{{\\fad({n})}}moving sign" for n in range(4)]
    cues = read(tmp_path, "film.ass", ASS_HEAD + "\n".join(lines))
    assert cues == [cue(1, 2, "Hello,\nworld"), cue(5, 6, "A sign"), cue(10, 14, "moving sign")]


def test_content_is_believed_before_the_suffix(tmp_path: Path) -> None:
    assert read(tmp_path, "film.ass", SRT)[1].text == "Zwei\nZeilen"
    assert read(tmp_path, "film.srt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n")[0].text == "Hi"
    assert read(tmp_path, "film.vtt", ASS_HEAD + "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Hi")[0].text == "Hi"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 5000,
        bytes(range(256)) * 40,
        b"just some notes\n",
        b"[Script Info]\n\n[Events]\nDialogue: x,y,z\n",
    ],
    ids=["empty", "zeros", "binary", "notes", "damaged-ass"],
)
@pytest.mark.parametrize("suffix", ["srt", "vtt", "ass"])
@pytest.mark.filterwarnings("ignore:Failed to parse")
def test_broken_file_is_a_typed_error(tmp_path: Path, content: bytes, suffix: str) -> None:
    with pytest.raises(
        SubtitleError, match=rf"film\.{suffix} cannot be used: .*; replace it .* or remove it"
    ) as raised:
        read(tmp_path, f"film.{suffix}", content)
    assert raised.value.kind == "subtitles"


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SubtitleError, match="No such file"):
        read_sidecar(tmp_path / "gone.srt")


def test_file_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.subtitles.sidecars.MAX_FILE_BYTES", 100)
    with pytest.raises(SubtitleError, match="larger than"):
        read(tmp_path, "film.srt", SRT * 3)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("filler", ["\n", "{", "<", "<i", "{\\p1}", "1\n", "&", " \n", "00:00:01,0 ", "\\N", "é\udc80"])
def test_hostile_cue_is_bounded(tmp_path: Path, filler: str) -> None:
    raw = ("1\n00:00:01,000 --> 00:00:02,000\nword " + filler * 300_000 + " end\n").encode("utf-8", "surrogateescape")
    for suffix in ("srt", "vtt"):
        cues = read(tmp_path, f"film.{suffix}", raw)
        assert all(len(found.text) <= 2000 for found in cues)


def test_embedded_ass_lines_lose_their_fields() -> None:
    lines = ["0,0,Default ,Olly,,,,,This is the first, subtitle.", "1,0,Default,,0,0,0,,{\\i1}Second{\\i0}\\Nline"]
    cues = clean_cues([cue(0, 0.5, lines[0]), cue(1, 2, lines[1])], "ass")
    assert [found.text for found in cues] == ["This is the first, subtitle.", "Second\nline"]


def test_text_that_only_looks_like_markup_stays() -> None:
    texts = ["#include <stdio.h>", "i <3 you", "a < b > c", "set {x, y}", "[door slams]", "if 1 < 2"]
    assert [found.text for found in clean_cues([cue(n, n + 0.5, t) for n, t in enumerate(texts)], "subrip")] == texts


def test_cues_without_words_are_dropped() -> None:
    assert clean_cues([cue(0, 1, "♪♪"), cue(1, 2, " "), cue(2, 3, "<i></i>"), cue(-3, -1, "early")], "subrip") == []


def test_roll_up_captions_are_said_once() -> None:
    rolled = [
        cue(0, 2, "hello everyone"),
        cue(2, 2.01, "hello everyone\n "),
        cue(2.01, 4, "hello everyone\nwelcome to the show"),
        cue(4, 4.01, "welcome to the show"),
        cue(4.01, 6, "welcome to the show\nlet us begin"),
    ]
    cleaned = clean_cues(rolled, "webvtt")
    assert [found.text for found in cleaned] == ["hello everyone", "welcome to the show", "let us begin"]
    assert cleaned[1].span.start_seconds == 2.01


def test_growing_captions_are_one() -> None:
    grown = [cue(0, 1, "we"), cue(1, 2, "we are"), cue(2, 3, "we are here"), cue(3, 4, "weather")]
    assert clean_cues(grown, "webvtt") == [cue(0, 3, "we are here"), cue(3, 4, "weather")]


def test_a_line_said_again_later_stays() -> None:
    said = [cue(0, 1, "No."), cue(5, 6, "No.")]
    assert clean_cues(said, "subrip") == said


def test_passages_join_the_halves_of_a_sentence() -> None:
    cues = [
        cue(1, 3, "The mill on the river", "en"),
        cue(3.1, 5, "grinds corn\nevery autumn.", "en"),
        cue(5.1, 6, "Nobody works there.", "en"),
        cue(6.1, 8, "- And you?", "en"),
        cue(20, 21, "Later", "en"),
    ]
    assert join_passages(cues) == [
        cue(1, 5, "The mill on the river grinds corn every autumn.", "en"),
        cue(5.1, 6, "Nobody works there.", "en"),
        cue(6.1, 8, "- And you?", "en"),
        cue(20, 21, "Later", "en"),
    ]


def test_overlapping_voices_are_not_one_passage() -> None:
    cues = [cue(0.1, 0.33, "First"), cue(0.15, 0.55, "second voice"), cue(0.2, 0.45, "third")]
    assert join_passages(cues) == cues
    late = [cue(0, 3, "Half of a"), cue(2.9, 6, "sentence.")]
    assert [passage.text for passage in join_passages(late)] == ["Half of a sentence."]


def test_segment_of_takes_the_largest_share() -> None:
    segments = [Segment(n, TimeSpan(n * 10, n * 10 + 10)) for n in range(4)]
    assert segment_of_subtitle(TimeSpan(8, 13), segments) == 1
    assert segment_of_subtitle(TimeSpan(8, 12), segments) == 0
    assert segment_of_subtitle(TimeSpan(5, 39), segments) == 1
    assert segment_of_subtitle(TimeSpan(20, 20), segments) == 2
    assert segment_of_subtitle(TimeSpan(-2, -1), segments) == 0
    assert segment_of_subtitle(TimeSpan(99, 100), segments) == 3
    with pytest.raises(ValueError, match="without segments"):
        segment_of_subtitle(TimeSpan(0, 1), [])


EMBEDDED = {
    "full_blocks.mkv": [
        "This is the first subtitle.",
        "This is the second subtitle. Second subtitle with second line.",
        "This is the third subtitle.",
    ],
    "sample_with_ass_subtitles.mkv": ["This is the first subtitle."],
    "sample_with_ssa_subtitles.mkv": ["This is the first subtitle."],
    "sample_with_zlib_ass_subtitles.mkv": ["This is the first subtitle."],
    "sample_with_overlapping_srt.mkv": [
        "First subtitle - end overlaps second",
        "Third subtitle - fully encompasses second",
        "Second subtitle - beginning overlaps first",
    ],
    "sample_with_vtt_subtitles.mkv": ["This is the first subtitle."],
}


@pytest.mark.parametrize("name", EMBEDDED)
def test_embedded_tracks_of_shared(name: str) -> None:
    video = pytest.importorskip("indexer.decode.video")
    file = Path(__file__).parents[2] / "shared" / "hard" / "media3" / name
    if not file.exists():
        pytest.skip(f"{name} of shared/ is not here")
    (track,) = video.read_text_tracks(file, settings=Settings())
    passages = join_passages(clean_cues(track.cues, track.codec))
    assert sorted(passage.text for passage in passages) == sorted(EMBEDDED[name])
    assert all(passage.span.duration_seconds > 0 for passage in passages)
