"""Trains the tiny Qwen2-VL of the demo world: `python -m demo.vlm.train --work WORK`.

Three steps, each cheap enough for one core. Scenes are drawn. The vision tower learns, token by token, what is where:
first on crops of single actors, then on whole pictures. With its features of every picture cached on disk, the
language model learns captions, then questions about few clips, then questions about many. `--start CHECKPOINT`
continues from trained weights: the tower is frozen, and the options set the parts of the language stage.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from transformers import Qwen2Tokenizer, Qwen2VLForConditionalGeneration

from demo.training.loop import training_options, training_settings
from demo.vlm.checkpoint import build_vlm_processor, vlm_model_config, write_vlm_model
from demo.vlm.clips.clip_sampler import ClipSampler
from demo.vlm.clips.frames import FrameStore
from demo.vlm.sequences.sequence_sampler import prompt_texts, tokenizer_texts
from demo.vlm.tokenizer import build_vlm_tokenizer
from demo.vlm.training.text_stage import TextSchedule, TextStageTrainer, cache_vision_features, train_text_stage
from demo.vlm.training.vision_stage import VisionSchedule, train_vision_stage


@dataclass(frozen=True)
class Settings:
    """Settings of a run."""

    scenes: int = 18000
    crop_steps: int = 1400
    crops: int = 128
    picture_steps: int = 3600
    pictures: int = 48
    text_minutes: float = 150.0
    captions_part: float = 0.1
    short_part: float = 0.55
    tokens: int = 4000
    vision_matrix_rate: float = 5e-3
    vision_rate: float = 2e-3
    text_matrix_rate: float = 2e-3
    text_rate: float = 1e-3
    seed: int = 0
    threads: int = 1
    device: str = "cpu"
    workers: int = 0


def train_vlm(settings: Settings, *, out: Path, work: Path, start: Path | None = None) -> None:
    """Trains to the end, resuming an earlier run in the same folder.

    Args:
        start: a trained checkpoint of the same shape to start from; None for random weights.
    """
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    store = FrameStore(work, scenes=settings.scenes, seed=settings.seed)
    store.draw(workers=settings.workers)
    store.refresh()
    maker = ClipSampler(store.scenes, store.starts, first=0, last=len(store.scenes))
    kept_tokenizer = work / "tokenizer"
    if start is not None:
        kept_tokenizer = start
    elif not kept_tokenizer.exists():  # a run that goes on must not learn other words
        texts = [*tokenizer_texts(store.scenes, seed=settings.seed), *prompt_texts(maker, seed=settings.seed)]
        build_vlm_tokenizer(texts).save_pretrained(kept_tokenizer)
    tokenizer = Qwen2Tokenizer.from_pretrained(kept_tokenizer)
    processor = build_vlm_processor(tokenizer)
    model = Qwen2VLForConditionalGeneration(vlm_model_config(len(tokenizer)))
    cast(Any, model).to(settings.device)
    if start is None:
        _train_tower(model, store, settings, work / "vision.pt")
    else:
        model.load_state_dict(Qwen2VLForConditionalGeneration.from_pretrained(start, dtype=torch.float32).state_dict())
    text_path = work / "text.pt"
    features = cache_vision_features(model.model.visual, store, work / "features.npy")
    text_plan = TextSchedule(
        settings.text_minutes,
        settings.captions_part,
        settings.short_part,
        settings.tokens,
        settings.text_matrix_rate,
        settings.text_rate,
    )
    trainer = TextStageTrainer(
        model, tokenizer, store, text_plan, features=features, seed=settings.seed, workers=settings.workers
    )
    kept = _load(text_path)
    if kept is not None:
        trainer.resume(kept)
    for state in train_text_stage(trainer, log=_log):
        _save(state, text_path)
        write_vlm_model(out, model, processor)


def _train_tower(model: Qwen2VLForConditionalGeneration, store: FrameStore, settings: Settings, kept: Path) -> None:
    plan = VisionSchedule(
        settings.crop_steps,
        settings.crops,
        settings.picture_steps,
        settings.pictures,
        settings.vision_matrix_rate,
        settings.vision_rate,
    )
    for state in train_vision_stage(model.model.visual, store, plan, seed=settings.seed, log=_log, state=_load(kept)):
        _save(state, kept)


def _log(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def _load(path: Path) -> dict[str, Any] | None:
    return torch.load(path, weights_only=True) if path.exists() else None


def _save(state: dict[str, Any], path: Path) -> None:
    partial = path.with_suffix(".part")
    torch.save(state, partial)
    partial.rename(path)


def main() -> None:
    """Reads the options and trains."""
    kept = "folder for pictures, features and the run's state"
    parser = training_options(__doc__, Settings(), out=Path("demo/checkpoints/vlm"), work=kept)
    parser.add_argument("--start", type=Path, help="a finished checkpoint to go on from, in a work folder of its own")
    given = parser.parse_args()
    train_vlm(training_settings(given, Settings()), out=given.out, work=given.work, start=given.start)


if __name__ == "__main__":
    main()
