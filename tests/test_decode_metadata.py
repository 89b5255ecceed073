"""Container metadata: dates, locations, chapters, hostile text; and real files where ../shared exists."""

import json
import shutil
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.config import Settings
from indexer.decode.metadata import (
    EARLIEST,
    MAX_CHAPTERS,
    MAX_LINE_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    RawChapter,
    chapters_on_player_clock,
    clip_metadata,
    metadata_from_json,
    metadata_from_tags,
    metadata_to_json,
    parse_iso_6709,
    parse_tag_date,
    plain_tag_text,
)
from indexer.decode.video import open_video
from indexer.models.loading import Models
from indexer.models.profiles import profile_of
from indexer.pipeline.index import index_paths
from indexer.provenance import provenance_of
from indexer.records import Chapter, Place, TimeSpan, VideoMetadata
from indexer.store.change_tags import change_tags
from indexer.store.library import Library
from tests.helpers.fakes_text import FakeTextModel
from tests.helpers.media import TICK, shared_file, write_video

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def read(tags: Mapping[str, str], *chapters: RawChapter, start: float = 0.0, duration: float = 60.0) -> VideoMetadata:
    return metadata_from_tags(tags, chapters, start_seconds=start, duration_seconds=duration, now=NOW)


def metadata_in(path: Path) -> VideoMetadata:
    with open_video(path, settings=Settings(), times=[0.0]) as reader:
        return reader.metadata


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ("+40.6892-074.0445+10.000/", Place(40.6892, -74.0445)),
        ("+51.5334-000.1255+026.756/", Place(51.5334, -0.1255)),
        ("+40.6800-74.5000/", Place(40.68, -74.5)),
        ("+4030.5-07400/", Place(40.508333, -74.0)),
        ("+404115-0740240.5/", Place(40.6875, -74.044583)),
        ("-90+180/", Place(-90.0, 180.0)),
        ("+27.5916+086.5640+8850CRSWGS_84/", Place(27.5916, 86.564)),
        ("+00.0000+000.0000/", None),
        ("+91.0+000.0/", None),
        ("+10.0+181.0/", None),
        ("+4060+07400/", None),
        ("40.6892, -74.0445", None),
        ("+40.6892-074.0445nowhere", None),
        ("+٤٠.٠-٠٧٤.٠/", None),
        ("", None),
    ],
)
def test_places_of_iso_6709(raw: str, place: Place | None) -> None:
    assert parse_iso_6709(raw) == place


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from(["/", "+010.000/", ""]))
def test_a_place_written_in_degrees_is_read_back(latitude: float, longitude: float, end: str) -> None:
    raw = f"{latitude:+010.6f}{longitude:+011.6f}{end}"
    place = parse_iso_6709(raw)
    if round(latitude, 6) == 0 == round(longitude, 6):
        assert place is None
    else:
        assert place is not None
        assert abs(place.latitude_degrees - latitude) <= 1e-6
        assert abs(place.longitude_degrees - longitude) <= 1e-6


@given(st.text(alphabet="+-0123456789./CRS ", max_size=40) | st.text(max_size=40))
def test_whatever_stands_in_a_place_it_is_on_the_globe_or_none(raw: str) -> None:
    place = parse_iso_6709(raw)
    assert place is None or (abs(place.latitude_degrees) <= 90 and abs(place.longitude_degrees) <= 180)


@pytest.mark.parametrize(
    ("raw", "instant"),
    [
        ("2023-05-09T12:41:46+0100", "2023-05-09T11:41:46+00:00"),
        ("2011-08-29T16:07:30.000000Z", "2011-08-29T16:07:30+00:00"),
        ("2016-05-31 17:01:35", "2016-05-31T17:01:35+00:00"),
        ("2010:05:03 12:33:11", "2010-05-03T12:33:11+00:00"),
        ("Fri, 20 Sep 2013 10:49:09 +0100", "2013-09-20T09:49:09+00:00"),
        ("2024-03-01", "2024-03-01T00:00:00+00:00"),
        ("2026-06-01T14:00:00Z", "2026-06-01T14:00:00+00:00"),
        ("2026-06-03T00:00:00Z", None),
        ("1904-01-01T00:00:00.000000Z", None),
        ("1970-01-12T13:46:40.000000Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2008", None),
        ("2008-07", None),
        ("2023-02-30", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates(raw: str, instant: str | None) -> None:
    found = parse_tag_date(raw, now=NOW)
    assert (found.isoformat() if found else None) == instant


@given(st.datetimes(EARLIEST.replace(tzinfo=None), NOW.replace(tzinfo=None)), st.integers(-12 * 60, 14 * 60))
def test_an_instant_is_the_same_in_every_zone(naive: datetime, offset_minutes: int) -> None:
    instant = naive.replace(tzinfo=UTC)
    if instant < EARLIEST + timedelta(days=1):
        return
    zone = timedelta(minutes=offset_minutes)
    local = (instant + zone).replace(tzinfo=None).isoformat(timespec="microseconds")
    sign = "-" if offset_minutes < 0 else "+"
    hours, minutes = divmod(abs(offset_minutes), 60)
    assert parse_tag_date(f"{local}{sign}{hours:02d}{minutes:02d}", now=NOW) == instant


@given(st.text(alphabet="0123456789-:T+Z. ", max_size=30) | st.text(max_size=60))
def test_whatever_stands_in_a_date_it_can_be_believed_or_is_none(raw: str) -> None:
    found = parse_tag_date(raw, now=NOW)
    assert found is None or EARLIEST <= found <= NOW + timedelta(days=1)


def test_the_shutters_own_time_comes_before_that_of_an_export() -> None:
    tags = {
        "creation_time": "2024-01-01T00:00:00Z",
        "com.apple.quicktime.creationdate": "2023-05-09T12:41:46+0100",
    }
    assert read(tags).created == "2023-05-09T11:41:46Z"
    assert read({**tags, "com.apple.quicktime.creationdate": "1904-01-01"}).created == "2024-01-01T00:00:00Z"


def test_names_of_tags_are_read_in_any_case_and_the_make_is_said_once() -> None:
    assert read({"TITLE": "A day", "ARTIST": "Ada"}).title == "A day"
    assert read({"make": "Canon", "model": "Canon EOS R5"}).camera == "Canon EOS R5"
    assert read({"com.apple.quicktime.make": "Apple", "com.apple.quicktime.model": "iPhone"}).camera == "Apple iPhone"


def test_a_place_may_come_with_its_name_or_be_one() -> None:
    assert read({"location": "+40.6800-074.5000/Basking Ridge"}).place_name == "Basking Ridge"
    assert read({"location": "+40.6800-074.5000/"}).place_name == ""
    named = read({"LOCATION": "Basking Ridge"})
    assert (named.place, named.place_name) == (None, "Basking Ridge")


def test_hostile_text_becomes_plain_and_short() -> None:
    hostile = "\x1b[2J\x00<img src=x onerror=alert(1)>\u202egnp.exe\ud800\r\n" + "A" * 5_000_000
    found = read({"title": hostile, "comment": hostile, "location": hostile, "creation_time": hostile})
    assert found.title.startswith("[2J<img src=x onerror=alert(1)>gnp.exe AAAA")
    assert len(found.title) == MAX_LINE_CHARACTERS
    assert len(found.comment) == MAX_TEXT_CHARACTERS
    assert len(found.place_name) == MAX_LINE_CHARACTERS
    assert found.created == ""


@given(st.text(max_size=300))
def test_plain_text_is_one_short_line_that_can_be_encoded(raw: str) -> None:
    text = plain_tag_text(raw, limit=50)
    assert len(text) <= 50
    assert text == " ".join(text.split())
    text.encode()
    assert plain_tag_text(text, limit=50) == text


def test_chapters_are_on_the_players_clock_and_fill_what_they_do_not_say() -> None:
    raw = [
        RawChapter(12.0, None, "second"),
        RawChapter(9.0, 12.0, "first"),
        RawChapter(40.0, 40.0, "last"),
    ]
    assert chapters_on_player_clock(raw, start_seconds=10.0, duration_seconds=50.0) == (
        Chapter(TimeSpan(0.0, 2.0), "first"),
        Chapter(TimeSpan(2.0, 30.0), "second"),
        Chapter(TimeSpan(30.0, 50.0), "last"),
    )


def test_chapters_end_with_the_video() -> None:
    found = read({}, RawChapter(0.0, 30.0, "a"), RawChapter(30.0, 60.0, "b"), RawChapter(600.0, 601.0, "c"))
    assert clip_metadata(found, 40.0).chapters == (
        Chapter(TimeSpan(0.0, 30.0), "a"),
        Chapter(TimeSpan(30.0, 40.0), "b"),
    )


times = st.floats(-1e6, 1e6) | st.sampled_from([-(2.0**63), 2.0**63])
raw_chapters = st.lists(st.builds(RawChapter, times, st.none() | times, st.text(max_size=10)), max_size=20)


@given(raw_chapters, st.floats(-10, 10), st.floats(0, 1e5))
def test_any_chapters_give_spans_in_order_within_the_video(
    raw: list[RawChapter], start: float, duration: float
) -> None:
    placed = chapters_on_player_clock(raw, start_seconds=start, duration_seconds=duration)
    found = clip_metadata(VideoMetadata(chapters=placed), duration).chapters
    assert [one.span.start_seconds for one in found] == sorted(one.span.start_seconds for one in found)
    assert all(0 <= one.span.start_seconds < one.span.stop_seconds <= duration for one in found)


def test_there_is_a_bound_on_chapters() -> None:
    many = [RawChapter(float(number), number + 1.0, "x") for number in range(2 * MAX_CHAPTERS)]
    assert len(chapters_on_player_clock(many, start_seconds=0.0, duration_seconds=1e6)) == MAX_CHAPTERS


@given(
    st.builds(
        VideoMetadata,
        title=st.text(max_size=5),
        place=st.none() | st.builds(Place, st.floats(-90, 90), st.floats(-180, 180)),
        chapters=st.lists(st.builds(Chapter, st.just(TimeSpan(1.5, 2.25)), st.text(max_size=5))).map(tuple),
    )
)
def test_metadata_survives_json(metadata: VideoMetadata) -> None:
    values: dict[str, Any] = json.loads(json.dumps(metadata_to_json(metadata)))
    assert metadata_from_json(values) == metadata


def test_a_drawn_file_says_what_was_written_into_it(tmp_path: Path) -> None:
    plain = write_video(tmp_path / "plain.mp4", range(2000, 12000, 100))
    tagged = tmp_path / "tagged.mkv"
    with av.open(str(plain)) as source, av.open(str(tagged), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        target.metadata.update({"title": "A \x07<b>title</b>", "creation_time": "2021-02-03T04:05:06Z"})
        target.set_chapters(
            [
                {"id": 1, "start": 2000, "end": 5000, "time_base": TICK, "metadata": {"title": "One"}},
                {"id": 2, "start": 5000, "end": 12000, "time_base": TICK, "metadata": {"title": "Two"}},
            ]
        )
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    found = metadata_in(tagged)
    assert (found.title, found.created) == ("A <b>title</b>", "2021-02-03T04:05:06Z")
    assert [one.title for one in found.chapters] == ["One", "Two"]
    assert found.chapters[1].span.start_seconds - found.chapters[0].span.start_seconds == pytest.approx(3.0)


REAL = [
    (
        "hard/media3/dolbyVision-hdr.MOV",
        VideoMetadata(
            created="2023-05-09T11:41:46Z",
            camera_make="Apple",
            camera_model="iPhone 14 Pro",
            place=Place(51.5334, -0.1255),
        ),
    ),
    (
        "hard/media3/sample_with_chapters.v1.mkv",
        VideoMetadata(
            chapters=(Chapter(TimeSpan(0.0, 1.999), "Chapter 1"), Chapter(TimeSpan(2.0, 4.999), "Chapter 2"))
        ),
    ),
    ("hard/derived/mov_named_as.webm", VideoMetadata()),
    (
        "hard/media3/sample_2_byte_NAL_length.mp4",
        VideoMetadata(created="2016-05-31T17:01:35Z", place=Place(40.68, -74.5)),
    ),
    ("hard/media3/sample.mkv", VideoMetadata(created="2016-05-31T17:01:35Z")),
]


@pytest.mark.parametrize(("name", "expected"), REAL, ids=[name.rsplit("/", 1)[1] for name, _ in REAL])
def test_real_files(name: str, expected: VideoMetadata) -> None:
    assert metadata_in(shared_file(name)) == expected


def test_an_index_keeps_metadata_and_a_persons_tags(tmp_path: Path) -> None:
    """Tags stay through indexing again, moving and optimizing; metadata comes with the pictures."""
    folder = tmp_path / "films"
    folder.mkdir()
    source = shared_file("hard/media3/sample_with_chapters.v1.mkv")
    shutil.copy2(source, folder / "a.mkv")
    settings = Settings(library=str(tmp_path / "library"), models="text", screen_text=False)
    models = Models(profile_of(settings), None, FakeTextModel())
    index_paths([folder], settings=settings, models=models)
    with Library.open_writer(tmp_path / "library", maker=provenance_of(models, settings)) as library:
        (video,) = library.videos()
        assert [one.title for one in video.metadata.chapters] == ["Chapter 1", "Chapter 2"]
        assert video.metadata.chapters[1].span.stop_seconds <= video.duration_seconds
        library.put_videos([replace(video, tags=("beach",), stages={"picture": "of an older version"})])
        library.maintain(force=True)
    (folder / "a.mkv").rename(folder / "b.mkv")
    index_paths([folder], settings=settings, models=models)
    with Library.open(tmp_path / "library") as library:
        (video,) = library.videos()
        assert (Path(video.path).name, video.tags) == ("b.mkv", ("beach",))
        assert video.stages["picture"] != "of an older version"


def test_a_file_that_was_written_anew_keeps_its_tags_also_when_the_first_run_is_stopped(tmp_path: Path) -> None:
    folder, place = tmp_path / "films", tmp_path / "library"
    folder.mkdir()
    write_video(folder / "a.mp4", range(0, 3000, 100))
    settings = Settings(library=str(place), models="text", screen_text=False)
    models = Models(profile_of(settings), None, FakeTextModel())
    index_paths([folder], settings=settings, models=models)
    with Library.open(place) as library:
        (old,) = library.videos()
    change_tags(place, [old.video_id], add=["beach"])
    write_video(folder / "a.mp4", range(0, 5000, 100))
    stopped = threading.Event()
    stopped.set()
    index_paths([folder], settings=settings, models=models, cancel=stopped)
    with Library.open(place) as library:
        assert [one.tags for one in library.videos()] == [("beach",)]
    index_paths([folder], settings=settings, models=models)
    with Library.open(place) as library:
        (new,) = library.videos()
        assert (new.video_id != old.video_id, new.tags, round(new.duration_seconds)) == (True, ("beach",), 5)
