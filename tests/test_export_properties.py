"""Edit lists and transcripts of any moments: read back by other programs, frame for frame and word for word."""

import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from typing import Any

import opentimelineio as otio
from hypothesis import given, settings
from hypothesis import strategies as st

from api.export.document_formats import render_documents
from api.export.subclips import RequestedMoment, Subclip, SubclipSource, make_subclip
from api.export.transcript import NumberedLine, Transcript, render_transcript
from api.media.timecode import FrameRate
from indexer.records import SpokenWord, TextRow, TimeSpan, Video
from indexer.subtitles.formats.parse import parse_subtitles
from tests.helpers.media_rates import NTSC_30, NTSC_60
from tests.helpers.web_vtt import read_chapters, read_vtt

RATES = (Fraction(24_000, 1001), Fraction(24), Fraction(25), NTSC_30, Fraction(30), Fraction(50), NTSC_60, Fraction(60))
UNDECODED = st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)
"""Bytes of a file's name that are no UTF-8, as Python keeps them."""
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0") | UNDECODED, min_size=1, max_size=20).filter(
    lambda name: name != "."
)
TEXTS = st.text(max_size=40)


@st.composite
def sources(draw: st.DrawFn, *, number: int = 0, rate: Fraction | None = None) -> SubclipSource:
    per_second = rate or draw(st.sampled_from(RATES))
    drops = per_second in (NTSC_30, NTSC_60) and draw(st.booleans())
    length = draw(st.floats(0.05, 48 * 3600))
    video = Video(f"{number:032x}", (f"/films/{draw(NAMES)}",), 1, (1,), length, None)
    known = FrameRate(per_second, drops=drops)
    return SubclipSource(video, known, start_frame=draw(st.integers(0, known.day_frames - 1)), reel=draw(TEXTS))


@st.composite
def subclip_lists(draw: st.DrawFn, *, rate: Fraction | None = None, shared: int = 2) -> list[Subclip]:
    given_sources = [draw(sources(number=number, rate=rate)) for number in range(shared)]
    made: list[Subclip] = []
    for _ in range(draw(st.integers(1, 6))):
        source = draw(st.sampled_from(given_sources))
        # Also beyond the end: a search rounds its times.
        ends = sorted(draw(st.tuples(*[st.floats(0, source.video.duration_seconds + 1)] * 2)))
        moment = RequestedMoment(source.video, TimeSpan(*ends), draw(TEXTS))
        made.append(make_subclip(source, moment, handle_seconds=draw(st.sampled_from([0.0, 0.5, 30.0]))))
    return made


@given(subclip_lists())
def test_subclips_lie_inside_their_file(subclips: list[Subclip]) -> None:
    for one in subclips:
        assert 0 <= one.first < one.stop <= one.source.frames
        assert one.first <= one.moment_first < one.moment_stop <= one.stop


@given(subclip_lists())
def test_an_edl_has_every_frame(subclips: list[Subclip]) -> None:
    made = render_documents(subclips, "edl", title="cut")
    events_found = 0
    for document in made:
        lines = document.text.splitlines()
        events = [line.split() for line in lines if line[:3].isdigit()]
        assert len([line for line in lines if line.strip() and not line.startswith(("*", "TITLE:", "FCM:"))]) == len(
            events
        )
        own = [one for one in subclips if document.name in (f"cut {one.rate.name}.edl", "cut.edl")]
        own = [one for one in subclips if one.rate.per_second == own[0].rate.per_second]
        line = FrameRate(own[0].rate.per_second, drops=lines[1] == "FCM: DROP FRAME")
        record = line.hour_frame
        for number, (event, one) in enumerate(zip(events, own, strict=True), 1):
            assert int(event[0]) == number and event[2:4] == ["V", "C"] and len(event[1]) <= 8
            begin, end = (one.rate.frame_at(code) for code in event[4:6])
            assert {";" in code for code in event[4:6]} == {one.rate.drops}
            assert [line.frame_at(code) for code in event[6:]] == [
                record % line.day_frames,
                (record + one.count) % line.day_frames,
            ]
            record += one.count
            day = one.rate.day_frames  # time code begins anew at midnight
            assert begin == (one.source.start_frame + one.first) % day
            assert (end - begin) % day == one.count % day
        events_found += len(events)
    assert events_found == len(subclips)


@settings(max_examples=40)
@given(subclip_lists(rate=Fraction(25), shared=1))
def test_opentimelineio_reads_the_frames_of_an_edl(subclips: list[Subclip]) -> None:
    (made,) = render_documents(subclips, "edl", title="cut")
    if any(one.source.start_frame + one.stop >= one.rate.day_frames for one in subclips):
        return  # the adapter does not read events over midnight
    if sum(one.count for one in subclips) + subclips[0].rate.hour_frame >= subclips[0].rate.day_frames:
        return
    line: Any = otio.adapters.read_from_string(made.text, "cmx_3600", rate=25.0)
    found = [(clip.source_range.start_time.value, clip.source_range.duration.value) for clip in line.find_clips()]
    assert found == [(one.source.start_frame + one.first, one.count) for one in subclips]


def seconds(text: str | None) -> Fraction:
    assert text is not None and text.endswith("s")
    return Fraction(text[:-1])


@given(subclip_lists())
def test_an_fcpxml_has_every_frame(subclips: list[Subclip]) -> None:
    (made,) = render_documents(subclips, "fcpxml", title="cut")
    root = ElementTree.fromstring(made.data)
    resources = root.findall("resources/*")
    by_id = {one.get("id"): one for one in resources}
    assert len(by_id) == len(resources)
    sequence = root.find("library/event/project/sequence")
    assert sequence is not None
    frame = seconds(by_id[sequence.get("format")].get("frameDuration"))
    place = Fraction(0)
    for clip, one in zip(sequence.findall("spine/asset-clip"), subclips, strict=True):
        own = one.rate.per_second
        asset = by_id[clip.get("ref")]
        assert asset.tag == "asset" and by_id[clip.get("format")].tag == "format"
        assert seconds(clip.get("start")) * own == one.source.start_frame + one.first
        assert seconds(clip.get("offset")) == place
        lasting = seconds(clip.get("duration"))
        assert lasting > 0 and (lasting / frame).denominator == 1
        assert abs(lasting - one.count / own) < (frame if own != 1 / frame else Fraction(1, 10**9))
        assert seconds(asset.get("start")) <= seconds(clip.get("start"))
        assert seconds(clip.get("start")) + one.count / own <= seconds(asset.get("start")) + seconds(
            asset.get("duration")
        )
        place += lasting
    assert seconds(sequence.get("duration")) == place


@given(subclip_lists())
def test_chapters_are_strict_web_vtt(subclips: list[Subclip]) -> None:
    made = render_documents(subclips, "webvtt", title="cut")
    assert len(made) == len({one.name for one in made}) == len({one.source.video.video_id for one in subclips})
    for one in made:
        assert read_chapters(one.data.decode())


WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
SIGNS = st.sampled_from(["-->", "<i>", "&amp;", "&lt", "{\\an8}", "00:00:01,000", "12", "NOTE", "WEBVTT", "STYLE", "-"])


@st.composite
def transcripts(draw: st.DrawFn, words: st.SearchStrategy[str]) -> Transcript:
    """Lines that overlap as those of several speakers do, and words on no grid."""
    lines: list[TextRow] = []
    for _ in range(draw(st.integers(0, 5))):
        start, said, clock = draw(st.floats(-2, 48 * 3600)), list[SpokenWord](), 0.0
        for word in draw(st.lists(words, min_size=1, max_size=30)):
            length = draw(st.floats(0, 1.5))
            said.append(SpokenWord(f" {word}", start + clock, start + clock + length))
            clock += length
        text = "".join(word.text for word in said).strip()
        timed = tuple(said) if draw(st.booleans()) else ()
        lines.append(TextRow("speech", 0, TimeSpan(start, start + clock), text, None, "en", words=timed))
    video = Video("0" * 32, ("/a/talk.mp4",), 1, (1,), 60.0, None)
    lines.sort(key=lambda row: row.span)
    return Transcript(video, "speech", "en", ("en",), tuple(NumberedLine(n, row) for n, row in enumerate(lines)))


@given(transcripts(WORDS | SIGNS))
def test_a_transcript_is_strict_web_vtt(transcript: Transcript) -> None:
    read_vtt(render_transcript(transcript, "vtt"))


@given(transcripts(WORDS), st.sampled_from(["srt", "vtt"]))
def test_what_is_written_is_read_back_word_for_word(transcript: Transcript, kind: Any) -> None:
    cues = parse_subtitles(render_transcript(transcript, kind), is_vtt=kind == "vtt").cues
    spans = [(cue.start_seconds, cue.stop_seconds or 0.0) for cue in cues]
    assert spans == sorted(spans, key=lambda span: span[0])
    assert all(0 <= start < stop for start, stop in spans)
    said = [word for line in transcript.lines if line.row.span.stop_seconds > 0 for word in line.row.text.split()]
    assert sorted(word for cue in cues for word in cue.text.split()) == sorted(said)
