"""A LoRA over a vision-language model: used where it fits, refused where it does not, and part of the model's name."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from peft import IA3Config, LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

from indexer.config import Settings
from indexer.errors import ModelBrokenError, ModelMissingError, SettingsError
from indexer.models.local.model import LocalModel, load_local_model
from indexer.models.vision_language import user_prompt
from indexer.models.vision_language_loading import load_vision_language_model, vision_language_name
from indexer.models.weights.adapters import WEIGHTS_FILE, find_adapter
from indexer.provenance import settings_like_provenance
from indexer.store.schema import Maker
from tests.helpers.vlm_checkpoints import FAMILY_NAMES, write_vlm_checkpoint

pytestmark = pytest.mark.slow

PROMPT = user_prompt("What is shown?")


def write_adapter(base: Path, folder: Path, config: Any = None) -> Path:
    """An adapter of random numbers over a tiny checkpoint, as peft writes it after training."""
    torch.manual_seed(3)
    chosen = config or LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    model: Any = transformers.AutoModelForImageTextToText.from_pretrained(base, dtype=torch.float32)
    get_peft_model(model, chosen).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vlm_checkpoint(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_adapter(base, tmp_path_factory.mktemp("adapter") / "rallies")


def scores(model: Any, local: LocalModel) -> torch.Tensor:
    made = local._inputs.batch([PROMPT])  # pyright: ignore[reportPrivateUsage]
    with torch.inference_mode():
        return model(**made).logits


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_it_changes_the_model_as_peft_itself_does(family: str, tmp_path: Path) -> None:
    base = write_vlm_checkpoint(tmp_path / "base", family)
    folder = write_adapter(base, tmp_path / "adapter")
    plain = load_local_model(str(base), device="cpu")
    adapted = load_local_model(str(base), device="cpu", adapter=str(folder))
    model: Any = transformers.AutoModelForImageTextToText.from_pretrained(base, dtype=torch.float32)
    expected = scores(PeftModel.from_pretrained(model, str(folder)).eval(), plain)
    ours = scores(adapted._model, adapted)  # pyright: ignore[reportPrivateUsage]
    assert torch.allclose(ours, expected, atol=1e-5)
    assert not torch.allclose(ours, scores(plain._model, plain), atol=1e-2)  # pyright: ignore[reportPrivateUsage]


def test_the_name_says_it_so_that_captions_are_made_anew(base: Path, adapter: Path, tmp_path: Path) -> None:
    plain, name = vision_language_name(str(base)), vision_language_name(str(base), str(adapter))
    assert name == f"{plain} adapter rallies {find_adapter(str(adapter)).fingerprint}"
    assert load_local_model(str(base), device="cpu", adapter=str(adapter)).name == name
    moved = shutil.copytree(adapter, tmp_path / "moved" / "rallies")
    assert vision_language_name(str(base), str(moved)) == name, "the place does not count"
    weights = load_file(moved / WEIGHTS_FILE)
    save_file({key: value + 1 for key, value in weights.items()}, moved / WEIGHTS_FILE)
    assert vision_language_name(str(base), str(moved)) not in ("", name, plain)
    assert vision_language_name(str(base), str(tmp_path / "none")) == ""


Change = Callable[[Path], object]


def rename(old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        weights = load_file(folder / WEIGHTS_FILE)
        save_file({key.replace(old, new): value for key, value in weights.items()}, folder / WEIGHTS_FILE)

    return change


def without_last(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS_FILE)
    save_file(dict(sorted(weights.items())[:-1]), folder / WEIGHTS_FILE)


def one_more(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS_FILE)
    key, value = sorted(weights.items())[0]
    save_file(weights | {key.replace("layers.0", "layers.7"): value.clone()}, folder / WEIGHTS_FILE)


def edit(**values: Any) -> Change:
    def change(folder: Path) -> None:
        file = folder / "adapter_config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | values))

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (rename("self_attn", "attention"), "no place in the model"),
        (without_last, "lacking"),
        (one_more, "no place in the model"),
        (edit(r=2), "shape|mismatch"),
        (edit(target_modules=["w1"]), "does not fit"),
        (edit(peft_type="IA3"), "only LoRA"),
        (lambda folder: (folder / "adapter_config.json").write_text("{"), "cannot be used"),
        (lambda folder: (folder / "adapter_config.json").write_text("[]"), "cannot be used"),
        (lambda folder: (folder / WEIGHTS_FILE).rename(folder / "adapter_model.bin"), "may run code"),
        (lambda folder: (folder / WEIGHTS_FILE).write_bytes(b"no weights"), "does not fit"),
    ],
    ids=[
        "other names",
        "one lacking",
        "one more",
        "rank",
        "targets",
        "kind",
        "no json",
        "no object",
        "pickle",
        "broken",
    ],
)
def test_one_that_does_not_fit_is_refused(base: Path, adapter: Path, tmp_path: Path, change: Change, says: str) -> None:
    folder = shutil.copytree(adapter, tmp_path / "changed")
    change(folder)
    with pytest.raises(ModelBrokenError, match=says) as caught:
        load_local_model(str(base), device="cpu", adapter=str(folder))
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize(("family", "before"), [("qwen2_vl", "model.layers"), ("llava", "language_model.model.layers")])
def test_names_of_layers_before_transformers_4_52_are_understood(family: str, before: str, tmp_path: Path) -> None:
    """Such an adapter once gave the base model without a word (illuin-tech/colpali issue 424)."""
    base = write_vlm_checkpoint(tmp_path / "base", family)
    new = write_adapter(base, tmp_path / "new")
    old = shutil.copytree(new, tmp_path / "old")
    rename("model.language_model.layers", before)(old)
    models = [load_local_model(str(base), device="cpu", adapter=one) for one in (str(old), str(new), "")]
    ours, expected, bare = (scores(one._model, one) for one in models)  # pyright: ignore[reportPrivateUsage]
    assert torch.allclose(ours, expected, atol=1e-5) and not torch.allclose(ours, bare, atol=1e-2)


def test_one_of_another_model_is_refused(adapter: Path, tmp_path: Path) -> None:
    other = write_vlm_checkpoint(tmp_path / "llava", "llava")
    with pytest.raises(ModelBrokenError, match="does not fit"):
        load_local_model(str(other), device="cpu", adapter=str(adapter))


def test_another_kind_is_refused(base: Path, tmp_path: Path) -> None:
    config = IA3Config(target_modules=["k_proj", "down_proj"], feedforward_modules=["down_proj"])
    with pytest.raises(ModelBrokenError, match="'IA3'"):
        load_local_model(str(base), device="cpu", adapter=str(write_adapter(base, tmp_path / "ia3", config)))


def test_settings_name_it_and_a_library_remembers_it(base: Path, adapter: Path, tmp_path: Path) -> None:
    settings = Settings(vision_language_model=str(base), adapter=str(adapter), device="cpu")
    assert "adapter rallies" in load_vision_language_model(settings).name
    with pytest.raises(ModelMissingError, match="no folder"):
        load_vision_language_model(Settings(vision_language_model=str(base), adapter=str(tmp_path / "none")))
    with pytest.raises(SettingsError, match="server"):
        load_vision_language_model(Settings(vision_language_model="openai:m@http://localhost:1/v1", adapter="x"))
    maker = Maker("", 0, "", 0, "", "demo", vision_language_spec=str(base), adapter_spec=str(adapter))
    assert settings_like_provenance(Settings(), maker).adapter == str(adapter)
    assert settings_like_provenance(Settings(vision_language_model="another/model"), maker).adapter == ""
