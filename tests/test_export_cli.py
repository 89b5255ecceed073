"""`reelseek export` on a library of real files: from a span, an earlier search, or a query."""

import csv
import errno
import io
import json
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import opentimelineio as otio
import pytest
from click.testing import CliRunner, Result

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from api.cli.options import FORMAT_OR_ENDING
from api.export.formats import FORMATS, TUNING
from api.export.output_files import write_data, write_whole
from api.media.timecode import FrameRate, parse_rate
from indexer.errors import ExportError
from indexer.records import TimeSpan, Video
from search.results import Moment
from tests.helpers.fakes_cli import FakeEngine
from tests.helpers.media_rates import NTSC_24, NTSC_30, NTSC_60, damaged_copy, shown_numbers, write_library, write_rated
from tests.helpers.media_service import probed
from tests.helpers.web_vtt import read_chapters

pytestmark = pytest.mark.thorough

FRAMES = 150


@dataclass(frozen=True)
class World:
    library: Path
    drop: Video
    """29.97 with the time code 00:59:58;05, as MOV."""
    film: Video
    """23.976 in Matroska, whose times are rounded to milliseconds."""
    fast: Video
    """59.94 with the time code 01:02:59;30, as MP4."""


@pytest.fixture(scope="module", name="world")
def world_fixture(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    drop = probed(write_rated(folder / "drop.mov", NTSC_30, FRAMES, timecode="00:59:58;05", reel="A001"))
    film = probed(write_rated(folder / "film – x.mkv", NTSC_24, FRAMES))
    fast = probed(write_rated(folder / "fast.mp4", NTSC_60, FRAMES, timecode="01:02:59;30"))
    return World(write_library(folder / "library", [drop, film, fast], {}), drop, film, fast)


def run(world: World, *arguments: str, **given: Any) -> Result:
    return CliRunner().invoke(main, ["export", *arguments, "--library", str(world.library)], **given)


def moments(*rows: tuple[Video, int, int]) -> str:
    """As `search --json` prints them."""
    shown = [
        {
            "video": video.path,
            "video_id": video.video_id,
            "start_seconds": round(first * video.duration_seconds / FRAMES, 3),
            "stop_seconds": round(stop * video.duration_seconds / FRAMES, 3),
            "score": 0.5,
            "signals": {"picture": 1},
            "text": "a ship",
        }
        for video, first, stop in rows
    ]
    return json.dumps({"query": "a ship", "found": True, "moments": shown})


def test_the_formats_are_those_of_the_code() -> None:
    assert FORMAT_OR_ENDING.choices == (*FORMATS, TUNING)


@pytest.mark.parametrize(
    ("name", "first", "stop", "code"),
    [
        ("drop", 31, 77, "00:59:59;06"),
        ("film", 2, 49, "00:00:00:02"),
        ("film", 0, 1, "00:00:00:00"),
        ("drop", 149, 150, "01:00:03;04"),
        ("fast", 29, 88, "01:02:59;59"),
        ("fast", 30, 31, "01:03:00;04"),  # the first four numbers of a minute are left out
        ("fast", 149, 150, "01:03:02;03"),
    ],
)
def test_a_clip_is_exactly_its_frames(
    world: World, tmp_path: Path, name: str, first: int, stop: int, code: str
) -> None:
    video: Video = getattr(world, name)
    rate = {"drop": NTSC_30, "film": NTSC_24, "fast": NTSC_60}[name]
    told = json.loads(moments((video, first, stop)))["moments"][0]
    span = ("--start", str(told["start_seconds"]), "--stop", str(told["stop_seconds"]))
    result = run(world, "--video", video.path, *span, "--format", "clips", "--out", str(tmp_path / "cut"), "--json")
    assert result.exit_code == ExitCode.OK, result.output
    (file,) = json.loads(result.stdout)["files"]
    assert shown_numbers(Path(file)) == [(Fraction(n - first) / rate, n) for n in range(first, stop)]
    with av.open(file) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == rate
        assert stream.duration * stream.time_base == (stop - first) / rate
        assert stream.metadata["timecode"] == code
    again = run(world, "--video", video.path, *span, "--format", "clips", "--out", str(tmp_path / "cut"), "--json")
    assert json.loads(again.stdout)["kept"] == 1


def test_a_reel_has_all_moments_in_one_rate_with_chapters(world: World, tmp_path: Path) -> None:
    out = tmp_path / "all.mp4"
    given = moments((world.drop, 31, 91), (world.film, 8, 32))
    result = run(world, "--from", "-", "--out", str(out), input=given)
    assert result.exit_code == ExitCode.OK, result.output
    shown = shown_numbers(out)
    # 24 frames of film last as long as 30 of television: some are shown twice.
    assert [time for time, _ in shown] == [Fraction(n) / NTSC_30 for n in range(60 + 30)]
    assert [number for _, number in shown[:60]] == list(range(31, 91))
    film = [number for _, number in shown[60:]]
    assert sorted(set(film)) == list(range(8, 32)) and film == sorted(film)
    with av.open(str(out)) as container:
        chapters = container.chapters()
        assert [(one["start"] * one["time_base"], one["metadata"]["title"]) for one in chapters] == [
            (0, "drop.mov: a ship"),
            (Fraction(2002, 1000), "film – x.mkv: a ship"),
        ]
        assert container.streams.audio[0].rate == 48_000
    assert [file.name for file in tmp_path.iterdir()] == ["all.mp4"]
    assert "--force" in run(world, "--from", "-", "--out", str(out), input=given).stderr


def test_an_earlier_search_becomes_an_edit_list(world: World, tmp_path: Path) -> None:
    source, out = tmp_path / "ships.json", tmp_path / "ships.otio"
    source.write_text(moments((world.drop, 20, 40), (world.film, 5, 15)))
    result = run(world, "--from", str(source), "--out", str(out), "--handles", "0.1s")
    assert result.exit_code == ExitCode.OK, result.output
    clips: Any = list(otio.adapters.read_from_file(str(out)).find_clips())  # pyright: ignore
    # 00:59:58;05 is frame 107,837: 54 of the 60 minutes begun left two numbers out, but the last has not.
    assert clips[0].source_range.start_time.value == 3598 * 30 + 5 - 2 * 54 + 17
    assert [clip.source_range.duration.value for clip in clips] == [26, 14]
    assert clips[0].metadata["reelseek"]["reel"] == "A001"
    refused = run(world, "--from", str(source), "--out", str(out))
    assert refused.exit_code == ExitCode.STOPPED and "--force" in refused.stderr
    assert run(world, "--from", str(source), "--out", str(out), "--force").exit_code == ExitCode.OK


def test_text_goes_to_standard_output_and_json_comes_back(world: World, tmp_path: Path) -> None:
    given = moments((world.drop, 20, 40), (world.film, 5, 15))
    first = run(world, "--from", "-", "--format", "json", input=given)
    again = run(world, "--from", "-", "--format", "json", "--title", "moments", input=first.stdout)
    assert first.stdout == again.stdout
    table = run(world, "--from", "-", "--format", "csv", "--order", "time", input=given)
    rows = list(csv.DictReader(io.StringIO(table.stdout)))
    assert [row["video"] for row in rows] == ["drop.mov", "film – x.mkv"]
    assert rows[0]["source_in"] == "00:59:58;25" and rows[0]["source_out"] == "00:59:59;15"


def test_a_span_is_named_by_the_times_that_a_search_shows(world: World) -> None:
    whole = run(world, "--video", "drop.mov", "--start", "1", "--stop", "1.5", "--format", "csv").stdout
    for start, stop in (("0:00:01.0", "0:00:01.5"), ("0:01", "0:01.5")):
        assert run(world, "--video", "drop.mov", "--start", start, "--stop", stop, "--format", "csv").stdout == whole


def test_several_files_want_a_folder(world: World, tmp_path: Path) -> None:
    given = moments((world.drop, 20, 40), (world.film, 5, 15))
    for kind in ("edl", "webvtt"):
        refused = run(world, "--from", "-", "--format", kind, "--out", str(tmp_path / "x"), input=given)
        assert refused.exit_code == ExitCode.STOPPED and "folder" in refused.stderr
        result = run(world, "--from", "-", "--format", kind, "--out", f"{tmp_path / kind}/", "--json", input=given)
        files = [Path(file) for file in json.loads(result.stdout)["files"]]
        assert len(files) == 2 and all(file.is_file() for file in files)
    assert [len(read_chapters(file.read_text())) for file in files] == [1, 1]


def test_a_query_is_searched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    video = world.film
    found = Moment(video.path, video.video_id, TimeSpan(1.0, 2.0), 1.5, 0.1, {"picture": 1}, "a ship", None)

    class Engine(FakeEngine):
        def videos(self) -> list[Video]:
            return [video]

        def __enter__(self) -> "Engine":
            return self

        def __exit__(self, *_: object) -> None:
            pass

    engine = Engine([found])
    module = ModuleType("search.engine")
    module.SearchEngine = engine  # pyright: ignore
    monkeypatch.setitem(sys.modules, "search.engine", module)
    result = run(world, "a ship", "--format", "edl", "--limit", "3", "--signal", "picture")
    assert "TITLE: a ship" in result.stdout and "00:00:00:23 00:00:02:00" in result.stdout
    assert engine.asked[0]["limit"] == 3 and engine.asked[0]["signals"] == ("picture",)
    engine.found = False
    nothing = run(world, "a ship", "--format", "edl", "--json")
    assert nothing.exit_code == ExitCode.NOTHING_FOUND and json.loads(nothing.stdout)["moments"] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "csv"], "give one of QUERY"),
        (["x", "--from", "-", "--format", "csv"], "give one of QUERY"),
        (["--video", "drop.mov"], "--format"),
        (["--video", "drop.mov", "--format", "clips"], "folder"),
        (["--video", "drop.mov", "--format", "csv", "--handles", "long"], "--handles"),
        (["--video", "drop.mov", "--format", "csv", "--rate", "fast"], "frame rate"),
        (["--video", "drop.mov", "--format", "csv", "--start", "9"], "is not within"),
        (["--video", "none.mp4", "--format", "csv"], "has no video"),
        (["--from", "nowhere.json", "--format", "csv"], "cannot be read"),
        (["--from", "-", "--format", "csv"], "not JSON"),
        (["--video", "drop.mov", "--format", "csv", "--out", "no/where/x.csv"], "does not exist"),
        (["--video", "drop.mov", "--format", "csv", "--limit", "10"], "--limit chooses among the results of a search"),
        (["--collection", "cut", "--format", "csv", "--signal", "speech"], "--signal chooses among the results"),
        (["--collection", "cut", "--format", "csv", "--weak"], "--weak chooses among the results of a search"),
        (["--from", "-", "--format", "csv", "--limit", "3"], "--limit chooses among the results of a search"),
    ],
)
def test_what_cannot_be_done_is_said(world: World, arguments: list[str], said: str) -> None:
    result = run(world, *arguments, input="{")
    assert result.exit_code == ExitCode.STOPPED and said in result.stderr, result.stderr


@pytest.mark.parametrize(
    "row",
    [
        {"start_seconds": 1}, {"start_seconds": 2, "stop_seconds": 1, "video": "drop.mov"}, 7,
        {"start_seconds": True, "stop_seconds": 2, "video": "drop.mov"}, {"start_seconds": 0, "stop_seconds": 1},
        {"start_seconds": 0, "stop_seconds": 1, "video": "gone.mov"},
    ],
)  # fmt: skip
def test_moments_that_are_none_are_named(world: World, row: object) -> None:
    result = run(world, "--from", "-", "--format", "csv", input=json.dumps({"moments": [row]}))
    assert result.exit_code == ExitCode.STOPPED and "moment 1" in result.stderr


def test_a_vanished_file_is_named_and_nothing_is_written(world: World, tmp_path: Path) -> None:
    gone = probed(write_rated(tmp_path / "gone.mp4", NTSC_30, 30))
    library = write_library(tmp_path / "library", [gone], {})
    Path(gone.path).unlink()
    out = tmp_path / "x.edl"
    result = CliRunner().invoke(main, ["export", "--video", "gone.mp4", "--out", str(out), "--library", str(library)])
    assert result.exit_code == ExitCode.STOPPED and "gone.mp4" in result.stderr and not out.exists()


@pytest.mark.parametrize("kind", ["clips", "reel", "edl", "csv", "otio", "fcpxml", "xmeml", "webvtt"])
def test_one_moment_that_cannot_be_exported_does_not_stop_the_others(world: World, tmp_path: Path, kind: str) -> None:
    gone = probed(write_rated(tmp_path / "gone.mp4", NTSC_30, 30))
    broken = damaged_copy(world.fast, tmp_path / "broken.mp4")
    videos = [gone, broken, world.film]
    library = write_library(tmp_path / "library", videos, {})
    Path(gone.path).unlink()
    listed = json.loads(moments((gone, 1, 5), (world.film, 10, 20), (broken, 1, 20), (world.film, 30, 40)))
    listed["moments"].append({"video": "never.mp4", "video_id": "0" * 32, "start_seconds": 1, "stop_seconds": 2})
    out = str(tmp_path / "out.mp4") if kind == "reel" else f"{tmp_path}/out/"
    result = CliRunner().invoke(
        main,
        ["export", "--from", "-", "--format", kind, "--library", str(library), "--json", "--out", out],
        input=json.dumps(listed),
    )
    assert result.exit_code == ExitCode.PARTLY_FAILED, result.output
    told = json.loads(result.stdout)
    encoded = kind in ("clips", "reel")
    names = {Path(one["video"]).name: one["reason"] for one in told["failed"]}
    assert set(names) == {"gone.mp4", "never.mp4", *(["broken.mp4"] if encoded else [])}
    assert "is gone" in names["gone.mp4"] and "has no video" in names["never.mp4"]
    assert told["moments"] == (2 if encoded else 3)
    assert all(Path(file).is_file() for file in told["files"])
    assert "not exported" in result.stderr and "gone.mp4" in result.stderr
    if kind == "reel":
        assert {number for _, number in shown_numbers(Path(out))} == {*range(10, 20), *range(30, 40)}


def test_where_no_moment_can_be_exported_nothing_is_written(world: World, tmp_path: Path) -> None:
    broken = damaged_copy(world.fast, tmp_path / "broken.mp4")
    library = write_library(tmp_path / "library", [broken], {})
    for kind, out in (("clips", tmp_path / "clips"), ("reel", tmp_path / "reel.mp4")):
        command = ["export", "--video", "broken.mp4", "--stop", "1", "--format", kind, "--out", str(out)]
        result = CliRunner().invoke(main, [*command, "--library", str(library)])
        assert result.exit_code == ExitCode.STOPPED
        assert "broken.mp4" in result.stderr
        assert not list(tmp_path.glob("clips/*")) and not (tmp_path / "reel.mp4").exists()


@pytest.mark.parametrize("rate", ["25", "29.97", "60"])
def test_an_edl_of_files_of_several_rates_has_the_rate_that_is_named(world: World, tmp_path: Path, rate: str) -> None:
    out = tmp_path / "x.edl"
    listed = moments((world.drop, 31, 77), (world.film, 2, 49), (world.fast, 29, 88))
    result = run(world, "--from", "-", "--rate", rate, "--out", str(out), input=listed)
    assert result.exit_code == ExitCode.OK, result.output
    text = out.read_text()
    mark = ";" if rate == "29.97" else ":"
    assert ("FCM: DROP FRAME" in text) == (mark == ";")
    events = [line.split()[4:] for line in text.splitlines() if line[:3].isdigit()]
    assert len(events) == 3
    exact = parse_rate(rate)
    counted = FrameRate(exact, drops=mark == ";")
    starts = ["00:59:58:10", "00:00:00:00", "01:02:59:30"]  # in sixtieths of a second
    seconds = [(31 / NTSC_30, 77 / NTSC_30), (2 / NTSC_24, 49 / NTSC_24), (29 / NTSC_60, 88 / NTSC_60)]
    for codes, start, (first, stop) in zip(events, starts, seconds, strict=True):
        source_in, source_out, record_in, record_out = (counted.frame_at(code) for code in codes)
        assert source_out - source_in == record_out - record_in
        assert 0 <= (source_out - source_in) / exact - (stop - first) < 2 / exact
        whole = counted.frame_at(f"{start[:8]}{mark}05")
        assert abs((source_in - whole + 5 - int(start[9:]) * counted.counted // 60) / exact - first) <= 1


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def fail(draft: Path) -> None:
        draft.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="space"):
        write_whole(tmp_path / "x.edl", fail)
    assert list(tmp_path.iterdir()) == []


def test_what_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    place = tmp_path / "x.edl"
    with pytest.raises(ExportError, match="exists already"):
        write_whole(place, lambda draft: place.write_bytes(b"theirs") and None)
    assert place.read_bytes() == b"theirs" and list(tmp_path.iterdir()) == [place]
    write_data(place, b"ours", force=True)
    assert place.read_bytes() == b"ours"
