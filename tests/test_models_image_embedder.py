"""The picture model over real open_clip checkpoints: a small one made here, and the demo's."""

import json
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch

from indexer.errors import ModelBrokenError, ModelMissingError, SettingsError
from indexer.models.image_embedder import ClipModel, clip_weights_present, load_clip_model
from indexer.models.profiles import CHECKPOINTS
from indexer.models.protocols import PictureModel
from tests.helpers.checkpoints import write_clip_checkpoint

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["random", "demo"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ClipModel:
    if request.param == "demo":
        if not (CHECKPOINTS / "clip" / "open_clip_config.json").exists():
            pytest.skip("the demo checkpoint has not been trained")
        return load_clip_model(str(CHECKPOINTS / "clip"), device="cpu")
    return load_clip_model(str(write_clip_checkpoint(tmp_path_factory.mktemp("clip"))), device="cpu", batch_frames=8)


def pictures(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(7)
    return [random.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(count)]


def test_is_a_picture_model_with_unit_float16_vectors(model: ClipModel) -> None:
    assert isinstance(model, PictureModel)
    inputs = np.stack([model.prepare(picture) for picture in pictures(3)])
    for vectors in (model.embed_prepared(inputs), model.embed_queries(["a dog", "", "犬 " * 400])):
        assert vectors.dtype == np.float16
        assert vectors.shape == (3, model.dim)
        assert np.linalg.norm(vectors.astype(np.float32), axis=1) == pytest.approx(np.ones(3), abs=2e-3)


def test_the_vector_of_a_picture_does_not_depend_on_its_batch(model: ClipModel) -> None:
    inputs = np.stack([model.prepare(picture) for picture in pictures(2 * model.batch_frames + 3)])
    together = model.embed_prepared(inputs)
    backwards = model.embed_prepared(inputs[::-1])[::-1]
    alone = np.concatenate([model.embed_prepared(row[None]) for row in inputs[:9]])
    assert np.array_equal(together, backwards)
    assert np.array_equal(together[:9], alone)


def test_vectors_are_those_of_plain_open_clip(model: ClipModel, tmp_path: Path) -> None:
    checkpoint = (
        write_clip_checkpoint(tmp_path) if "demo" not in model.name and model.dim == 24 else CHECKPOINTS / "clip"
    )
    network, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{checkpoint}")
    network.eval()
    from PIL import Image

    picture = pictures(1)[0]
    with torch.inference_mode():
        plain = network.encode_image(preprocess(Image.fromarray(picture))[None], normalize=True)[0].numpy()  # pyright: ignore
    ours = model.embed_prepared(model.prepare(picture)[None])[0].astype(np.float32)
    assert float(ours @ plain) > 0.999


def test_the_name_depends_on_the_weights_not_on_the_directory(tmp_path: Path) -> None:
    first = write_clip_checkpoint(tmp_path / "a")
    second = write_clip_checkpoint(tmp_path / "b")
    assert load_clip_model(str(first), device="cpu").name == load_clip_model(str(second), device="cpu").name
    config = json.loads((second / "open_clip_config.json").read_text())
    config["preprocess_cfg"]["mean"] = [0.4] * 3
    (second / "open_clip_config.json").write_text(json.dumps(config))
    assert load_clip_model(str(first), device="cpu").name != load_clip_model(str(second), device="cpu").name


def test_what_is_missing_is_named_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"open_clip_config.json.*--clip-model"):
        load_clip_model(str(tmp_path))
    with pytest.raises(ModelMissingError, match="NAME:PRETRAINED"):
        load_clip_model("no-such-model")
    with pytest.raises(ModelMissingError, match=r"has no weights 'nonsense'.*laion2b"):
        load_clip_model("ViT-B-32:nonsense")
    with pytest.raises(SettingsError, match="cuda:99"):
        load_clip_model("ViT-B-32:laion2b_s34b_b79k", device="cuda:99")
    assert not clip_weights_present("ViT-B-32:nonsense")


def test_a_config_without_weights_is_never_a_model_of_random_numbers(tmp_path: Path) -> None:
    write_clip_checkpoint(tmp_path)
    (tmp_path / "open_clip_model.safetensors").unlink()
    with pytest.raises(ModelMissingError, match="no weights"):
        load_clip_model(str(tmp_path))


def test_broken_weights_are_a_typed_error(tmp_path: Path) -> None:
    write_clip_checkpoint(tmp_path)
    (tmp_path / "open_clip_model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelBrokenError, match="does not load"):
        load_clip_model(str(tmp_path))
