"""The tiny text model's configuration and tokenizer, and how it is written as a sentence-transformers directory."""

import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

import torch
from sentence_transformers import (
    SentenceTransformer,
    models,  # pyright: ignore[reportAttributeAccessIssue]
)
from tokenizers import Tokenizer, trainers
from tokenizers.models import WordPiece
from torch import Tensor
from torch.nn import functional
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from demo.training.wordpiece import SPECIAL_TOKENS, wordpiece_tokenizer

MAX_TOKENS = 64
WIDTH = 128
VOCABULARY_SIZE = 2600


def train_text_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Trains a small WordPiece vocabulary on the texts; single characters are always in it."""
    tokenizer = wordpiece_tokenizer(WordPiece(unk_token="[UNK]", max_input_chars_per_word=60))
    characters = list("abcdefghijklmnopqrstuvwxyz0123456789.,;:!?'\"-()")
    trainer = trainers.WordPieceTrainer(
        vocab_size=VOCABULARY_SIZE, special_tokens=SPECIAL_TOKENS, initial_alphabet=characters, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return wrap_text_tokenizer(tokenizer)


def wrap_text_tokenizer(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    """Wraps a tokenizer with the names of its special tokens."""
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=MAX_TOKENS, pad_token="[PAD]", unk_token="[UNK]",
        cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]",
    )  # fmt: skip


def new_text_model(vocabulary_size: int) -> BertModel:
    """Returns an untrained three-layer BERT of width 128."""
    config = BertConfig(
        vocab_size=vocabulary_size, hidden_size=WIDTH, num_hidden_layers=3, num_attention_heads=4,
        intermediate_size=4 * WIDTH, max_position_embeddings=MAX_TOKENS, type_vocab_size=1,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    return BertModel(config)


def embed_texts(model: BertModel, tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> Tensor:
    """Returns unit vectors (n, 128): the mean over tokens, normalised, as the saved directory does."""
    inputs = tokenizer(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
    hidden = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).last_hidden_state
    mask = inputs["attention_mask"].unsqueeze(-1).float()  # (n, tokens, 1)
    return functional.normalize((hidden.float() * mask).sum(1) / mask.sum(1), dim=1)


def write_text_checkpoint(folder: Path, model: BertModel, tokenizer: PreTrainedTokenizerFast) -> None:
    """Writes a directory that `SentenceTransformer(folder)` loads without a network."""
    with saved_text_network(model, tokenizer) as network, torch.no_grad():
        transformer = models.Transformer(network, max_seq_length=MAX_TOKENS)
        modules = [transformer, models.Pooling(WIDTH, "mean"), models.Normalize()]
        SentenceTransformer(modules=modules, device="cpu").save(str(folder), create_model_card=False)


@contextmanager
def saved_text_network(model: BertModel, tokenizer: PreTrainedTokenizerFast) -> Generator[str]:
    """Saves a network to a temporary folder that modules of sentence-transformers can load it from."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        yield folder
