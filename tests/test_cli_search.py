"""`reelseek search`: the object for programs, lines for a pipe, the table for people."""

import io
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from rich.console import Console

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from api.cli.output.moments import marked_text, print_result
from api.cli.output.thumbnails import can_show, half_blocks
from indexer.errors import QueryError
from search.results import SearchResult
from tests.helpers.fakes_cli import HOSTILE_NAME, HOSTILE_TEXT, FakeEngine, moment


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine([moment(), moment(start=90.0)])
    module = ModuleType("search.engine")
    module.SearchEngine = fake
    monkeypatch.setitem(sys.modules, "search.engine", module)
    return fake


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["search", *arguments])


def test_json_is_exactly_the_documented_object(engine: FakeEngine) -> None:
    result = run("an invoice", "--json", "--library", "L")
    assert result.exit_code == ExitCode.OK
    assert result.stdout.count("\n") == 1
    shown = json.loads(result.stdout)
    assert list(shown) == ["query", "found", "moments"]
    assert shown["query"] == "an invoice"
    assert shown["found"] is True
    assert shown["moments"][0] == {
        "video": "/films/talk.mp4",
        "video_id": "0123456789abcdef0123456789abcdef",
        "kind": "video",
        "start_seconds": 3.25,
        "stop_seconds": 7.75,
        "best_frame_seconds": 4.25,
        "score": 0.0325,
        "relevance": 0.94,
        "grade": "good",
        "signals": {"screen_text_words": 1, "picture": 12},
        "text": "An invoice\nfor the tables",
        "boxes": [],
        "alike": 0,
        "in_video": 0,
    }
    assert engine.opened[0][0] == Path("L").absolute()


def test_options_reach_the_engine(engine: FakeEngine) -> None:
    narrow = ["--video", "a.mp4", "--scope", "tag:a", "--signal", "picture", "--signal", "subtitle"]
    run("x", *narrow, "--limit", "3", "--offset", "6")
    plain = {"image": None, "like": None, "per_video": None, "fold": True, "expand": None}
    assert engine.asked == [
        {
            "query": "x",
            "video": "a.mp4",
            "scope": "tag:a",
            "limit": 3,
            "offset": 6,
            "signals": ("picture", "subtitle"),
            **plain,
        }
    ]
    run("x")
    whole = {"query": "x", "video": None, "scope": None, "limit": 10, "offset": 0, "signals": None}
    assert engine.asked[1] == {**whole, **plain}
    run("--like", "a.mp4@1:05", "--per-video", "0", "--no-fold")
    like = {"like": "a.mp4@1:05", "per_video": 0, "fold": False}
    assert engine.asked[2] == {**whole, **plain, **like, "query": ""}
    run("at night", "--image", "still.jpg", "--expand", "2")
    assert engine.asked[3] == {**whole, **plain, "query": "at night", "image": Path("still.jpg"), "expand": 2}


def test_what_is_folded_is_told_with_the_way_to_it(engine: FakeEngine) -> None:
    engine.moments = [moment(), replace(moment(start=90.0), alike=12, in_video=3)]
    shown = run("--like", "a.mp4@1:05", "--thumbnails").stdout
    assert "more like a.mp4@1:05" in shown
    assert "12 more like this, 3 more in this video" in shown
    assert "--expand 2" in shown


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_nothing_found_is_exit_code_1(engine: FakeEngine, form: list[str]) -> None:
    engine.moments, engine.found = [], False
    result = run("a green elephant", *form)
    assert result.exit_code == ExitCode.NOTHING_FOUND
    if form:
        assert json.loads(result.stdout) == {
            "query": "a green elephant",
            "found": False,
            "moments": [],
            "closest": [],
        }


def test_a_query_that_cannot_be_searched_is_exit_code_2(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> SearchResult:
        raise QueryError("the query is empty; give some words")

    monkeypatch.setattr(engine, "search", refuse)
    result = run("", "--json")
    assert result.exit_code == ExitCode.STOPPED
    assert json.loads(result.stdout) == {
        "error": {"type": "QueryError", "message": "the query is empty; give some words"}
    }


def test_in_a_pipe_each_moment_is_one_line_of_tabs(engine: FakeEngine) -> None:
    result = run("an invoice", "--offset", "10")
    first, second = result.stdout.splitlines()
    assert first.split("\t") == [
        "11",
        "0:00:03.2",
        "0:00:07.8",
        "0.0325",
        "screen_text_words=1,picture=12",
        "/films/talk.mp4",
        "An invoice for the tables",
    ]
    assert second.startswith("12\t0:01:30.0\t")


@pytest.mark.parametrize("form", [[], ["--json"], ["--thumbnails"]])
def test_hostile_names_and_texts_never_reach_the_terminal(engine: FakeEngine, form: list[str]) -> None:
    engine.moments = [moment(video=f"/films/{HOSTILE_NAME}", text=HOSTILE_TEXT)]
    result = run("invoice", *form)
    assert result.exit_code == ExitCode.OK
    ours = re.sub(r"\x1b\[[0-9;]*m", "", result.stdout) if form == ["--thumbnails"] else result.stdout
    assert not set(ours) & set("\x1b\x07\x9b\u202e\u2066\r")
    if form == ["--json"]:
        assert json.loads(result.stdout)["moments"][0]["text"] == HOSTILE_TEXT
    else:
        assert "[red]x[" in result.stdout
        assert "red]\\x0a.mp4" in result.stdout
        assert "\\x1b[2J" in result.stdout


def draw(result: SearchResult, *, thumbnails: bool = False, width: int = 100) -> str:
    screen = Console(
        file=io.StringIO(), force_terminal=True, color_system="truecolor", width=width, markup=False, highlight=False
    )
    print_result(screen, result, offset=0, thumbnails=thumbnails)
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_the_table_shows_when_where_why_and_marks_the_words() -> None:
    result = SearchResult("invoice", True, [moment()], {"total": 0.1234}, more=True)
    shown = draw(result)
    for part in (
        "0:00:03.2 - 0:00:07.8",
        "talk.mp4",
        "relevance 0.94",
        "on-screen text words #1",
        "picture #12",
        "in /films",
    ):
        assert part in shown
    assert "\x1b[1;30;43minvoice\x1b[0m" in shown
    assert "0.12 s; more with --offset 1" in shown


def test_weaker_matches_stand_below_a_line_and_a_correction_is_told() -> None:
    moments = [moment(), replace(moment(), grade="weak", relevance=0.2), replace(moment(), grade="weak")]
    shown = draw(SearchResult("invioce", True, moments, {}, more=False, corrected="invoice"))
    assert shown.count("weaker matches") == 1
    assert shown.index("relevance 0.94") < shown.index("weaker matches") < shown.index("relevance 0.20")
    assert "Showing results for \x1b[1minvoice\x1b[0m; --plain searches for the words as typed." in shown


def test_hostile_parts_stay_harmless_in_a_coloured_terminal() -> None:
    result = SearchResult("q\x1b[2J", True, [moment(video=f"/x/{HOSTILE_NAME}", text=HOSTILE_TEXT)], {}, more=False)
    shown = draw(result)
    assert "\x1b[2J" not in shown
    assert "\x1b]0" not in shown
    assert "\x9b" not in shown


def test_explain_says_how_each_signal_counts(engine: FakeEngine) -> None:
    shown = json.loads(run("x", "--explain", "--json").stdout)
    assert shown["explained"] == [
        {"signal": "picture", "weight": 0.9, "hits": 3, "why": "its best hit is right with a chance of 0.90"},
        {"signal": "subtitle", "weight": 0.0, "hits": 0, "why": "nothing stands out"},
    ]
    assert shown["read_again"] == 16
    *_, again = lines = run("x", "--explain").stdout.splitlines()[-3:]
    assert again == "the texts of 16 segments were reranked"
    assert lines[0].split() == "picture 0.90 its best hit is right with a chance of 0.90".split()
    assert lines[1].split() == "subtitle - nothing stands out".split()


def test_the_threshold_is_a_setting(engine: FakeEngine) -> None:
    run("x", "--relevance-threshold", "0.8")
    assert engine.opened[0][1].relevance_threshold == 0.8
    assert run("x", "--relevance-threshold", "1.5").exit_code == ExitCode.STOPPED


def test_weak_moments_are_shown_as_such() -> None:
    shown = draw(SearchResult("x", False, [], {}, more=False, closest=[replace(moment(), grade="weak")]))
    assert "weaker matches" not in shown  # the line above says so already
    assert shown.index("Nothing found for") < shown.index("Closest moments:") < shown.index("talk.mp4")
    assert "Nothing found for" in draw(SearchResult("x", False, [], {}, more=False))


def test_a_thumbnail_is_drawn_with_two_pixels_a_character(tmp_path: Path) -> None:
    file = tmp_path / "t.jpg"
    picture = Image.new("RGB", (64, 36), (255, 0, 0))
    picture.paste((0, 0, 255), (0, 18, 64, 36))
    picture.save(file, quality=95)
    drawn = half_blocks(file)
    assert drawn is not None
    lines = drawn.plain.splitlines()
    assert {len(line) for line in lines} == {32}
    assert len(lines) == 9
    shown = draw(SearchResult("x", True, [replace(moment(), thumbnail=file)], {}, more=False), thumbnails=True)
    assert "\x1b[38;2;254;0;0;48;2;254;0;0m▀" in shown


@pytest.mark.parametrize(("width", "height"), [(320, 180), (240, 320), (2000, 3), (3, 2000), (1, 1)])
def test_a_thumbnail_of_any_shape_fits_its_box(tmp_path: Path, width: int, height: int) -> None:
    file = tmp_path / "t.png"
    Image.new("RGB", (width, height)).save(file)
    drawn = half_blocks(file)
    assert drawn is not None
    lines = drawn.plain.splitlines()
    assert 1 <= len(lines) <= 9
    assert all(1 <= len(line) <= 32 for line in lines)


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\xff\xd8\xff\xe0broken"])
def test_a_broken_or_missing_thumbnail_is_left_out(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "t.jpg"
    assert half_blocks(file) is None
    file.write_bytes(content)
    assert half_blocks(file) is None


def test_pictures_are_shown_only_where_they_look_well() -> None:
    def screen(width: int, colours: str, terminal: bool = True) -> Console:
        return Console(file=io.StringIO(), force_terminal=terminal, color_system=colours, width=width)  # type: ignore[arg-type]

    assert can_show(screen(120, "truecolor"))
    assert not can_show(screen(120, "256"))
    assert not can_show(screen(70, "truecolor"))


def test_a_long_text_is_cut_around_its_match() -> None:
    marked = marked_text("filler " * 100 + "invoice " + "filler " * 100, "invoice")
    assert len(marked.plain) < 260
    assert [marked.plain[span.start : span.end] for span in marked.spans] == ["invoice"]
