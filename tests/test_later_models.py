"""A first run without weights or a hub, and what comes of it when the models arrive: the same library, with more."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from api.service.runtime import Runtime
from api.service.settings import ServiceSettings
from indexer.config import Settings
from indexer.models.loading import load_models
from indexer.models.profiles import PROFILES
from indexer.models.weights import text_models
from indexer.models.weights.cache_import import import_into_cache
from indexer.models.weights.picture_models import REPOSITORIES
from indexer.pipeline.events import ModelsAwaited, StageFinished
from indexer.pipeline.index import index_paths
from indexer.pipeline.readiness import readiness
from indexer.provenance import settings_like_provenance
from indexer.store.library import Library
from search.engine import SearchEngine
from tests.helpers.checkpoints import write_bert_checkpoint
from tests.helpers.store_samples import MAKER

pytestmark = pytest.mark.slow

SMALL = PROFILES["small"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, and no network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(library=str(tmp_path / "library"), device="cpu", speech=False, screen_text=False)


@pytest.fixture
def picture_model_arrives(clip_checkpoint: Path) -> Callable[[], object]:
    return lambda: import_into_cache(clip_checkpoint, REPOSITORIES[SMALL.clip_model], kind="picture model")


@pytest.fixture
def text_model_arrives(tmp_path: Path) -> Callable[[], object]:
    folder = write_bert_checkpoint(tmp_path / "e5", ["a", "red", "star", "heart", "yellow"])
    return lambda: import_into_cache(folder, SMALL.text_model, kind="text model")


@pytest.fixture
def models_arrive(
    picture_model_arrives: Callable[[], object], text_model_arrives: Callable[[], object]
) -> Callable[[], object]:
    return lambda: (picture_model_arrives(), text_model_arrives())


def run(world: Path, settings: Settings) -> list[object]:
    events: list[object] = []
    index_paths([world], settings=settings, on_event=events.append)
    return events


def awaited(events: list[object]) -> list[ModelsAwaited]:
    return [event for event in events if isinstance(event, ModelsAwaited)]


def texts_of(library: Library) -> list[object]:
    return [replace(row, vector=None) for video in library.videos() for row in library.texts(video.video_id)]


def test_the_first_run_needs_no_hub_and_says_what_comes_later(world: Path, settings: Settings) -> None:
    (told,) = awaited(run(world, settings))
    assert (told.profile, told.adds) == ("small", ("pictures", "answers to questions"))
    assert (told.size_mb, told.how) == (SMALL.size_mb, "reelseek models fetch small")
    with Library.open(Path(settings.library)) as library:
        assert (library.maker.profile, library.maker.wanted_profile) == ("text", "small")
        assert library.counts()["subtitle"] > 0
        video = library.videos()[0]
        assert library.thumbnail_path(video.video_id, 0).is_file()
        word = library.texts(video.video_id, "subtitle")[0].text
        assert SearchEngine(library, settings, load_models).search(word, plain=True).moments


def test_a_search_that_finds_nothing_says_that_pictures_were_not_searched(world: Path, settings: Settings) -> None:
    run(world, settings)
    found = CliRunner().invoke(main, ["search", "xylophone", "--thumbnails", "--library", settings.library])
    assert found.exit_code == ExitCode.NOTHING_FOUND
    assert "Only words were searched" in found.stdout and "reelseek models fetch small" in found.stdout


def test_without_any_text_model_words_are_found(
    world: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.model_choice.is_text_model_here", lambda spec: False)
    (told,) = awaited(run(world, settings))
    assert "texts by their meaning" in told.adds
    with Library.open(Path(settings.library)) as library:
        assert (library.maker.profile, library.maker.text_model) == ("words", "")
        assert library.counts()["subtitle"] > 0


def test_models_that_arrive_are_added_to_the_same_library(
    world: Path, settings: Settings, picture_model_arrives: Callable[[], object], models_arrive: Callable[[], object]
) -> None:
    place = Path(settings.library)
    run(world, settings)
    with Library.open(place) as library:
        before = texts_of(library)
        (pictures, *_) = readiness(settings_like_provenance(settings, library.maker), library.videos())
        assert (pictures.state, "models fetch small" in pictures.how) == ("off", True)
    assert awaited(run(world, settings)), "the library remembers what it waits for"
    picture_model_arrives()
    events = run(world, settings)
    assert awaited(events) == []
    assert {event.stage for event in events if isinstance(event, StageFinished)} == {"picture", "subtitles"}
    with Library.open(place) as library:
        maker = library.maker
        assert (maker.profile, maker.wanted_profile, maker.text_spec) == ("small", "", text_models.OFFLINE_MODEL)
        assert maker.picture_dim == 24
        assert texts_of(library) == before, "texts are not made again"
        assert all(row.vector is not None for video in library.videos() for row in library.frames(video.video_id))
        assert [one for one in library.audit() if one.is_damage] == []
    models_arrive()
    assert not [event for event in run(world, settings) if isinstance(event, StageFinished)], "all is there"
    run(world, replace(settings, models="small"))  # that profile by its name is the library's own, with its text model


@pytest.mark.thorough
def test_no_text_model_becomes_one(
    world: Path, settings: Settings, models_arrive: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(world, replace(settings, models="words"))
    assert awaited(run(world, settings)) == [], "that profile was asked for by name: nothing else is wanted"
    models_arrive()
    assert awaited(run(world, replace(settings, models="small"))) == []
    with Library.open(Path(settings.library)) as library:
        assert (library.maker.profile, library.maker.text_spec, library.maker.text_dim) == ("small", "", 16)
        assert all(row.vector is not None for video in library.videos() for row in library.texts(video.video_id))


@pytest.mark.thorough
def test_a_run_that_is_stopped_while_pictures_are_added_is_made_up(
    world: Path, settings: Settings, models_arrive: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.pipeline.commits.MAX_VIDEOS", 1)
    run(world, settings)
    models_arrive()
    cancel = threading.Event()

    def stop_at_first(event: object) -> None:
        if isinstance(event, StageFinished):
            cancel.set()

    index_paths([world], settings=settings, on_event=stop_at_first, cancel=cancel)
    with Library.open(Path(settings.library)) as library:
        (pictures, *_) = readiness(settings_like_provenance(settings, library.maker), library.videos())
        assert (pictures.state, 0 < pictures.videos < 3) == ("partial", True)
        engine = SearchEngine(library, settings, load_models)
        assert engine.search("a red star").closest or engine.search("a red star").moments
    run(world, settings)
    with Library.open(Path(settings.library)) as library:
        (pictures, *_) = readiness(settings_like_provenance(settings, library.maker), library.videos())
        assert (pictures.state, pictures.videos) == ("ready", 3)
        assert [one for one in library.audit() if one.is_damage] == []


def command(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_two_lines_tell_what_comes_later_and_status_repeats_it(world: Path, tmp_path: Path) -> None:
    library = ["--library", str(tmp_path / "library")]
    quick = ["--no-speech", "--no-screen-text", "--device", "cpu"]
    told = command("index", str(world), *library, *quick)
    assert told.exit_code == 0, told.output
    later = [line for line in told.stdout.splitlines() if line.startswith(("Later:", "Add them"))]
    assert "pictures" in later[0] and "6.9 GB" in later[0]
    assert "reelseek models fetch small" in later[1]
    events = [json.loads(line) for line in command("index", str(world), *library, *quick, "--json").stdout.splitlines()]
    assert [one["profile"] for one in events if one["event"] == "models_awaited"] == ["small"]
    status = " ".join(command("status", *library).stdout.split())
    assert "3 videos without pictures" in status and "reelseek models fetch small" in status


def test_a_profile_by_name_that_is_not_here_is_refused(world: Path, tmp_path: Path) -> None:
    refused = command("index", str(world), "--library", str(tmp_path / "library"), "--models", "small")
    assert refused.exit_code == 2
    assert "timm/ViT-B-32-SigLIP2-256" in refused.stderr and "HF_HUB_OFFLINE" in refused.stderr
    assert not (tmp_path / "library").exists()


def test_a_running_service_uses_what_was_added(tmp_path: Path) -> None:
    place, text = tmp_path / "library", replace(MAKER, picture_model="", picture_dim=0, profile="text")
    Library.open_writer(place, maker=text).close()
    runtime = Runtime(Settings(library=str(place)), ServiceSettings())
    assert runtime.library.maker == text
    Library.open_writer(place, maker=MAKER).close()
    assert runtime.library.maker == MAKER
    assert runtime.library is runtime.library, "it is opened once"
    runtime.close()
