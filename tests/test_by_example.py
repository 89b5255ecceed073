"""Search by an image or a moment, with the demo's picture model on drawn frames, in a real library."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from demo.world.drawing import ScenePainter
from demo.world.scenes import FRAMES_PER_SECOND, Scene, plan_world, scene_seconds
from indexer.config import Settings
from indexer.errors import ImageError, NotInLibraryError, QueryError
from indexer.models.loading import Models, load_models
from indexer.provenance import provenance_of
from indexer.records import FrameRow, SegmentRow, TimeSpan, Video
from indexer.store.library import Library
from search.engine import SearchEngine
from search.results import Moment
from tests.helpers.fakes_search import SmallLibrary, fake_models, text_only_models
from tests.helpers.marks import thorough

WORLD = [scene for video in plan_world(minutes=1, seed=6214, video_minutes=1) for scene in video]


@pytest.fixture(scope="module")
def models() -> Models:
    # Whoever embeds one picture at a time must not pay for a whole batch.
    return load_models(Settings(models="demo", batch_frames=2), announce=print)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Path:
    """One video of drawn scenes with their pictures, thumbnails and vectors."""
    path = tmp_path_factory.mktemp("like") / "library"
    with Library.open_writer(path, maker=provenance_of(models, Settings(models="demo"))) as library:
        segments: list[SegmentRow] = []
        frames: list[FrameRow] = []
        for index, scene in enumerate(WORLD):
            own = list(frames_of(scene, index, models))
            middle = own[len(own) // 2]
            segments.append(SegmentRow(index, TimeSpan(*scene.window), middle.time_seconds, middle.vector))
            frames += own
            library.write_thumbnail("a" * 32, index, packed(picture(scene, scene.length // 2), "JPEG"))
        library.write_pictures([("a" * 32, segments, frames)])
        stages = {"picture": "1"}
        library.put_videos([Video("a" * 32, ("/w/a.mp4",), 1, (1,), WORLD[-1].window[1], None, stages)])  # type: ignore[arg-type]
    return path


def frames_of(scene: Scene, segment: int, models: Models) -> Iterator[FrameRow]:
    """A frame every two seconds."""
    assert models.picture
    for place in range(FRAMES_PER_SECOND // 2, scene.length, 2 * FRAMES_PER_SECOND):
        inputs = models.picture.prepare(np.asarray(picture(scene, place)))
        vector = models.picture.embed_prepared(inputs[None])[0]
        yield FrameRow(scene_seconds(scene.start + place), segment, vector, True)


@pytest.fixture(scope="module")
def engine(world: Path, models: Models) -> Iterator[SearchEngine]:
    with SearchEngine.open(world, settings=Settings(), load=lambda _: models) as engine:
        yield engine


def picture(scene: Scene, index: int) -> Image.Image:
    return Image.fromarray(ScenePainter(scene).frame(index))


def packed(image: Image.Image, kind: str = "PNG", quality: int = 80) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **({"quality": quality} if kind == "JPEG" else {}))
    return stream.getvalue()


def share_found(engine: SearchEngine, scenes: list[Scene], worn: "dict[int, bytes]") -> float:
    right = 0
    for place, scene in enumerate(scenes):
        found = engine.search(image=worn[place], limit=1).moments
        right += bool(found) and found[0].span.iou(TimeSpan(*scene.window)) >= 0.5
    return right / len(scenes)


CHOSEN = WORLD[1::2]


@pytest.mark.parametrize(
    ("wear", "least"),
    [
        ("exact", 1.0),
        ("mirrored", 0.9),
        ("cropped", 0.8),
        *thorough(("quarter", 0.9), ("jpeg", 0.9)),
    ],
)
def test_an_image_finds_its_moment(engine: SearchEngine, wear: str, least: float) -> None:
    def worn(image: Image.Image) -> bytes:
        match wear:
            case "mirrored":
                return packed(ImageOps.mirror(image))
            case "cropped":
                return packed(image.crop((40, 24, 290, 212)))
            case "quarter":
                return packed(image.resize((80, 60)))
            case "jpeg":
                return packed(image, "JPEG", quality=30)
            case _:
                return packed(image)

    images = {place: worn(picture(scene, scene.length // 3)) for place, scene in enumerate(CHOSEN)}
    assert share_found(engine, CHOSEN, images) >= least


def test_words_beside_an_image_change_what_is_found(engine: SearchEngine) -> None:
    """They find scenes with the background that the words name."""
    right = 0
    asked = [(scene, other) for scene in WORLD for other in WORLD if changed_ground(scene, other)][:4]
    assert asked
    for scene, other in asked:
        words = f"on a {other.background} background"
        moments = engine.search(words, image=packed(picture(scene, 5)), limit=3).moments
        right += any(shown_at(moment).background == other.background for moment in moments)
    assert right / len(asked) >= 0.7


def changed_ground(scene: Scene, other: Scene) -> bool:
    return scene.background != other.background and bool(kinds(scene) & kinds(other))


def kinds(scene: Scene) -> set[tuple[str, str]]:
    return {(actor.colour, actor.shape) for actor in scene.actors}


def shown_at(moment: Moment) -> Scene:
    return next(one for one in WORLD if one.window[0] <= moment.best_frame_seconds < one.window[1])


def test_a_moment_is_not_found_by_itself(engine: SearchEngine) -> None:
    for scene in CHOSEN[:2]:
        start, stop = scene.window
        for like in (f"a.mp4@{start + 0.5}", f"a.mp4@{start}-{stop}"):
            moments = engine.search(like=like, limit=100, fold=False, per_video=0).moments
            assert all(one.span.intersection_seconds(TimeSpan(start, stop)) == 0 for one in moments)


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[SearchEngine]:
    """Cows in three places of two videos, among others."""
    library = SmallLibrary(tmp_path / "library")
    others = "cat dog horse sheep goat hen duck goose pig mouse rat fox wolf bear deer hare mole newt frog bee".split()
    shots = [(5.0 * place, 5.0 * place + 5, f"{animal} yard") for place, animal in enumerate(others)]
    between = [(start + 5, stop + 5, seen) for start, stop, seen in shots]
    library.add("farm.mp4", [(0, 5, "cow meadow"), *between, (105, 110, "cow meadow")])
    library.add("town.mp4", [(0, 5, "cow meadow"), (5, 10, "cow street"), (10, 15, "horse yard")])
    with SearchEngine.open(library.close(), settings=Settings(), load=fake_models) as engine:
        yield engine


def test_like_finds_the_others_and_folds_the_same(farm: SearchEngine) -> None:
    moments = farm.search(like="farm.mp4@2.5").moments
    assert (moments[0].video, moments[0].span, moments[0].alike) == ("/films/farm.mp4", TimeSpan(105, 110), 1)
    assert moments[0].signals == {"picture": 1}
    (folded,) = farm.search(like="farm.mp4@2.5", expand=1).moments
    assert (folded.video, folded.span) == ("/films/town.mp4", TimeSpan(0, 5))
    apart = farm.search(like="farm.mp4@2.5", fold=False).moments
    assert [one.alike for one in apart[:2]] == [0, 0]
    assert [one.span for one in apart[:2]] == [TimeSpan(105, 110), TimeSpan(0, 5)]
    assert [one.video for one in farm.search(like="farm.mp4@2.5", video="town.mp4").moments][:1] == ["/films/town.mp4"]


def test_what_is_folded_is_paged_in_one_order(farm: SearchEngine) -> None:
    whole = farm.search("cow meadow", per_video=1, limit=100)
    assert len({one.video_id for one in whole.moments}) == len(whole.moments)
    folded = farm.search("cow meadow", per_video=1, expand=1, limit=100).moments
    assert len(folded) == whole.moments[0].alike + whole.moments[0].in_video > 0
    pages = [farm.search("cow meadow", per_video=1, expand=1, limit=1, offset=n) for n in range(len(folded))]
    assert [one for page in pages for one in page.moments] == folded
    assert [page.more for page in pages] == [True] * (len(folded) - 1) + [False]
    assert farm.search("cow meadow", expand=99).moments == []


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({}, QueryError),
        ({"like": "farm.mp4"}, QueryError),
        ({"like": "farm.mp4@500"}, QueryError),
        ({"like": "nowhere.mp4@5"}, NotInLibraryError),
        ({"like": "farm.mp4@5", "image": b"x"}, QueryError),
        ({"like": "farm.mp4@5", "signals": ["subtitle"]}, QueryError),
        ({"image": b"not an image"}, ImageError),
        ({"image": Path("nowhere.png")}, ImageError),
        ({"query": "cow", "per_video": -1}, QueryError),
        ({"query": "cow", "expand": 0}, QueryError),
        ({"query": " \n", "like": "farm.mp4@5"}, QueryError),
    ],
)
def test_invalid_examples_are_refused(farm: SearchEngine, wrong: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        farm.search(**wrong)  # type: ignore[arg-type]


def test_a_library_without_pictures_says_so(tmp_path: Path) -> None:
    library = SmallLibrary(tmp_path / "library", text_only_models())
    library.add("talk.mp4", [(0, 5, "")], [("subtitle", 1, 2, "hello")])
    image = packed(Image.fromarray(np.zeros((32, 32, 3), np.uint8)))
    with SearchEngine.open(library.close(), settings=Settings(models="text"), load=text_only_models) as engine:
        for wrong in ({"image": image}, {"like": "talk.mp4@1"}):
            with pytest.raises(QueryError, match="without a picture model"):
                engine.search(**wrong)  # type: ignore[arg-type]
