"""One contract for all rerankers: the demo's own, a tiny one of each kind saved in its format, and the fake."""

import shutil
from pathlib import Path
from random import Random

import numpy as np
import pytest

from demo.text.pairs import text_query_about
from demo.world.captions import caption_of
from demo.world.scenes import plan_world
from indexer.config import Settings
from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.models.loading import load_models, model_status
from indexer.models.profiles import PROFILES
from indexer.models.protocols import Reranker
from indexer.models.reranker import SCALE_FILE, load_reranker
from indexer.models.text_embedder import load_text_model
from tests.helpers.checkpoints import write_bert_checkpoint
from tests.helpers.fakes_reranker import FakeReranker

pytestmark = pytest.mark.slow

WORDS = ["the", "a", "red", "green", "circle", "square", "left", "of", "above", "moving"]


def save_tiny_cross(directory: Path, *, labels: int = 1) -> Path:
    """As `CrossEncoder.save_pretrained` writes it."""
    from sentence_transformers import CrossEncoder

    saved = directory / "tiny-reranker"
    bert = str(write_bert_checkpoint(directory / "bert", WORDS, labels=labels))
    CrossEncoder(bert, device="cpu", max_length=48).save_pretrained(str(saved), create_model_card=False)
    return saved


def save_tiny_late(directory: Path) -> Path:
    """As `MultiVectorEncoder.save_pretrained` writes it, with a random projection, and with a scale."""
    from sentence_transformers import MultiVectorEncoder

    saved = directory / "tiny-late"
    bert = str(write_bert_checkpoint(directory / "bert", WORDS))
    MultiVectorEncoder(bert, device="cpu").save_pretrained(str(saved), create_model_card=False)
    (saved / SCALE_FILE).write_text('{"slope": 20, "bias": -15}')
    return saved


@pytest.fixture(scope="session")
def tiny_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_cross(tmp_path_factory.mktemp("reranker"))


@pytest.fixture(scope="session")
def late_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_late(tmp_path_factory.mktemp("late"))


@pytest.fixture(scope="session")
def demo() -> Reranker:
    return load_reranker(PROFILES["demo"].reranker_model, device="cpu")


@pytest.fixture(params=["demo", "tiny", "late", "fake"])
def reranker(request: pytest.FixtureRequest) -> Reranker:
    if request.param == "demo":
        return request.getfixturevalue("demo")
    if request.param in ("tiny", "late"):
        return load_reranker(str(request.getfixturevalue(f"{request.param}_directory")), device="cpu")
    return FakeReranker("circle")


def test_contract_one_number_a_text(reranker: Reranker) -> None:
    texts = ["a red circle", "", "\ud800 broken", "green " * 5000, "文字", "a red circle"]
    judged = reranker.rerank_logits("the red circle", texts)
    assert judged.shape == (6,)
    assert judged.dtype == np.float64
    assert np.isfinite(judged).all()
    assert judged[0] == judged[5]
    assert reranker.rerank_logits("the red circle", []).shape == (0,)
    assert np.isfinite(reranker.rerank_logits("\udcff " * 3000, ["a red circle"])).all()
    assert reranker.name
    assert isinstance(reranker, Reranker)


def test_contract_scores_do_not_depend_on_the_batch(reranker: Reranker) -> None:
    dice = Random(7)
    texts = [" ".join(dice.choices(WORDS, k=dice.randint(1, 30))) for _ in range(80)]
    together = reranker.rerank_logits("a red circle", texts)
    alone = [float(reranker.rerank_logits("a red circle", [text])[0]) for text in texts[:8]]
    assert together[:8] == pytest.approx(alone, abs=1e-3)


def test_the_demo_reranker_finds_what_the_text_model_puts_further_down(demo: Reranker) -> None:
    """Captions of an hour of an unseen world, with queries and stripped questions."""
    scenes = [scene for scenes in plan_world(minutes=60, seed=86_001) for scene in scenes]
    captions = [caption_of(scene) for scene in scenes]
    text = load_text_model(PROFILES["demo"].text_model, device="cpu")
    vectors = text.embed_documents(captions).astype(np.float32)
    rng = Random("hard queries")
    before, after = [], []
    for scene in rng.sample(scenes, 100):
        query, answered_by = text_query_about(scene, rng, questions=0.4)
        near = np.argsort(-(vectors @ text.embed_queries([query])[0].astype(np.float32)))[:32]
        judged = demo.rerank_logits(query, [captions[place] for place in near])
        before.append(answered_by(scenes[near[0]]))
        after.append(answered_by(scenes[near[int(judged.argmax())]]))
    assert np.mean(after) >= max(0.9, np.mean(before))


@pytest.mark.parametrize("spec", ["local-dir:/no/such/place", "/no/such/place", "not a name!"])
def test_missing_directory(spec: str) -> None:
    with pytest.raises(ModelMissingError, match=r"reranker .*no directory"):
        load_reranker(spec, device="cpu")


def test_hub_name_offline_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("indexer.models.weights.hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelMissingError, match=r"nobody/no-such-reranker.*cache.*--no-rerank"):
        load_reranker("nobody/no-such-reranker", device="cpu")


@pytest.mark.parametrize("damage", ["no config", "cut weights"])
def test_broken_directory(damage: str, tiny_directory: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_directory, copy)
    if damage == "no config":
        for file in copy.glob("*.json"):
            file.unlink()
    else:
        weights = copy / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:500])
    with pytest.raises(ModelBrokenError, match="reranker"):
        load_reranker(str(copy), device="cpu")


def test_a_classifier_is_no_reranker(tmp_path: Path) -> None:
    with pytest.raises(ModelBrokenError, match=r"3 classes.*single score"):
        load_reranker(str(save_tiny_cross(tmp_path, labels=3)), device="cpu")


@pytest.mark.parametrize("told", [None, "{}", '{"slope": "steep", "bias": 0}', "not json"])
def test_a_late_interaction_model_without_a_scale_is_refused(
    told: str | None, late_directory: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(late_directory, copy)
    (copy / SCALE_FILE).unlink()
    if told is not None:
        (copy / SCALE_FILE).write_text(told)
    with pytest.raises(ModelBrokenError, match=rf"{SCALE_FILE}.*--no-rerank"):
        load_reranker(str(copy), device="cpu")


def test_a_search_runs_without_a_missing_reranker_of_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(spec: str, **_: object) -> Reranker:
        raise ModelMissingError(f"reranker {spec!r} is not in the cache")

    monkeypatch.setattr("indexer.models.reranker.load_reranker", absent)
    said: list[str] = []
    models = load_models(Settings(models="demo"), to_search=True, announce=said.append)
    assert models.reranker is None
    assert models.text is not None
    assert said == [f"searching without a reranker: reranker {PROFILES['demo'].reranker_model!r} is not in the cache"]
    with pytest.raises(ModelMissingError):
        load_models(Settings(models="demo", reranker_model="nobody/it"), to_search=True, announce=said.append)


def test_it_is_loaded_to_search_alone_and_can_be_left_out(tiny_directory: Path) -> None:
    named = Settings(models="demo", reranker_model=str(tiny_directory))
    assert load_models(named).reranker is None
    found = load_models(named, to_search=True).reranker
    assert found is not None
    assert found.name.startswith("tiny-reranker ")
    left_out = Settings(models="demo", reranker_model=str(tiny_directory), rerank=False)
    assert load_models(left_out, to_search=True).reranker is None


def test_status_says_whether_it_is_here(tiny_directory: Path) -> None:
    rows = {row.profile.name: row.reranker_present for row in model_status(Settings(models="demo"))}
    assert rows["demo"] is True
    assert rows["text"] is None
    own = Settings(models="text", reranker_model=str(tiny_directory / "gone"))
    assert next(row for row in model_status(own) if row.profile.name == "text").reranker_present is False
