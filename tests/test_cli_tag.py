"""`reelseek tag` and what shows tags and metadata, on a small real library."""

# ruff: noqa: F811 - a fixture is imported, then named as an argument

import json
from dataclasses import replace
from pathlib import Path

import pytest

from api.cli.exit_codes import ExitCode
from indexer.records import Chapter, Place, TimeSpan, VideoMetadata
from indexer.store.library import Library
from tests.test_cli_library import BAD, GOOD, MAKER, OTHER, place, run, shown  # noqa: F401


def tags_in(place: Path) -> dict[str, tuple[str, ...]]:
    with Library.open(place) as library:
        return {video.video_id: video.tags for video in library.videos() if video.tags}


def test_tags_are_added_shown_and_removed(place: Path) -> None:
    assert shown(place, "tag", "talk.mp4", "bbbb", "--add", "Holiday", "--add", "summer 2023") == {
        "videos": [
            {"video": str(place.parent / "talk.mp4"), "video_id": GOOD, "tags": ["Holiday", "summer 2023"]},
            {"video": str(place.parent / "Zug [1]\x1b[31m.mp4"), "video_id": OTHER, "tags": ["Holiday", "summer 2023"]},
        ]
    }
    result = run("tag", "talk.mp4", "--remove", "HOLIDAY", "--library", str(place))
    assert result.stdout == f"{place.parent / 'talk.mp4'}: summer 2023\n"
    assert tags_in(place) == {GOOD: ("summer 2023",), OTHER: ("Holiday", "summer 2023")}
    assert shown(place, "tag", "--list") == {
        "tags": [{"tag": "Holiday", "videos": 1}, {"tag": "summer 2023", "videos": 2}]
    }
    assert run("tag", "--list", "--library", str(place)).stdout == "1  Holiday\n2  summer 2023\n"
    shown(place, "tag", "bbbb", "--clear", "--add", "train")
    assert tags_in(place)[OTHER] == ("train",)


def test_a_folder_means_all_videos_under_it_also_failed_ones(place: Path) -> None:
    shown(place, "tag", str(place.parent), "--add", "all")
    assert set(tags_in(place)) == {GOOD, OTHER, BAD}
    empty = place.parent / "empty"
    empty.mkdir()
    result = run("tag", str(empty), "--add", "all", "--library", str(place))
    assert (result.exit_code, "no video in" in result.stderr) == (ExitCode.STOPPED, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name videos to tag"),
        (("--list", "talk.mp4"), "name videos to tag"),
        (("--list", "--add", "x"), "name videos to tag"),
        (("nothing.mp4", "--add", "x"), "no video 'nothing.mp4'"),
        (("talk.mp4", "--add", "a,b"), "may not contain ','"),
        (("talk.mp4", "--add", "\x1b[31m"), "may not contain"),
    ],
)
def test_what_cannot_be_tagged_changes_nothing(place: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run("tag", *arguments, "--library", str(place))
    assert result.exit_code == ExitCode.STOPPED
    assert message in result.stderr
    assert tags_in(place) == {}


def test_while_another_process_writes_it_says_so(place: Path) -> None:
    with Library.open_writer(place, maker=MAKER):
        result = run("tag", "talk.mp4", "--add", "x", "--library", str(place), "--json")
    assert json.loads(result.stdout)["error"]["type"] == "LibraryLockedError"


def test_the_list_shows_and_filters_by_tags_and_tells_metadata(place: Path) -> None:
    metadata = VideoMetadata(
        title="<b>My</b> film",
        created="2023-05-09T11:41:46Z",
        camera_make="Apple",
        camera_model="iPhone",
        place=Place(51.5, -0.25),
        chapters=(Chapter(TimeSpan(0.0, 2.5), "One"),),
    )
    with Library.open_writer(place, maker=MAKER) as library:
        library.put_videos([replace(library.video(GOOD), metadata=metadata, tags=("Holiday",))])
    (video,) = shown(place, "videos", "--tag", "holiday")["videos"]  # type: ignore[misc]
    assert (video["created"], video["created_source"], video["tags"]) == (
        "2023-05-09T11:41:46Z", "container", ["Holiday"]
    )  # fmt: skip
    assert video["metadata"] == {
        "title": "<b>My</b> film",
        "camera_make": "Apple",
        "camera_model": "iPhone",
        "place": {"latitude_degrees": 51.5, "longitude_degrees": -0.25},
        "chapters": [{"start_seconds": 0.0, "stop_seconds": 2.5, "title": "One"}],
    }
    (other,) = shown(place, "videos", "zug")["videos"]  # type: ignore[misc]
    assert (other["created_source"], other["metadata"]) == ("file", {})
    assert shown(place, "videos", "--tag", "holiday", "--tag", "train") == {"videos": []}
