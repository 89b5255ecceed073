"""`locate`: from a time of a real video to boxes, in every family's units, drawn, as JSON and over HTTP."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from indexer.errors import (
    BoxReplyError,
    GenerationCancelledError,
    NoBoxesError,
    NotInLibraryError,
    QueryError,
    SettingsError,
)
from indexer.models.local.model import load_local_model
from indexer.models.remote.model import connect_remote_model
from indexer.models.vision_language import BoxUnits, Prompt, VisionLanguageModel, frames_of
from search.answering.asker import Asker
from search.locating.locate import locate
from search.locating.located import Box, Located
from tests.helpers.fakes_vlm import FakeVisionLanguageModel, words_of
from tests.helpers.marks import thorough
from tests.helpers.model_server import serving_model
from tests.helpers.service import demo_library, demo_settings, serving  # noqa: F401
from tests.helpers.vlm_checkpoints import FAMILY_NAMES, write_vlm_checkpoint

pytestmark = pytest.mark.slow

UNITS: dict[str, BoxUnits] = {
    "qwen2_vl": "thousandths",
    "qwen2_5_vl": "pixels",
    "qwen3_vl": "thousandths",
    "qwen3_5": "thousandths",
    "llava": "shares",
    "llava_onevision": "shares",
}
PLACES = [(0.1, 0.2, 0.6, 0.9)]
Locate = Callable[..., Located]


def says(units: BoxUnits, places: list[tuple[float, ...]] = PLACES) -> Callable[[Prompt], str]:
    """A model that names the same places of the picture, whatever its size, in its own units."""

    def script(prompt: Prompt) -> str:
        (frames,) = frames_of(prompt)
        height, width = frames.pixels.shape[1:3]
        far = {"thousandths": (1000, 1000), "pixels": (width, height), "shares": (1, 1)}[units]
        boxes = [[share * far[edge % 2] for edge, share in enumerate(box)] for box in places]
        return json.dumps({"boxes": [{"bbox_2d": box, "label": "a shape"} for box in boxes]})

    return script


def scripted(units: BoxUnits | None, script: Callable[[Prompt], str]) -> FakeVisionLanguageModel:
    model = FakeVisionLanguageModel(script, picture_size=None)
    model.vision = replace(model.vision, boxes=units)
    return model


@pytest.fixture
def run(demo_library: Path) -> Iterator[Locate]:
    opened: list[Asker] = []

    def ask(model: VisionLanguageModel, query: str = "the shape", at: float = 2.0, **given: Any) -> Located:
        settings = replace(demo_settings(demo_library), box_units=given.pop("box_units", ""))
        asker = Asker.open(demo_library, settings=settings, load=lambda _: model)
        opened.append(asker)
        video = given.pop("video", "") or asker.engine.library.videos()[0].video_id
        return locate(asker.context, query, video=video, at_seconds=at, **given)

    yield ask
    for asker in opened:
        asker.close()


@pytest.mark.parametrize("units", ["thousandths", "pixels", "shares"])
def test_the_same_place_in_every_unit(run: Locate, units: BoxUnits) -> None:
    model = scripted(units, says(units))
    found = run(model)
    (box,) = found.boxes
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx(PLACES[0])
    assert found.found
    assert "Locate every instance of this in the picture: the shape" in words_of(model.prompts[0])


def test_the_picture_is_the_one_on_screen_then_and_as_large_as_fits(run: Locate) -> None:
    model = scripted("shares", says("shares"))
    found = run(model, at=2.3)
    assert found.at_seconds == pytest.approx(2.3, abs=0.11)
    assert found.picture.shape == (240, 320, 3)
    (frames,) = frames_of(model.prompts[0])
    assert frames.times == (found.at_seconds,)
    shown = Image.fromarray(frames.pixels[0]).resize((320, 240))
    assert np.abs(np.asarray(shown, float) - found.picture).mean() < 6
    model = scripted("shares", says("shares"))
    model.context_limit = 256
    assert frames_of(run(model) and model.prompts[0])[0].pixels.size < frames.pixels.size


def test_units_of_the_settings_go_before_those_of_the_model(run: Locate) -> None:
    (box,) = run(scripted("pixels", says("thousandths")), box_units="thousandths").boxes
    assert box.right == pytest.approx(0.6)
    with pytest.raises(SettingsError, match="inches"):
        run(scripted("pixels", says("pixels")), box_units="inches")


def test_errors_say_what_is_wrong(run: Locate, demo_library: Path) -> None:
    model = scripted("shares", says("shares"))
    with pytest.raises(QueryError, match=r"lasts .* there is no frame at 9999 s"):
        run(model, at=9999.0)
    with pytest.raises(QueryError, match="no frame at nan s"):
        run(model, at=float("nan"))
    with pytest.raises(QueryError, match="empty"):
        run(model, query=" ")
    with pytest.raises(NotInLibraryError):
        run(model, video="nowhere.mp4")
    with pytest.raises(NoBoxesError, match="not known to say where"):
        run(scripted(None, says("shares")))
    with pytest.raises(BoxReplyError, match="outside"):
        run(scripted("shares", says("thousandths", [(0.5, 0.5, 0.9, 0.9)])))
    assert model.prompts == []


def test_nothing_there_is_no_error(run: Locate) -> None:
    found = run(scripted("shares", says("shares", [])))
    assert not found.found
    assert found.to_json()["boxes"] == []


@pytest.mark.parametrize(
    "family",
    [FAMILY_NAMES[0], *thorough(*FAMILY_NAMES[1:])],
)
def test_every_family_replies_in_its_own_units_and_inside(run: Locate, family: str, tmp_path: Path) -> None:
    """Random weights: what is named is nonsense, its form is held."""
    model = load_local_model(str(write_vlm_checkpoint(tmp_path / family, family)), device="cpu")
    assert model.vision.boxes == UNITS[family]
    with pytest.raises(GenerationCancelledError):
        run(model, is_cancelled=lambda: True)
    try:
        found = run(model)
    except BoxReplyError as error:
        assert "cut off" in str(error) or "wrong order" in str(error)  # noqa: PT017 - either is right
        return
    assert all(0 <= box.left < box.right <= 1 and 0 <= box.top < box.bottom <= 1 for box in found.boxes)


@pytest.mark.parametrize(
    ("name", "units"),
    [("qwen2.5vl:7b", "pixels"), ("Qwen/Qwen3-VL-8B-Instruct", "thousandths"), ("llava:13b", "shares")],
)
def test_a_model_on_a_server_has_the_units_of_its_name(run: Locate, name: str, units: BoxUnits) -> None:
    """Pixels are those of the picture as it arrives there."""
    there = FakeVisionLanguageModel(says(units), context_limit=8192, picture_size=None)
    with serving_model(there) as server:
        found = run(connect_remote_model(f"openai:{name}@{server.url}", context=8192))
        (box,) = found.boxes
        assert (box.left, box.top, box.right, box.bottom) == pytest.approx(PLACES[0])
        (frames,) = frames_of(there.prompts[0])
        assert frames.pixels.shape[1] * frames.pixels.shape[2] > 900 * 28 * 28
        with pytest.raises(NoBoxesError, match="unknown family"):
            run(connect_remote_model(f"openai:something@{server.url}", context=8192))


def test_a_still_has_the_boxes_and_nothing_else(run: Locate) -> None:
    from api.export.still import still_png

    found = run(scripted("shares", says("shares")))
    drawn = np.asarray(Image.open(io.BytesIO(still_png(found))))
    assert drawn.shape == found.picture.shape
    changed = np.argwhere((drawn != found.picture).any(axis=2))
    top, left = changed.min(axis=0)
    bottom, right = changed.max(axis=0)
    box: Box = found.boxes[0]
    assert np.allclose(
        [left, top, right, bottom], [box.left * 319, box.top * 239, box.right * 319, box.bottom * 239], atol=2
    )
    inside = drawn[top + 8 : bottom - 8, left + 8 : right - 8]
    assert (inside == found.picture[top + 8 : bottom - 8, left + 8 : right - 8]).all()


def test_the_command_and_the_demos_model(demo_library: Path, world: Path, tmp_path: Path) -> None:
    name = sorted(world.glob("*.mp4"))[0].name
    words = [
        "locate",
        "a circle",
        "--library",
        str(demo_library),
        "--models",
        "demo",
        "--device",
        "cpu",
        "--video",
        name,
    ]
    untrained = CliRunner().invoke(main, [*words, "--at", "2"])
    assert untrained.exit_code == ExitCode.STOPPED
    assert "not trained for boxes" in untrained.stderr
    model = write_vlm_checkpoint(tmp_path / "llava", "llava")
    words += ["--vision-language-model", str(model)]
    assert CliRunner().invoke(main, [*words, "--at", "soon"]).exit_code == ExitCode.STOPPED
    still = tmp_path / "still.png"
    wrong = CliRunner().invoke(main, [*words, "--at", "2", "--still", str(tmp_path / "still.jpg")])
    assert "does not end in .png" in wrong.stderr
    still.write_bytes(b"mine")
    taken = CliRunner().invoke(main, [*words, "--at", "2", "--still", str(still)])
    assert "exists already" in taken.stderr
    assert still.read_bytes() == b"mine"
    with serving_model(scripted("pixels", says("pixels"))) as server:
        words[-1] = f"openai:qwen2.5vl:7b@{server.url}"
        done = CliRunner().invoke(main, [*words, "--at", "0:02", "--still", str(still), "--force", "--json"])
        shown = CliRunner().invoke(main, [*words, "--at", "2"])
    assert done.exit_code == ExitCode.OK, done.stderr
    assert json.loads(done.stdout)["boxes"][0]["right"] == pytest.approx(0.6, abs=1e-3)
    assert Image.open(still).size == (320, 240)
    assert shown.stdout == "left 10.0%  top 20.0%  right 60.0%  bottom 90.0%  a shape\n"


def test_boxes_over_http(demo_library: Path, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = scripted("thousandths", says("thousandths"))
    with serving(demo_settings(demo_library), roots=(world.resolve(),)) as running, running.client() as client:
        video = client.get("/api/v1/videos").json()["videos"][0]["video_id"]
        path = f"/api/v1/videos/{video}/boxes"
        refused = client.get(path, params={"query": "a circle", "t": 2})
        assert refused.status_code == 422
        assert refused.json()["type"].endswith(":no-boxes")
        monkeypatch.setattr(running.runtime.asker, "_model", model)
        found = client.get(path, params={"query": "a circle", "t": 2})
        assert found.status_code == httpx.codes.OK, found.text
        (box,) = found.json()["boxes"]
        assert box == {"left": 0.1, "top": 0.2, "right": 0.6, "bottom": 0.9, "label": "a shape"}
        assert found.json()["found"] is True
        assert client.get(path, params={"query": "a circle"}).json()["errors"][0]["field"] == "t"
        assert client.get(path, params={"query": "a circle", "t": 9999}).status_code == 400
        assert client.get(path, params={"query": "a circle", "t": "nan"}).status_code == 400
        assert client.get(f"/api/v1/videos/{'0' * 32}/boxes", params={"query": "a", "t": 1}).status_code == 404
