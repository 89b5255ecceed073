"""Searching by the words around the pictures: what counts, where it leads, and that it never drowns what is seen."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.config import Settings
from indexer.records import Chapter, TimeSpan, Video, VideoMetadata
from indexer.store.library import Library
from search.engine import SearchEngine
from search.retrieval.metadata import NameMatch, common_folder, match_metadata
from tests.helpers.fakes_search import SmallLibrary, fake_models

ANIMALS = "cat dog horse cow sheep goat hen duck goose pig mouse rat fox wolf bear deer hare mole newt frog".split()


def video(path: str, *, tags: tuple[str, ...] = (), metadata: VideoMetadata | None = None) -> Video:
    stages = {"picture": "1"}
    return Video(path, (path,), 1, (1,), 60.0, None, stages, metadata=metadata or VideoMetadata(), tags=tags)  # type: ignore[arg-type]


VIDEOS = [
    video("/home/ada/Videos/Paris/IMG_2041.mp4"),
    video("/home/ada/Videos/Rome/birthday_party-2023.mp4", tags=("family",)),
    video("/home/ada/Videos/x.mp4", metadata=VideoMetadata(title="Sailing to Norway", camera_model="iPhone 14 Pro")),
    video(
        "/home/ada/Videos/y.mp4",
        metadata=VideoMetadata(place_name="Basking Ridge", chapters=(Chapter(TimeSpan(5, 9), "Questions"),)),
    ),
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("paris", ["/home/ada/Videos/Paris/IMG_2041.mp4"]),
        ("a birthday party", ["/home/ada/Videos/Rome/birthday_party-2023.mp4"]),
        ("the family in Rome", ["/home/ada/Videos/Rome/birthday_party-2023.mp4"]),
        ("somebody of the family sits on a red sofa", ["/home/ada/Videos/Rome/birthday_party-2023.mp4"]),
        ("somebody in rome sits on a red sofa", []),
        ("sail", ["/home/ada/Videos/x.mp4"]),
        ("iphone", ["/home/ada/Videos/x.mp4"]),
        ("basking ridge", ["/home/ada/Videos/y.mp4"]),
        ("questions", ["/home/ada/Videos/y.mp4"]),
        ("ada videos", []),
        ("home", []),
        ("the of", []),
        ("mp4", []),
    ],
)
def test_which_words_count(query: str, expected: list[str]) -> None:
    found = match_metadata(query, VIDEOS, parent=common_folder(VIDEOS))
    assert [one.video_id for one in found] == expected


def test_chapters_come_first_with_their_span() -> None:
    videos = [*VIDEOS, video("/home/ada/Videos/a questions.mp4")]
    assert match_metadata("questions", videos, parent=common_folder(videos)) == [
        NameMatch("/home/ada/Videos/y.mp4", TimeSpan(5, 9), "Questions", 1.0),
        NameMatch("/home/ada/Videos/a questions.mp4", None, "a questions", 1.0, is_whole=True),
    ]


@pytest.mark.parametrize(
    ("query", "is_whole"),
    [
        ("sailing to Norway", True),
        ("where is the video on sailing to Norway?", True),
        ("sailing", False),
        ("sailing to Norway and Finland", False),
        ("the file x.mp4", True),
        ("could you open X.MP4?", True),
    ],
)
def test_a_whole_title_or_file_name_is_told_from_a_part(query: str, is_whole: bool) -> None:
    assert [one.is_whole for one in match_metadata(query, VIDEOS)] == [is_whole]


def test_a_name_that_the_query_says_stands_there_counts_whatever_surrounds_it() -> None:
    [said] = match_metadata("the green cover of a trip titled Norway", VIDEOS)
    assert said.share >= 0.8
    assert match_metadata("the green cover of a Norway trip", VIDEOS) == []


def test_the_folder_of_all_says_nothing() -> None:
    assert common_folder(VIDEOS) == "/home/ada/Videos"
    assert common_folder(VIDEOS[:1]) == "/home/ada/Videos/Paris"
    assert common_folder([]) == ""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty shots each: `farm`, with a chapter over shots 10 to 13, `town`, and `wolf`, which shows none."""
    library = SmallLibrary(tmp_path_factory.mktemp("search") / "library")
    shots = [(5.0 * place, 5.0 * place + 5, f"{animal} meadow") for place, animal in enumerate(ANIMALS)]
    library.add("farm.mp4", shots, [("subtitle", 11.5, 13.5, "The tailor counts seven lanterns")])
    library.add("town.mp4", [(start, stop, seen.replace("meadow", "street")) for start, stop, seen in shots])
    library.add("wolf.mp4", [(start, stop, f"{number} bricks") for number, (start, stop, _) in enumerate(shots)])
    place = library.close()
    with Library.open(place) as reader:
        maker, videos = reader.maker, {Path(one.path).name: one for one in reader.videos()}
    chapters = (Chapter(TimeSpan(48.0, 71.0), "Lighting the harbour"),)
    with Library.open_writer(place, maker=maker) as writer:
        writer.put_videos(
            [
                replace(videos["farm.mp4"], metadata=VideoMetadata(chapters=chapters), tags=("holiday",)),
                replace(videos["town.mp4"], tags=("holiday", "fox")),
            ]
        )
    return place


@pytest.fixture
def engine(path: Path) -> Iterator[SearchEngine]:
    with SearchEngine.open(path, settings=Settings(), load=fake_models) as engine:
        yield engine


def test_a_chapter_is_a_moment_with_its_own_span(engine: SearchEngine) -> None:
    (moment,) = engine.search("lighting the harbour").moments
    assert (moment.span, moment.text) == (TimeSpan(48.0, 71.0), "Lighting the harbour")
    assert moment.signals == {"metadata_words": 1}
    assert moment.span.start_seconds <= moment.best_frame_seconds < moment.span.stop_seconds


def test_without_anything_else_a_video_is_shown_from_its_start(engine: SearchEngine) -> None:
    moments = engine.search("holiday").moments
    assert [(Path(one.video).name, one.span, one.text) for one in moments] == [
        ("farm.mp4", TimeSpan(0.0, 5.0), "holiday"),
        ("town.mp4", TimeSpan(0.0, 5.0), "holiday"),
    ]


def test_a_tag_lifts_the_videos_best_segment(engine: SearchEngine) -> None:
    best = engine.search("fox", signals=["picture", "metadata_words"]).moments[0]
    assert (Path(best.video).name, best.span.start_seconds) == ("town.mp4", 60.0)
    assert set(best.signals) == {"picture", "metadata_words"}


def test_a_name_does_not_come_before_what_is_seen(engine: SearchEngine) -> None:
    names = [Path(one.video).name for one in engine.search("wolf").moments]
    assert set(names[:2]) == {"farm.mp4", "town.mp4"}
    assert "wolf.mp4" in names


def test_what_is_said_keeps_its_time_and_text(engine: SearchEngine) -> None:
    best = engine.search("seven lanterns on holiday").moments[0]
    assert (best.span, best.text) == (TimeSpan(11.5, 13.5), "The tailor counts seven lanterns")
    assert "metadata_words" in best.signals


def test_alone_it_needs_no_model_and_keeps_to_the_asked_video(path: Path) -> None:
    def refuse(settings: Settings) -> None:
        raise AssertionError("a model was loaded")

    with SearchEngine.open(path, settings=Settings(), load=refuse) as engine:  # type: ignore[arg-type]
        (moment,) = engine.search("holiday", signals=["metadata_words"], video="town.mp4").moments
    assert Path(moment.video).name == "town.mp4"


def test_other_signals_alone_do_not_look_at_names(engine: SearchEngine) -> None:
    assert not engine.search("holiday", signals=["subtitle_words"]).found
