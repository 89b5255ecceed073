"""Code in a model's folder never runs, and nobody is asked whether it may."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.errors import ModelBrokenError
from indexer.models.image_embedder import load_clip_model
from indexer.models.local.model import load_local_model
from indexer.models.reranker import load_reranker
from indexer.models.text_embedder import load_text_model
from tests.helpers.checkpoints import PREPROCESS, write_bert_checkpoint, write_clip_checkpoint

pytestmark = pytest.mark.slow

CODE = """
import pathlib
pathlib.Path({marker!r}).touch()
from transformers import AutoTokenizer, BertConfig, BertModel, BertForSequenceClassification
class OwnConfig(BertConfig):
    model_type = "own"
class OwnModel(BertModel):
    config_class = OwnConfig
class OwnProcessor: pass
"""
NAMES = {
    "AutoConfig": "own.OwnConfig",
    "AutoModel": "own.OwnModel",
    "AutoModelForSequenceClassification": "own.OwnModel",
    "AutoModelForImageTextToText": "own.OwnModel",
    "AutoTokenizer": ["own.OwnModel", None],
    "AutoProcessor": "own.OwnProcessor",
}


def plant(folder: Path, *files: str) -> None:
    """Make the folder's JSON files name a module `own` in it, which leaves `ran` beside the folder."""
    (folder / "own.py").write_text(CODE.format(marker=str(folder.parent / "ran")))
    for name in files:
        path = folder / name
        values = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(values | {"model_type": "own", "architectures": ["OwnModel"], "auto_map": NAMES}))


def text_model(folder: Path) -> object:
    write_bert_checkpoint(folder, ["a", "b"])
    plant(folder, "config.json")
    return load_text_model(str(folder), device="cpu")


def text_model_of_own_modules(folder: Path) -> object:
    write_bert_checkpoint(folder, ["a", "b"])
    plant(folder)
    (folder / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", "path": "", "type": "own.OwnModel"}]))
    return load_text_model(str(folder), device="cpu")


def reranker(folder: Path) -> object:
    write_bert_checkpoint(folder, ["a", "b"], labels=1)
    plant(folder, "config.json", "tokenizer_config.json")
    return load_reranker(str(folder), device="cpu")


def picture_model(folder: Path) -> object:
    """An open_clip checkpoint whose text tower is a transformers model in a folder with code."""
    write_clip_checkpoint(folder)
    tower = folder.parent / "tower"
    write_bert_checkpoint(tower, ["a", "b"])
    plant(tower, "config.json")
    config = {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 16},
        "text_cfg": {"hf_model_name": str(tower), "hf_tokenizer_name": str(tower), "hf_model_pretrained": False},
    }
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": PREPROCESS}))
    return load_clip_model(str(folder), device="cpu")


def vision_language_model(folder: Path) -> object:
    write_bert_checkpoint(folder, ["a", "b"])
    plant(folder, "preprocessor_config.json", "processor_config.json")
    config = json.loads((folder / "config.json").read_text())
    # One of a known family, whose processor alone has code: another family is refused before anything is loaded.
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "qwen2_vl", "auto_map": NAMES}))
    return load_local_model(str(folder), device="cpu")


@pytest.mark.parametrize(
    "load", [text_model, text_model_of_own_modules, reranker, picture_model, vision_language_model]
)
def test_code_of_a_models_folder_does_not_run(
    load: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def say_yes(question: str = "") -> str:
        asked.append(question)
        return "y"

    monkeypatch.setattr("builtins.input", say_yes)
    with pytest.raises(ModelBrokenError, match=r"which Reelseek never runs|cannot be loaded|lack \d+ tensors"):
        load(tmp_path / "model")
    assert asked == []
    assert not (tmp_path / "ran").exists()
