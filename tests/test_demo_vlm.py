"""The demo world's tiny Qwen2-VL: loads through transformers alone, sees and reads in training as it does in use."""

import json
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoProcessor, Qwen2VLForConditionalGeneration

from demo.vlm.clips.clip_sampler import ClipSampler
from demo.vlm.clips.frames import SIBLINGS, clip_pair_starts, clip_scene_group, draw_clip_pairs
from demo.vlm.evaluate import judge_captions
from demo.vlm.questions.question_sampler import sample_questions
from demo.vlm.sequences.batches import VIDEO_PAD, collate_sequences, token_positions
from demo.vlm.sequences.copy_targets import copied_spans, copied_tokens
from demo.vlm.sequences.sequence_sampler import CLOSING, OPENING, SequenceSampler, prompt_text
from demo.vlm.training.language_model import layer_step, run_layers
from demo.vlm.training.vision_model import encode_patches, to_patches
from demo.world.captions import caption_of, facts_of, parse_caption
from demo.world.scenes import plan_world, random_scene
from indexer.models.local.families.qwen2_vl import QWEN2_VL
from indexer.models.local.inputs import PromptInputs
from indexer.models.local.model import load_local_model
from indexer.models.vision_language import Frames
from indexer.models.weights.transformers_models import transformers_weights_name
from indexer.pipeline.stages.caption_prompt import caption_prompt

pytestmark = pytest.mark.slow

CHECKPOINT = Path(__file__).parents[1] / "demo" / "checkpoints" / "vlm"


@lru_cache(maxsize=1)
def loaded() -> tuple[Qwen2VLForConditionalGeneration, Any]:
    model = Qwen2VLForConditionalGeneration.from_pretrained(CHECKPOINT, dtype=torch.float32, local_files_only=True)
    return model.eval(), AutoProcessor.from_pretrained(CHECKPOINT, local_files_only=True)


@lru_cache(maxsize=1)
def clip_maker() -> ClipSampler:
    scenes = [scene for number in range(8) for scene in clip_scene_group(77, number)]
    starts = [clip_pair_starts(scene, Random(row)) for row, scene in enumerate(scenes)]
    return ClipSampler(scenes, starts, first=0, last=8 * SIBLINGS)


def test_the_folder_is_small_and_states_its_context_and_picture_size() -> None:
    model, processor = loaded()
    assert sum(file.stat().st_size for file in CHECKPOINT.iterdir()) < 15_000_000
    assert model.config.get_text_config().max_position_embeddings == 2048
    assert processor.tokenizer.model_max_length == 2048
    preferences = json.loads((CHECKPOINT / "reelseek.json").read_text())
    assert preferences == {"picture_height": 112, "picture_width": 140, "captioned_pairs": 1}


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_every_text_survives_the_tokenizer(text: str) -> None:
    """But for what NFC itself changes, as in Qwen2's own."""
    import unicodedata

    plain = unicodedata.normalize("NFC", text)
    tokenizer = loaded()[1].tokenizer
    assert tokenizer.decode(tokenizer(plain).input_ids) == plain


def test_digits_are_tokens_of_their_own() -> None:
    assert loaded()[1].tokenizer.tokenize("12.5") == ["1", "2", ".", "5"]


def test_training_sees_what_the_processor_prepares() -> None:
    model, processor = loaded()
    rng = Random(3)
    scene = random_scene(rng)
    pixels = draw_clip_pairs(scene, clip_pair_starts(scene, rng), rng)
    prompt = caption_prompt(Frames(pair, (index * 1.5, index * 1.5 + 0.5)) for index, pair in enumerate(pixels))
    inputs = PromptInputs(processor, QWEN2_VL).batch([prompt])
    patches = to_patches(pixels)
    assert torch.allclose(inputs["pixel_values_videos"].view(patches.shape), patches, atol=1e-5)
    with torch.no_grad():
        own = model.model.visual(inputs["pixel_values_videos"], inputs["video_grid_thw"]).pooler_output
        seen = encode_patches(model.model.visual, patches, tall=4, wide=5)
    assert torch.allclose(own.view(seen.shape), seen, atol=1e-4)


def test_training_reads_prompts_as_the_product_writes_them() -> None:
    _, processor = loaded()
    rng = Random(4)
    sequence = SequenceSampler(processor.tokenizer, clip_maker()).caption(rng)
    pixels = np.zeros((2, 112, 140, 3), np.uint8)
    said = processor.tokenizer.decode(sequence.prefix).split("<|im_start|>user\n")[1]
    times = [float(part.split("<|vision_end|>")[-1].strip()[:-1]) for part in said.split("<|vision_start|>")[:-1]]
    prompt = caption_prompt(Frames(pixels, (time, time + 0.5)) for time in times)
    whole = PromptInputs(processor, QWEN2_VL).batch([prompt])["input_ids"][0].tolist()
    tail = sequence.tails[0]
    assert whole == [*sequence.prefix.tolist(), *tail.ids[: tail.reply].tolist()]


def test_the_committed_files_keep_the_name_that_libraries_record() -> None:
    """Another name would have the captions of every library made again; the size of every file counts."""
    assert transformers_weights_name(str(CHECKPOINT)).startswith("vlm 43ff59379c2e ")


@pytest.mark.parametrize("text", [False, True])
def test_a_packed_sequence_is_read_as_each_question_alone(text: bool) -> None:
    model, processor = loaded()
    maker = SequenceSampler(processor.tokenizer, clip_maker())
    sequence = maker.questions(Random(5), clips=2, most_pairs=2, text=text, tails=2)
    features = torch.randn(len(sequence.pairs), 20, 256, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        states, _ = run_layers(model, collate_sequences([sequence]), features, step=layer_step)
        at = len(sequence.prefix)
        for tail in sequence.tails:
            ids = torch.from_numpy(np.concatenate([sequence.prefix, tail.ids])).long()[None]
            video = ids == VIDEO_PAD
            embedded = model.get_input_embeddings()(ids).masked_scatter(video[..., None], features)
            positions, _ = model.model.get_rope_index(
                ids, mm_token_type_ids=video.int() * 2, video_grid_thw=torch.tensor([[1, 8, 10]] * len(features))
            )
            assert positions[:, 0, : len(sequence.prefix)].tolist() == token_positions(sequence.prefix)[0].tolist()
            alone = model.model.language_model(inputs_embeds=embedded, position_ids=positions).last_hidden_state[0]
            assert torch.allclose(alone[-len(tail.ids) :], states[0, at : at + len(tail.ids)], atol=1e-4)
            at += len(tail.ids)


def test_what_a_reply_copies_stands_in_the_prompt() -> None:
    tokenizer = loaded()[1].tokenizer
    rng = Random(6)
    seen = 0
    for number in range(20):
        plan = clip_maker().clips(rng, count=3, most_pairs=3, text=number % 2 == 0)
        for asked in sample_questions(plan, rng, about="text" if number % 2 == 0 else "seen", count=3):
            prompt = OPENING + prompt_text(plan, asked.question) + CLOSING
            for at, source, size in copied_spans(prompt, asked.reply, plan):
                assert asked.reply[at : at + size] == prompt[source : source + size]
                seen += 1
            spans = tokenizer(prompt, return_offsets_mapping=True)["offset_mapping"]
            reply = tokenizer(asked.reply, return_offsets_mapping=True)["offset_mapping"]
            for token, source in copied_tokens(copied_spans(prompt, asked.reply, plan), reply, spans):
                start, stop = spans[source]
                assert asked.reply[reply[token][0]] in prompt[start:stop]
    assert seen > 40


def test_captions_are_read_back() -> None:
    rng = Random(8)
    for _ in range(200):
        scene = random_scene(rng)
        assert parse_caption(caption_of(scene)) == facts_of(scene)
    assert parse_caption("a red circle") is None


@pytest.mark.thorough
def test_captions_of_scenes_that_it_was_not_trained_on() -> None:
    scenes = [scene for video in plan_world(minutes=10.0, seed=4321) for scene in video][:48]
    shares = judge_captions(load_local_model(str(CHECKPOINT), device="cpu"), scenes)
    assert min(shares["colour"], shares["shape"], shares["background"], shares["pattern"]) >= 0.9, shares
    assert shares["motion"] >= 0.7, shares
