"""Subtitle files of every format that is read, and the ways in which they are slightly broken."""

from collections.abc import Sequence
from pathlib import Path

import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import VideoError
from indexer.records import TimedText
from indexer.subtitles.formats.cues import closed_cues
from indexer.subtitles.formats.parse import parse_subtitles
from indexer.subtitles.sidecars import SubtitleError, read_sidecar
from tests.helpers.media import SHARED

TTML = """<?xml version="1.0"?><tt xmlns="http://www.w3.org/ns/ttml" xml:lang="sv" {attributes}>
<head><styling><style xml:id="s"/></styling></head><body><div>{paragraphs}</div></body></tt>"""


SCC = "Scenarist_SCC V1.0\n\n"
ASS_HEAD = "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
Shown = list[tuple[float, float, str]]


def read(folder: Path, name: str, content: str | bytes, frames_per_second: float = 0.0) -> Shown:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return shown(read_sidecar(file, frames_per_second=frames_per_second))


def shown(cues: Sequence[TimedText]) -> Shown:
    return [(round(cue.span.start_seconds, 3), round(cue.span.stop_seconds, 3), cue.text) for cue in cues]


ZEBRA, GIRAFFE = "zebra one", "giraffe two"
REPORTED = {
    "first-cue-lost.srt": [(1, 6.25, ZEBRA), (6.25, 11.5, GIRAFFE)],
    "no-milliseconds.srt": [(1, 3, ZEBRA), (5, 8, GIRAFFE)],
    "minutes-only.srt": [(1.5, 3, ZEBRA), (5, 8, GIRAFFE)],
    "commas.vtt": [(1, 3, "zebra")],
    "negative-time.srt": [(0, 8, GIRAFFE), (1, 3, ZEBRA)],
    "one-bad-line.ass": [(1, 3, ZEBRA), (5, 8, GIRAFFE)],
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", REPORTED)
def test_reported_files_keep_their_cues(name: str) -> None:
    file = SHARED / "reports" / "malformed-subtitles" / name
    if not file.exists():
        pytest.skip(f"{name} of shared/reports is not here")
    assert shown(read_sidecar(file)) == REPORTED[name]


@pytest.mark.parametrize(
    "times",
    [
        "00:00:01,000 --> 00:00:03,000", "0:0:1 --> 0:0:3", "00:01.0 --> 00:03.0", "00:00:01.000 -> 00:00:03.000",
        "00:00:01,000 --> 00:00:03,000 X1:100 X2:200 Y1:1 Y2:9", "00:00:01:000 --> 00:00:03:000",
        "00 : 00 : 01 , 000 --> 00 : 00 : 03 , 000", "00：00：01，000 --＞ 00：00：03，000",
        "00:00:01,000 –> 00:00:03,000",
        "00:00:01,000-->00:00:03,000", "1 00:00:01,000 --> 00:00:03,000", "٠٠:٠٠:٠١,٠٠٠ --> ٠٠:٠٠:٠٣,٠٠٠",
        "00:00:01,000000 --> 00:00:03,000000 align:start position:0%", "\ufeff00:00:01.000 — > 00:00:03.000",
        "-00:00:00,500 --> 00:00:03,000",
    ],
)  # fmt: skip
@pytest.mark.parametrize("head", ["", "1\n", "WEBVTT\n\n"], ids=["bare", "numbered", "vtt"])
def test_times_are_read_however_they_are_written(tmp_path: Path, times: str, head: str) -> None:
    (cue,) = read(tmp_path, "a.srt", f"{head}{times}\nzebra\n")
    assert cue == (0 if times.startswith("-") else 1, 3, "zebra")


def test_srt_without_blank_lines_and_with_too_many(tmp_path: Path) -> None:
    right = [(1, 2, "one\n1984"), (3, 4, "two"), (5, 6, "three")]
    tight = "1\n00:00:01,000 --> 00:00:02,000\none\n1984\n2\n00:00:03,000 --> 00:00:04,000\ntwo\n"
    tight += "3\n00:00:05,000 --> 00:00:06,000\nthree"
    assert read(tmp_path, "a.srt", tight) == right
    assert read(tmp_path, "a.srt", tight.replace("\n", "\n\n")) == right
    assert read(tmp_path, "a.srt", tight.replace("\n", "\r\r\n")) == right
    assert read(tmp_path, "a.srt", tight.replace("\n", "\r")) == right


def test_a_number_that_is_said_stays(tmp_path: Path) -> None:
    said = "00:00:01,000 --> 00:00:02,000\n42\n\n00:00:03,000 --> 00:00:04,000\n7\n"
    assert read(tmp_path, "a.srt", said) == [(1, 2, "42"), (3, 4, "7")]
    numbered = "1\n00:00:01,000 --> 00:00:02,000\n42\n\n2\n00:00:03,000 --> 00:00:04,000\n7\n"
    assert read(tmp_path, "a.srt", numbered) == [(1, 2, "42"), (3, 4, "7")]


def test_text_that_follows_the_times_or_a_blank_line_is_kept(tmp_path: Path) -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000 Hello you\n\nthere\n\n2\n00:00:03,000 -->\nbye\n"
    assert read(tmp_path, "a.srt", text) == [(1, 2, "Hello you\nthere"), (3, 8, "bye")]


OF_EVERY_FORMAT = {
    "a.ttml": (TTML.format(attributes="", paragraphs='<p begin="1s" end="3s">Hello<br/>zebra</p>'), (1, 3)),
    "a.xml.ttml": ('<tt:tt xmlns:tt="x"><tt:body><tt:p begin="00:00:01.000" dur="2s">Hello<tt:br/>zebra', (1, 3)),
    "a.dfxp": ("<tt><body><div begin='1s' end='3s'><p>Hello<br/><span>zebra</span></p></div></body></tt>", (1, 3)),
    "a.smi": ("<SAMI><BODY><SYNC Start=1000><P>Hello<br>zebra<SYNC Start=3000><P>&nbsp;</BODY></SAMI>", (1, 3)),
    "a.sub": ("{1}{1}25\n{25}{75}{y:i}Hello|/zebra\n", (1, 3)),
    "b.sub": ("00:00:01.00,00:00:03.00\nHello[br]zebra\n\n", (1, 3)),
    "a.sbv": ("0:00:01.000,0:00:03.000\nHello\nzebra\n\n", (1, 3)),
    "a.mpl": ("[10][30]/Hello|zebra\n", (1, 3)),
    "c.sub": ("00:00:01:Hello|zebra\n00:00:03:\n", (1, 3)),
    "a.srv3": ('<timedtext format="3"><body><p t="1000" d="2000"><s>Hello</s><s t="9">\nzebra</s></p></body>', (1, 3)),
    "a.srv1": ('<transcript><text start="1" dur="2">Hello&amp;nbsp;\nzebra</text></transcript>', (1, 3)),
    "a.json3": ('{"events":[{"tStartMs":1,"id":1},{"tStartMs":1000,"dDurationMs":2000,"segs":[{"utf8":"Hello\\n"},'
                '{"utf8":"zebra"}]}]}', (1, 3)),
    "a.scc": ("Scenarist_SCC V1.0\n\n00:00:00;20\t94ae 94ae 9420 9420 94d0 94d0 c8e5 ecec efa0 9470 9470 "
              "7ae5 6272 6180 942f 942f\n\n00:00:03;00\t942c 942c\n", (1.134, 3)),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_EVERY_FORMAT)
def test_every_format_is_read(tmp_path: Path, name: str) -> None:
    content, (start, stop) = OF_EVERY_FORMAT[name]
    (cue,) = read(tmp_path, name, content)
    assert cue[:2] == (start, stop)
    assert cue[2].split() == ["Hello", "zebra"]


def test_ttml_times_of_every_kind(tmp_path: Path) -> None:
    attributes = 'ttp:frameRate="25" ttp:tickRate="1000"'
    times = [
        ("00:00:01:05", "00:00:01:20"),
        ("2500t", "3000t"),
        ("100f", "125f"),
        ("0.1m", "7s"),
        ("8000ms", "00:00:09.5"),
    ]
    paragraphs = "".join(f'<p begin="{start}" end="{stop}">cue {n}</p>' for n, (start, stop) in enumerate(times))
    cues = read(tmp_path, "a.ttml", TTML.format(attributes=attributes, paragraphs=paragraphs))
    assert [cue[:2] for cue in cues] == [(1.2, 1.8), (2.5, 3), (4, 5), (6, 7), (8, 9.5)]
    assert read_sidecar(tmp_path / "a.ttml")[0].language == "sv"


def test_ttml_of_broadcasters_counts_from_the_programme(tmp_path: Path) -> None:
    head = "<head><ebuttm:documentStartOfProgramme>10:00:00:00</ebuttm:documentStartOfProgramme></head>"
    text = f'<tt>{head}<body><div><p begin="10:00:01.000" end="10:00:02.000">Hej</p></div></body></tt>'
    assert read(tmp_path, "a.ttml", text) == [(1, 2, "Hej")]


def test_sami_holds_several_languages(tmp_path: Path) -> None:
    style = "<STYLE><!-- .ENCC {Name: English; lang: en-US;} .KRCC {Name: Korean; lang: ko-KR;} --></STYLE>"
    sync = "<SYNC Start={}><P Class=ENCC>{}<SYNC Start={}><P Class=KRCC>{}"
    body = sync.format(1000, "Hello", 1000, "안녕") + sync.format(3000, "&nbsp;", 4000, "&nbsp;")
    (tmp_path / "a.smi").write_text(f"<SAMI><HEAD>{style}</HEAD><BODY>{body}</BODY></SAMI>")
    found = [(cue.text, cue.language, cue.span.stop_seconds) for cue in read_sidecar(tmp_path / "a.smi")]
    assert found == [("Hello", "en-US", 3), ("안녕", "ko-KR", 4)]


def test_microdvd_counts_frames_of_the_video(tmp_path: Path) -> None:
    assert read(tmp_path, "a.sub", "{50}{100}zebra\n", 50.0) == [(1, 2, "zebra")]
    assert read(tmp_path, "a.sub", "{1}{1}10.0\n{50}{}zebra\n{100}{120}next", 50.0) == [
        (5, 10, "zebra"),
        (10, 12, "next"),
    ]


def test_lyrics_have_several_times_and_an_offset(tmp_path: Path) -> None:
    text = "[ar:Somebody]\n[offset:+500]\n[00:01.50][00:20.50]<00:01.50>La <00:02.00>la\n[00:05.50]\n[00:06]Oh\n"
    assert read(tmp_path, "a.lrc", text) == [(1, 5, "La la"), (5.5, 15.5, "Oh"), (20, 25, "La la")]


def test_captions_that_roll_up_are_lines(tmp_path: Path) -> None:
    text = "Scenarist_SCC V1.0\n\n00:00:01:00\t9425 9425 94ad 94ad 9470 9470 4f4e 4580\n\n"
    text += "00:00:03:00\t94ad 94ad 9470 9470 5457 4f80\n\n00:00:05:00\t942c 942c\n"
    assert [cue[2] for cue in read(tmp_path, "a.scc", text)] == ["ONE", "TWO"]


def test_pictures_of_text_are_named_as_such(tmp_path: Path) -> None:
    for content, kind in ((b"\x00\x00\x01\xba" + bytes(50), "VobSub"), (b"PG" + bytes(50), "PGS")):
        with pytest.raises(SubtitleError, match=rf"a\.sub cannot be used: it holds pictures of text \({kind}\)"):
            read(tmp_path, "a.sub", content)


KNOWN = {
    "srt.py 55": ("a.srt", "9999\n00:00:0,500 --> 00:00:2,00\nhi\n", [(0.5, 2, "hi")]),
    "subtitle.js 68": ("a.srt", "00:00:01,249.0999999999 --> 00:00:01,951.79999\nhi\n", [(1.249, 1.951, "hi")]),
    "pysubs2 11": (
        "a.srt",
        "2\n00:01,46 --> 00:02,83\nLiza\n\n3\n00:00,00 --> 00:00,00\n\n4\n00:00,00 --> 00:00,00\n",
        [(1.46, 2.83, "Liza")],
    ),
    "pysubs2 112": (
        "a.srt",
        "1\n00:00:13,980 --> 00:00:19werwer,580\none\n\n2\n00:00:20,980 --> 00:00:21,680\ntwo\n",
        [(13.98, 19, "one"), (20.98, 21.68, "two")],
    ),
    "subparse 11": (
        "a.srt",
        "1\n00:00:06,000 --> 00:00:12,000\none\n\n2\n\n2\n00:00:13,000 --> 00:00:14,000\ntwo\n",
        [(6, 12, "one"), (13, 14, "two")],
    ),
    "webvtt-py 46": (
        "a.vtt",
        "WEBVTT\n\n00:16.960 --> 00:20.600\n\nHaddock\nl'a vu\n\nid-3\n00:20.920 --> 00:22.000\nQui\n\n"
        "00:23.000 --> 00:24.000\n\nid-5\n00:25.000 --> 00:26.000\nlast\n",
        [(16.96, 20.6, "Haddock\nl'a vu"), (20.92, 22, "Qui"), (25, 26, "last")],
    ),
    "webvtt 224": ("a.vtt", "WEBVTT\n00:00:00.000 --> 00:00:01.000\n\nTest\n", [(0, 1, "Test")]),
    "media3 3246": (
        "a.ttml",
        "<tt><body><div><div begin='9s' end='11s'><p>Lara.</p></div></div></body></tt>",
        [(9, 11, "Lara.")],
    ),
    "subby 28": (
        "a.ttml",
        "<tt><body><p><span begin='1s' end='4s'>Why?</span><br/><span begin='2s' end='4s'>BELL</span></p></body></tt>",
        [(1, 4, "Why?"), (2, 4, "BELL")],
    ),
    "gpac 2445": (
        "a.ttml",
        "<tt><p begin='7s' end='9s'><span>One.<br/><span>Two.</span></p><p begin='10s' end='11s'>x",
        [(7, 9, "One.\nTwo."), (10, 11, "x")],
    ),
    "subtitles.php 89": (
        "a.smi",
        "<SAMI><SYNC START=700>\n<SYNC START=800><FONT COLOR='F'>hi</FONT><SYNC START=900>&nbsp",
        [(0.8, 0.9, "hi")],
    ),
    "subsrt 14": (
        "a.smi",
        "<SYNC Start=1000><P Class=KRCC>\n안녕\n<SYNC Start=2000><P Class=KRCC>&nbsp;",
        [(1, 2, "안녕")],
    ),
    "kodi 17418": (
        "a.smi",
        '<SAMI><SYNC Start="1694"><P Class="K">text</P></SYNC><SYNC Start="2694"><P Class="K"></P>',
        [(1.694, 2.694, "text")],
    ),
    "subtitle edit 3530": (
        "a.smi",
        "<SAMI><HEAD><SAMIParam>\nMetrics {time:ms;}</SAMIParam></HEAD><SYNC Start=0><P>Hi<SYNC Start=1000><P>&nbsp;",
        [(0, 1, "Hi")],
    ),
    "ass-compiler 10": (
        "a.ass",
        "[Events]\nFormat: Layer, Start, End, Style, Text\nDialogue: 0,0:00:01.00,0:00:02.00,D,Hi, you",
        [(1, 2, "Hi, you")],
    ),
    "python-ass 6": (
        "a.ass",
        ASS_HEAD + "Dialogue: 0,0:01:48.70,0:01:50.23,Marked=0,S,Comment,0000,0000,0000,,Pathetic.",
        [(108.7, 110.23, "Pathetic.")],
    ),
    "arib 53": (
        "a.ass",
        "[Script Info]\n[V4+ Styles]\nFormat: Name\nDialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,Hi, you\n",
        [(1, 2, "Hi, you")],
    ),
    "penguin 84": ("a.ass", " [Events] \n\n  Dialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,Hi\n", [(1, 2, "Hi")]),
    "pysubs2 113": ("a.sub", "{0}{0}25\n{25}{50}First line\n", [(1, 2, "First line")]),
    "pysubs2 71": ("a.sub", "{25}{50}666\n{75}{100}asdf\n", [(1, 2, "666"), (3, 4, "asdf")]),
    "pycaption 65": (
        "a.scc",
        SCC + "00:00:29;00\t9420 9452 6161 94f4 97a2 6262 942c 942f\n",
        [(29.234, 34.234, "aa\nbb")],
    ),
    "pycaption 184": (
        "a.scc",
        SCC + "00:00:01;00\t9429 9429 94d0 94d0 c8e5 ecec ef80\n\n00:00:03;00\t942c 942c\n",
        [(1.133, 3, "Hello")],
    ),
    "pycaption 307": (
        "a.scc",
        SCC + "00:00:01;00\t1520 1520 1570 c8e5 ecec ef80 152f\n\n00:00:03;00\t152c\n",
        [(1.2, 3, "Hello")],
    ),
    "yt-dlp 1734": (
        "a.srt",
        "00:00 --> 00:03\nfirst line\n\n00:03 --> 00:10\nfirst line\nanother line\n",
        [(0, 3, "first line"), (3, 10, "another line")],
    ),
    "ffsubsync 123": (
        "a.srt",
        "1\n00:00:01 --> 00:00:06,250000\nwatching it\n\n2\n00:00:06,250000 --> 00:00:11,500000\nperson alive\n",
        [(1, 6.25, "watching it"), (6.25, 11.5, "person alive")],
    ),
    "srt 55": ("a.srt", "9999\n00:00:0,500 --> 00:00:2,00\nlast\n", [(0.5, 2, "last")]),
}
"""Reports in the trackers of other programs, with their files cut short."""


@pytest.mark.parametrize("report", KNOWN)
def test_what_others_had_reported_is_read(tmp_path: Path, report: str) -> None:
    name, content, right = KNOWN[report]
    assert read(tmp_path, name, content, 25.0) == right


WORDS = st.sampled_from("zebra giraffe walrus Größe مرحبا 学习 what? 12 [z] - a|b".split())
CUES = st.lists(
    st.tuples(st.integers(0, 3_000_000), st.integers(1, 90_000), st.lists(WORDS, min_size=1, max_size=5).map(" ".join)),
    min_size=1,
    max_size=8,
    unique_by=lambda cue: cue[0],
)


@pytest.mark.parametrize("form", ["srt", "vtt", "ass", "ttml"])
@given(cues=CUES)
@settings(max_examples=60, deadline=None)
def test_what_another_program_writes_is_read_back(form: str, cues: list[tuple[int, int, str]]) -> None:
    """pysubs2 writes; its times are rounded to a hundredth of a second in ASS."""
    written = pysubs2.SSAFile()
    for start, lasting, text in cues:
        written.append(pysubs2.SSAEvent(start * 10, (start + lasting) * 10, text))
    parsed = parse_subtitles(written.to_string(form), is_vtt=form == "vtt")
    found = [(cue.start_seconds, cue.stop_seconds, cue.text.strip()) for cue in parsed.cues]
    right = [(start / 100, (start + lasting) / 100, text) for start, lasting, text in cues]
    for (start, stop, text), (from_seconds, to_seconds, wanted) in zip(sorted(found), sorted(right), strict=True):
        assert (start, stop, text) == (pytest.approx(from_seconds), pytest.approx(to_seconds), wanted)


PIECES = st.sampled_from(
    ["WEBVTT\n", "[Events]\n", "Format: Start, End, Text\n", "Dialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,hi\n", "\n",
     "00:00:01,000 --> 00:00:02,000\n", "00:01 --> 00:00\n", "1\n", "{1}{25}hi|you\n", "{0}{}\n", "[00:01.00]hi\n",
     "[1][2]hi\n", "00:00:01:hi\n", "0:00:01.0,0:00:02.0\n", "<SAMI><SYNC Start=1><P>hi", "<SYNC Start=-9 End=x>",
     "<tt>", "</tt>", '<p begin="1s" end="2s">', "<p begin='99:99:99:99' dur='-1s'>", "</p>", "<span begin='1f'>",
     "</span>", "<br/>", "&#x110000;", "Scenarist_SCC V1.0\n", "00:00:01:00\t9420 9420 c8e5 942f\n",
     "00:00:02;00\t942c 91ff 1300 ffff\n", '{"events":[', '{"segs":1}', "]}", "words ", "\ufeff", "\x00", "<!--",
     "]]>", "<![CDATA[", "\udce4", "-->", "99999999999:9:9 --> 1:1\n"]
)  # fmt: skip


@given(st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=30).map("".join), st.booleans())
@settings(max_examples=500, deadline=None)
def test_any_text_gives_ordered_cues(text: str, is_vtt: bool) -> None:
    cues = closed_cues(parse_subtitles(text, is_vtt=is_vtt, frames_per_second=25).cues)
    starts = [cue.span.start_seconds for cue in cues]
    assert starts == sorted(starts)
    assert all(0 <= cue.span.start_seconds < cue.span.stop_seconds for cue in cues)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bytes")


ENCODED = st.builds(
    lambda parts, encoding: "".join(parts).encode(encoding, "replace"),
    st.lists(PIECES, max_size=20),
    st.sampled_from(["utf-8", "utf-16", "utf-16-le", "utf-32", "cp1251"]),
)


@given(raw=st.one_of(st.binary(max_size=300), ENCODED))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_cues_or_a_typed_error(folder: Path, raw: bytes) -> None:
    file = folder / "a.srt"
    file.write_bytes(raw)
    try:
        cues = read_sidecar(file)
    except VideoError:
        return
    starts = [cue.span.start_seconds for cue in cues]
    assert starts == sorted(starts)
    assert all(cue.text.strip() and cue.span.duration_seconds > 0 for cue in cues)
