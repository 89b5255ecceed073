"""Trains a LoRA over a vision-language model on exported fine-tuning data, and saves it as `--adapter` loads it.

    reelseek export --format ms-swift --from right.jsonl --handles 2 --out tuning
    python -m demo.vlm.tune_lora --data tuning --out adapter --steps 60
    reelseek ask "..." --adapter adapter

Meant for the demo's model on a CPU, so that the whole way can be walked; it takes any local model of the known
families, but a large one is better trained by ms-swift on the same folder.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch

from indexer.config import Settings
from indexer.decode.video import open_video, probe_video
from indexer.models.frame_pairs import (
    fit_picture_size,
    frame_times,
    frames_on_lines,
    make_pairs,
    pair_times,
    scale_frames,
)
from indexer.models.local.families.registry import family_of
from indexer.models.local.inputs import PromptInputs, append_tokens
from indexer.models.local.preferences import with_preferences
from indexer.models.vision_language import Frames, Part, Prompt, VisionSpec, user_prompt
from indexer.records import TimeSpan
from search.tuning.examples import VIDEO_MARK, TuningExample, read_tuning

PAIRS = 4
"""Of frames, of each clip."""
PAIR_TOKENS = 256
IGNORED = -100
"""Label of a token that is not learned: the prompt's."""


@dataclass(frozen=True, slots=True)
class TuningSettings:
    """How a LoRA is trained."""

    steps: int = 60
    rank: int = 8
    rate: float = 2e-3
    seed: int = 0


def main() -> None:
    """Reads the options, trains and saves."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that `reelseek export` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the adapter")
    parser.add_argument("--model", type=Path, default=Path("demo/checkpoints/vlm"), help="folder of the model")
    parser.add_argument("--steps", type=int, default=TuningSettings.steps, help="examples that are shown, one a step")
    parser.add_argument("--rank", type=int, default=TuningSettings.rank)
    parser.add_argument("--rate", type=float, default=TuningSettings.rate, help="learning rate")
    parser.add_argument("--seed", type=int, default=TuningSettings.seed)
    options = parser.parse_args()
    settings = TuningSettings(options.steps, options.rank, options.rate, options.seed)
    losses = tune_lora(options.model, options.data, options.out, settings)
    print(f"loss {losses[0]:.3f} at first, {losses[-1]:.3f} at last; the adapter is in {options.out}")


def tune_lora(model_folder: Path, data: Path, out: Path, settings: TuningSettings) -> list[float]:
    """Trains on the examples in turn, shuffled, and saves the adapter; the loss of each step.

    Raises:
        ExportError: the folder holds no fine-tuning data.
        ModelUnknownError: the model is of no known family.
        VideoError: a clip cannot be read.
    """
    import transformers
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(settings.seed)
    rng = Random(settings.seed)
    processor: Any = transformers.AutoProcessor.from_pretrained(model_folder, local_files_only=True)
    base: Any = transformers.AutoModelForImageTextToText.from_pretrained(
        model_folder, dtype=torch.float32, local_files_only=True
    )
    family = family_of(model_folder, str(model_folder))
    vision = with_preferences(family.vision(processor), model_folder)
    inputs = PromptInputs(processor, family)
    end = base.generation_config.eos_token_id
    made = [
        _batch(example, data, inputs, processor.tokenizer, vision, end if isinstance(end, int) else end[0])
        for example in read_tuning(data)
    ]
    targets = ["q_proj", "k_proj", "v_proj", "o_proj"]
    model: Any = get_peft_model(base, LoraConfig(r=settings.rank, lora_alpha=2 * settings.rank, target_modules=targets))
    learned = [weights for weights in model.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=settings.rate, weight_decay=0.0)
    losses: list[float] = []
    order: list[int] = []
    for _ in range(settings.steps):
        order = order or rng.sample(range(len(made)), len(made))
        loss = model(**made[order.pop()]).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    model.save_pretrained(out)
    return losses


def _batch(
    example: TuningExample, folder: Path, inputs: PromptInputs, tokenizer: Any, vision: VisionSpec, end: int
) -> dict[str, Any]:
    """Tensors of a prompt with its reply; only the reply is learned."""
    prompt = tuning_prompt(example, [read_runs(folder / video, vision) for video in example.videos])
    reply = [*tokenizer(example.reply, add_special_tokens=False)["input_ids"], end]
    whole = append_tokens(inputs.batch([prompt]), reply)
    labels = whole["input_ids"].clone()
    labels[:, : -len(reply)] = IGNORED
    return whole | {"labels": labels}


def tuning_prompt(example: TuningExample, clips: Sequence[Sequence[Frames]]) -> Prompt:
    """The message with the frames of a clip in place of each mark, as `ask` shows them."""
    first, *others = example.message.split(f"{VIDEO_MARK}\n")
    parts: list[Part] = [first] if first else []
    for runs, words in zip(clips, others, strict=True):
        parts += [*frames_on_lines(runs), words]
    return user_prompt(*parts)


def read_runs(path: Path, vision: VisionSpec) -> list[Frames]:
    """Frame pairs of a clip, spread over it as the captions' are."""
    settings = Settings()
    probe = probe_video(path, settings=settings)
    starts = pair_times(TimeSpan(0.0, probe.duration_seconds), PAIRS)
    size = fit_picture_size(probe.width, probe.height, vision, most_tokens=PAIR_TOKENS)
    times = frame_times(starts, frames_a_step=vision.frames_a_step)
    with open_video(path, settings=settings, times=times) as reader:
        frames = list(scale_frames(reader.frames(), size))
    return make_pairs(starts, frames, frames_a_step=vision.frames_a_step)


if __name__ == "__main__":
    main()
