"""EDL, FCPXML, OTIO, tables and chapters of real files, parsed again by OpenTimelineIO and strict parsers."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote, urlparse

import opentimelineio as otio
import pytest

from api.export.clips import clip_names
from api.export.document_formats import render_documents
from api.export.edl import render_edl
from api.export.file_names import distinct_file_names, reel_names, safe_name
from api.export.source_probe import MediaWorker, read_source
from api.export.subclip_preparation import prepare_subclips
from api.export.subclips import RequestedMoment, Subclip, SubclipSource, make_subclip
from api.media.frame_rate import detect_frame_rate
from api.media.timecode import FrameRate
from indexer.config import Settings
from indexer.errors import ExportError, FrameRateError
from indexer.records import TimeSpan, Video
from tests.helpers.media import write_video
from tests.helpers.media_rates import NTSC_30, NTSC_60, RATES, write_rated
from tests.helpers.media_service import probed
from tests.helpers.web_vtt import read_chapters

FRAMES = 240
CHILD = MediaWorker(Settings())
START = {"23.976": "10:00:00:00", "25": "09:59:58:20", "29.97": "00:59:58;05", "59.94": "01:02:59:30"}
HOSTILE = 'a "b" <c> & d\n\n002  X V C 00:00:00:00 --> ]]> \x1b[31m \udcff'


@dataclass(frozen=True)
class Shot:
    """A source with random moments of it."""

    source: SubclipSource
    subclips: list[Subclip]
    start: int
    frames: list[tuple[int, int]]
    """True first and stop frame of each, counted from 0."""

    @property
    def rate(self) -> Fraction:
        return self.source.known_rate.per_second


@pytest.fixture(scope="module", params=[f"{rate} {ending}" for rate in RATES for ending in ("mov", "mkv")], name="shot")
def shot_fixture(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shot:
    name, ending = str(request.param).split()
    rate, random = RATES[name], Random(request.param)
    timecode = START[name] if ending == "mov" else ""
    path = tmp_path_factory.mktemp("shot") / f"take {name}.{ending}"
    source = read_source(CHILD, probed(write_rated(path, rate, FRAMES, timecode=timecode)))
    frames: list[tuple[int, int]] = []
    for _ in range(5):
        first = random.randrange(FRAMES - 1)
        frames.append((first, random.randint(first + 1, FRAMES)))
    wanted = [RequestedMoment(source.video, _told(rate, *span, random), f"words {n}") for n, span in enumerate(frames)]
    start = source.known_rate.frame_at(timecode) if timecode else 0
    return Shot(source, [make_subclip(source, one) for one in wanted], start, frames)


def _told(rate: Fraction, first: int, stop: int, random: Random) -> TimeSpan:
    """A span as a search returns it: rounded to milliseconds, on frames or between them."""
    inside = random.choice([Fraction(0), Fraction(1, 3)])
    return TimeSpan(round(float((first + inside) / rate), 3), round(float((stop - inside) / rate), 3))


def test_the_container_tells_rate_and_time_code(shot: Shot) -> None:
    assert shot.rate in RATES.values() and not shot.source.is_variable
    assert shot.source.start_frame == shot.start
    assert shot.source.frames == FRAMES
    has_none = shot.start == 0
    assert shot.source.known_rate.drops == (shot.rate == NTSC_30 or (has_none and shot.rate == NTSC_60))


def test_an_edl_reads_back_exactly(shot: Shot) -> None:
    (made,) = render_documents(shot.subclips, "edl", title="cut")
    line: Any = otio.adapters.read_from_string(made.text, "cmx_3600", rate=float(shot.rate))
    (track,) = line.tracks
    found = [(clip.source_range.start_time.value, clip.source_range.duration.value) for clip in track]
    assert found == [(shot.start + first, stop - first) for first, stop in shot.frames]
    assert {clip.source_range.start_time.rate for clip in track} == {float(shot.rate)}
    assert {clip.name for clip in track} == {shot.source.name}
    ahead = 0
    for clip, (first, stop) in zip(track, shot.frames, strict=True):
        assert track.range_of_child(clip).start_time.value == ahead
        ahead += stop - first
    mode = "FCM: DROP FRAME" if shot.source.known_rate.drops else "FCM: NON-DROP FRAME"
    assert made.text.splitlines()[1] == mode
    assert (";" in made.text) == shot.source.known_rate.drops


def test_an_otio_reads_back_exactly(shot: Shot, tmp_path: Path) -> None:
    (made,) = render_documents(shot.subclips, "otio", title="cut")
    (tmp_path / made.name).write_bytes(made.data)
    line: Any = otio.adapters.read_from_file(str(tmp_path / made.name))
    assert otio.adapters.write_to_string(line, "otio_json") + "\n" == made.text
    drops = shot.source.known_rate.drops
    begin = otio.opentime.to_timecode(line.global_start_time, float(shot.rate), drop_frame=drops)
    assert begin == ("01:00:00;00" if drops else "01:00:00:00")
    clips = list(line.find_clips())
    for clip, (first, stop) in zip(clips, shot.frames, strict=True):
        whole, part = clip.available_range(), clip.source_range
        assert (whole.start_time.value, whole.duration.value) == (shot.start, FRAMES)
        assert part == otio.opentime.TimeRange(
            otio.opentime.RationalTime(shot.start + first, float(shot.rate)),
            otio.opentime.RationalTime(stop - first, float(shot.rate)),
        )
        assert Path(unquote(urlparse(clip.media_reference.target_url).path)) == Path(shot.source.video.path)
        code = otio.opentime.to_timecode(part.start_time, float(shot.rate), drop_frame=drops)
        assert code == shot.source.known_rate.timecode(shot.start + first)


def seconds(text: str | None) -> Fraction:
    assert text is not None and text.endswith("s")
    return Fraction(text[:-1])


def test_an_fcpxml_is_exact_and_opens(shot: Shot) -> None:
    (made,) = render_documents(shot.subclips, "fcpxml", title="cut")
    root = ElementTree.fromstring(made.text)
    by_id = {one.get("id"): one for one in root.findall("resources/*")}
    sequence = root.find("library/event/project/sequence")
    assert sequence is not None and sequence.get("tcFormat") == ("DF" if shot.source.known_rate.drops else "NDF")
    place = seconds(sequence.get("tcStart"))
    for clip, (first, stop) in zip(sequence.findall("spine/asset-clip"), shot.frames, strict=True):
        asset, form = by_id[clip.get("ref")], by_id[clip.get("format")]
        assert seconds(form.get("frameDuration")) == 1 / shot.rate
        assert seconds(clip.get("start")) * shot.rate == shot.start + first
        assert seconds(clip.get("duration")) * shot.rate == stop - first
        assert seconds(asset.get("start")) * shot.rate == shot.start
        assert seconds(asset.get("duration")) * shot.rate == FRAMES
        assert seconds(clip.get("offset")) == place
        place += seconds(clip.get("duration"))
    assert seconds(sequence.get("duration")) == place - seconds(sequence.get("tcStart"))
    (line,) = otio.adapters.read_from_string(made.text, "fcpx_xml")  # pyright: ignore
    clips = list(line.find_clips())
    assert [clip.name for clip in clips] == [shot.source.name] * len(shot.frames)
    assert root.get("version") == "1.10"
    (media,) = root.findall("resources/asset/media-rep")
    assert Path(unquote(urlparse(media.get("src")).path)) == Path(shot.source.video.path)
    # The adapter counts in whole frames a second, 29 for 29.97, and cuts off what is left: right to one of its frames.
    own = int(shot.rate)
    for clip, (first, stop) in zip(clips, shot.frames, strict=True):
        for time, frames in (
            (clip.source_range.start_time, shot.start + first),
            (clip.source_range.duration, stop - first),
        ):
            assert time.rate == own and 0 <= float(frames / shot.rate) - time.to_seconds() < 1.001 / own
    assert line.tracks[0][0] is clips[0]  # no gap before the first


def read_xmeml(text: str) -> list[Any]:
    """The clips of the picture track, as OpenTimelineIO's adapter reads them."""
    line: Any = otio.adapters.read_from_string(text, "fcp_xml")
    return list(line.video_tracks()[0].find_clips())


def test_an_xmeml_reads_back_exactly(shot: Shot) -> None:
    (made,) = render_documents(shot.subclips, "xmeml", title="cut")
    assert made.name == "cut.xml"
    ahead = 0
    rate = float(shot.rate)
    for clip, (first, stop) in zip(read_xmeml(made.text), shot.frames, strict=True):
        found = clip.source_range
        assert (found.start_time.value, found.duration.value) == (shot.start + first, stop - first)
        assert abs(found.start_time.rate - rate) < 1e-3
        assert clip.media_reference.available_range.duration.value == FRAMES
        assert Path(unquote(urlparse(clip.media_reference.target_url).path)) == Path(shot.source.video.path)
    items = list(ElementTree.fromstring(made.text).iter("clipitem"))
    for item, (first, stop) in zip(items, shot.frames, strict=True):
        assert (item.findtext("start"), item.findtext("end")) == (str(ahead), str(ahead + stop - first))
        ahead += stop - first
    item = items[0]
    assert (item.findtext("in"), item.findtext("out")) == tuple(map(str, shot.frames[0]))
    code = item.find("file/timecode")
    assert code is not None and code.findtext("string") == shot.source.known_rate.timecode(shot.start)
    assert code.findtext("displayformat") == ("DF" if shot.source.known_rate.drops else "NDF")


def test_notes_and_handles_of_a_moment_go_along() -> None:
    source = fake(Fraction(25), frames=1000)
    notes = ((4.0, "here"), (4.52, "and here"), (30.0, "long after"))
    moment = RequestedMoment(source.video, TimeSpan(4, 6), "words", handle_seconds=1.0, notes=notes)
    own = make_subclip(source, moment, handle_seconds=0.5)
    assert (own.first, own.stop, own.moment_first, own.moment_stop) == (75, 175, 100, 150)
    assert make_subclip(source, moment, handle_seconds=2.0).first == 50
    assert own.notes == [(100, "here"), (113, "and here")]
    texts = {kind: render_documents([own], kind, title="cut")[0].text for kind in ("edl", "fcpxml", "xmeml", "otio")}
    (edl,) = read_edl(texts["edl"], 25.0)
    assert [(one.name, one.marked_range.start_time.value) for one in edl.markers] == [
        ("here", 90_000 + 25),
        ("and here", 90_000 + 38),
    ]
    (clip,) = otio.adapters.read_from_string(texts["otio"], "otio_json").find_clips()  # pyright: ignore
    marks = [(one.name, one.marked_range.start_time.value) for one in clip.markers if one.color == "YELLOW"]
    assert marks == [("here", 100), ("and here", 113)]
    (clip,) = read_xmeml(texts["xmeml"])
    marks = {one.name: (one.marked_range.start_time.value, one.marked_range.duration.value) for one in clip.markers}
    assert marks == {"here": (100, 0), "and here": (113, 0), "words": (100, 50)}
    marked = ElementTree.fromstring(texts["fcpxml"]).iter("marker")
    found = {one.get("value"): seconds(one.get("start")) * 25 for one in marked}
    assert found == {"here": 100, "and here": 113, "words": 100}


def test_rates_that_xmeml_has_not_are_named() -> None:
    with pytest.raises(FrameRateError, match=r"no 12\.5 frames a second; export as OTIO"):
        render_documents([subclip(fake(Fraction(25, 2)), 1, 2)], "xmeml", title="cut")


def test_a_table_tells_frames_times_and_time_codes(shot: Shot) -> None:
    (table,) = render_documents(shot.subclips, "csv", title="cut")
    (tree,) = render_documents(shot.subclips, "json", title="cut")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    rate = shot.source.known_rate
    for row, moment, (first, stop) in zip(rows, json.loads(tree.text)["moments"], shot.frames, strict=True):
        assert (
            (int(row["start_frame"]), int(row["stop_frame"]))
            == (first, stop)
            == (
                moment["start_frame"],
                moment["stop_frame"],
            )
        )
        assert Fraction(row["frames_per_second"]) == shot.rate
        assert row["source_in"] == moment["source_in"] == rate.timecode(shot.start + first)
        assert row["source_out"] == rate.timecode(shot.start + stop)
        assert abs(float(row["start_seconds"]) - first / float(shot.rate)) < 1e-6
        assert moment["video"] == shot.source.video.path


def test_chapters_are_strict_web_vtt(shot: Shot) -> None:
    (made,) = render_documents(shot.subclips, "webvtt", title="cut")
    cues = read_chapters(made.text)
    assert cues
    starts = {round(first / float(shot.rate) * 1000) for first, _ in shot.frames}
    stops = {round(stop / float(shot.rate) * 1000) for _, stop in shot.frames}
    # What overlaps an earlier one begins where that ends.
    assert all(cue.start_ms in starts | stops and cue.stop_ms in stops for cue in cues)
    assert cues[0].start_ms == min(starts)


def fake(rate: Fraction, *, name: str = "a.mp4", drops: bool = False, frames: int = 3000) -> SubclipSource:
    """A source without a file."""
    video = Video(name.encode().hex().ljust(32, "0")[:32], (f"/films/{name}",), 1, (1,), float(frames / rate), None)
    return SubclipSource(video, FrameRate(rate, drops=drops))


def subclip(source: SubclipSource, start: float, stop: float, text: str = "", handles: float = 0.0) -> Subclip:
    return make_subclip(source, RequestedMoment(source.video, TimeSpan(start, stop), text), handle_seconds=handles)


def test_handles_widen_as_far_as_the_file_goes() -> None:
    source = fake(Fraction(25), frames=100)
    wide = subclip(source, 0.4, 3.8, handles=1.0)
    assert (wide.first, wide.stop, wide.moment_first, wide.moment_stop) == (0, 100, 10, 95)
    middle = subclip(source, 1.4, 2.0, handles=0.5)
    assert (middle.first, middle.stop) == (35 - 12, 50 + 12)
    (made,) = render_documents([middle], "otio", title="cut")
    line: Any = otio.adapters.read_from_string(made.text, "otio_json")
    (clip,) = line.find_clips()
    assert clip.markers[0].marked_range.start_time.value == 35
    assert clip.markers[0].marked_range.duration.value == 15


def test_several_rates_go_into_one_time_line_and_several_edls() -> None:
    slow, fast = fake(Fraction(25), name="a.mp4"), fake(NTSC_60, name="b.mp4", drops=True)
    subclips = [subclip(slow, 1, 3), subclip(fast, 2, 3), subclip(slow, 5, 6)]
    made = render_documents(subclips, "edl", title="cut")
    assert [one.name for one in made] == ["cut 25.edl", "cut 59.94 DF.edl"]
    assert [len(read_edl(one.text, rate)) for one, rate in zip(made, (25.0, float(NTSC_60)), strict=True)] == [2, 1]
    with pytest.raises(ExportError, match="one frame rate"):
        render_edl(subclips, title="cut")
    (tree,) = render_documents(subclips, "fcpxml", title="cut")
    root = ElementTree.fromstring(tree.text)
    clips = root.findall(".//asset-clip")
    frame = Fraction(1, 25)
    assert all((seconds(clip.get(key)) / frame).denominator == 1 for clip in clips for key in ("offset", "duration"))
    conform = clips[1].find("conform-rate")
    assert conform is not None and conform.attrib == {"scaleEnabled": "0", "srcFrameRate": "59.94"}
    assert (seconds(clips[1].get("start")) * NTSC_60).denominator == 1
    (line,) = render_documents(subclips, "otio", title="cut")
    rates = [
        clip.source_range.start_time.rate
        for clip in otio.adapters.read_from_string(line.text, "otio_json").find_clips()
    ]  # pyright: ignore
    assert rates == [25.0, float(NTSC_60), 25.0]


def test_an_edl_says_before_which_events_time_code_drops_frames() -> None:
    """Cameras at 29.97 count either way, and a list may hold both."""
    drop, plain = fake(NTSC_30, name="a.mp4", drops=True), fake(NTSC_30, name="b.mp4")
    subclips = [subclip(drop, 70, 72), subclip(plain, 70, 72), subclip(plain, 80, 81), subclip(drop, 90, 91)]
    (made,) = render_documents(subclips, "edl", title="cut")
    lines = made.text.splitlines()
    runs = [place for place, line in enumerate(lines) if line.startswith("FCM")]
    assert [lines[place] for place in runs] == ["FCM: DROP FRAME", "FCM: NON-DROP FRAME", "FCM: DROP FRAME"]
    events = {line[:3]: place for place, line in enumerate(lines) if line[:3].isdigit()}
    assert runs[0] < events["001"] < runs[1] < events["002"] < events["003"] < runs[2] < events["004"]
    assert [";" in lines[place].split()[4] for place in events.values()] == [True, False, False, True]
    assert all(";" in lines[place].split()[6] for place in events.values()), "the record is counted in one way"
    found = [clip.source_range for clip in read_edl(made.text, float(NTSC_30))]
    assert [(one.start_time.value, one.duration.value) for one in found] == [
        (one.source.start_frame + one.first, one.count) for one in subclips
    ]


def read_edl(text: str, rate: float) -> list[Any]:
    line: Any = otio.adapters.read_from_string(text, "cmx_3600", rate=rate)
    return list(line.find_clips())


def test_the_adapters_that_we_do_not_write_with_get_29_97_wrong() -> None:
    """Why `edl` and `fcpxml` do not use the adapters. If this fails, an adapter was fixed and may be used."""
    subclips = [subclip(fake(NTSC_30), 10.01, 20.02)]
    line = otio.adapters.read_from_string(render_documents(subclips, "otio", title="cut")[0].text, "otio_json")
    by_adapter = otio.adapters.write_to_string(line, "cmx_3600")
    assert "FCM" not in by_adapter and ";" in by_adapter  # drop-frame numbers for a source that has none
    (ours,) = render_documents(subclips, "edl", title="cut")
    assert "00:00:10:00 00:00:20:00" in ours.text and ours.text.splitlines()[1] == "FCM: NON-DROP FRAME"
    (tree,) = render_documents(subclips, "fcpxml", title="cut")
    (read,) = otio.adapters.read_from_string(tree.text, "fcpx_xml")  # pyright: ignore
    assert next(iter(read.find_clips())).source_range.duration.value != 300


@pytest.mark.parametrize("kind", ["csv", "json", "webvtt", "edl", "fcpxml", "xmeml", "otio"])
def test_words_out_of_videos_stay_words(kind: Any) -> None:
    source = fake(Fraction(25), name="=cmd|' <b>&\x07.mp4")
    made = render_documents([subclip(source, 1, 2, HOSTILE), subclip(source, 3, 4, "=1+1")], kind, title=HOSTILE)
    text = made[0].data.decode()
    match kind:
        case "edl":
            assert len(read_edl(text, 25.0)) == 2
        case "fcpxml":
            assert len(ElementTree.fromstring(text).findall(".//asset-clip")) == 2
        case "xmeml":
            assert len(read_xmeml(text)) == 2
        case "otio":
            assert len(list(otio.adapters.read_from_string(text, "otio_json").find_clips())) == 2  # pyright: ignore
        case "webvtt":
            assert len(read_chapters(text)) == 2
        case "csv":
            rows = list(csv.DictReader(io.StringIO(text)))
            assert len(rows) == 2 and rows[1]["text"] == "'=1+1" and rows[0]["video"].startswith("'=")
        case _:
            assert len(json.loads(text)["moments"]) == 2
    assert "\x1b" not in text.replace("\\u001b", "") or kind in ("json", "csv", "otio", "webvtt")


def test_an_edl_holds_999_events() -> None:
    source = fake(Fraction(25), frames=100_000)
    subclips = [subclip(source, second, second + 1) for second in range(1000)]
    assert len(read_edl(render_edl(subclips[:999], title="x"), 25.0)) == 999
    with pytest.raises(ExportError, match="999"):
        render_edl(subclips, title="x")


def test_a_rate_without_time_code_goes_into_otio_and_tables_alone() -> None:
    subclips = [subclip(fake(Fraction(25, 2)), 1, 2)]
    with pytest.raises(FrameRateError, match="time code is not defined"):
        render_documents(subclips, "edl", title="cut")
    assert render_documents(subclips, "csv", title="cut")[0].text.count("25/2") == 1
    assert json.loads(render_documents(subclips, "json", title="cut")[0].text)["moments"][0]["source_in"] == ""
    assert render_documents(subclips, "otio", title="cut")


def test_a_file_of_variable_rate_is_named(tmp_path: Path) -> None:
    random = Random(5)
    times = [0]
    for _ in range(120):
        times.append(times[-1] + random.choice([17, 40, 71, 113]))
    video = probed(write_video(tmp_path / "phone.mp4", times))
    prepared = prepare_subclips(CHILD, [RequestedMoment(video, TimeSpan(1.0, 2.0))], "otio")
    assert len(prepared.warnings) == 1 and "variable frame rate" in prepared.warnings[0]
    rate = prepared.subclips[0].rate.per_second
    assert abs(prepared.subclips[0].first - 1.0 * rate) <= 1


def test_dropped_frames_keep_the_rate() -> None:
    rate = Fraction(30)
    times = [n / 30 for n in range(300) if n % 7]
    assert detect_frame_rate([Fraction(257, 10), rate], times) == (rate, False)
    assert detect_frame_rate([rate], [time * 1.03 for time in times])[1]
    assert detect_frame_rate([], times) == (Fraction(0), False)
    assert detect_frame_rate([Fraction(1000)], times) == (Fraction(0), False)


def test_a_file_that_tells_no_rate(tmp_path: Path) -> None:
    source = replace(fake(Fraction(25)), rate=None)
    with pytest.raises(FrameRateError, match="--rate"):
        subclip(source, 0, 1)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a/b\\c:d", "a_b_c_d"), ("..", "_"), ("", "_"), ("con", "_con"), ("COM1.x", "_COM1.x"), ("-rf", "rf"),
        (".hidden", "hidden"), ("end. ", "end"), ("a\x00\nb", "a b"), ("ж" * 200, "ж" * 75), ("\udcff?", "__"),
    ],
)  # fmt: skip
def test_names_that_every_file_system_takes(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_names_are_distinct_also_where_case_is_one() -> None:
    assert distinct_file_names(["a", "A", "b", "a (2)", "a"]) == ["a", "A (2)", "b", "a (2) (2)", "a (3)"]
    assert reel_names(["interview_a.mp4", "interview_b.mp4", "BL", "日本"]) == ["INTERVIE", "INTERVI2", "RBL", "REEL"]
    subclips = [subclip(fake(Fraction(25)), 1, 2), subclip(fake(Fraction(25)), 1, 2)]
    assert len(set(clip_names(subclips))) == 2
