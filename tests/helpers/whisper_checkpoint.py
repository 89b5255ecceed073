"""A tiny Whisper of random weights in the format of the real ones: it loads and runs, and understands nothing."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperProcessor,
    WhisperTokenizer,
)

LANGUAGES = ("en", "de", "jw", "zh")
STAMPS = 1501
_AFTER_LANGUAGES = [
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
]


def write_whisper_checkpoint(folder: Path, *, word_times: bool = True, multilingual: bool = True) -> Path:
    """The same each time; `word_times` names heads that align, `multilingual` knows several languages."""
    torch.manual_seed(5)
    tokenizer = _tokenizer()
    ids = tokenizer.convert_tokens_to_ids
    config = WhisperConfig(
        vocab_size=len(tokenizer),
        num_mel_bins=80,
        d_model=32,
        encoder_layers=1,
        encoder_attention_heads=2,
        decoder_layers=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_source_positions=1500,
        max_target_positions=64,
        bos_token_id=ids("<|endoftext|>"),
        eos_token_id=ids("<|endoftext|>"),
        pad_token_id=ids("<|endoftext|>"),
        decoder_start_token_id=ids("<|startoftranscript|>"),
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    model = WhisperForConditionalGeneration(config).eval()
    with torch.no_grad():  # untrained, all scores are alike; these make greedy choices differ
        model.model.decoder.embed_tokens.weight.mul_(20)
    model.generation_config = GenerationConfig(
        bos_token_id=config.bos_token_id,
        eos_token_id=config.eos_token_id,
        pad_token_id=config.pad_token_id,
        decoder_start_token_id=config.decoder_start_token_id,
        max_length=64,
        no_timestamps_token_id=ids("<|notimestamps|>"),
        max_initial_timestamp_index=50,
        is_multilingual=multilingual,
        lang_to_id={f"<|{name}|>": ids(f"<|{name}|>") for name in LANGUAGES},
        task_to_id={name: ids(f"<|{name}|>") for name in ("transcribe", "translate")},
        **({"alignment_heads": [[0, 1], [1, 0]]} if word_times else {}),
    )
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    WhisperProcessor(WhisperFeatureExtractor(feature_size=80), tokenizer).save_pretrained(folder)
    return folder


def _tokenizer() -> WhisperTokenizer:
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=320, initial_alphabet=alphabet, show_progress=False)
    learner.train_from_iterator(["the harbour is closed on monday said the captain"] * 3, trainer)
    learned = json.loads(learner.to_str())["model"]
    tokenizer = WhisperTokenizer(vocab=learned["vocab"], merges=[tuple(merge) for merge in learned["merges"]])
    marks = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{name}|>" for name in LANGUAGES), *_AFTER_LANGUAGES]
    tokenizer.add_special_tokens({"additional_special_tokens": marks})
    tokenizer.add_tokens([f"<|{stamp * 0.02:.2f}|>" for stamp in range(STAMPS)])
    return tokenizer
