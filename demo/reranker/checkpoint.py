"""The tiny reranker: its start from the tiny text model, its similarity, and how it is written."""

import json
from pathlib import Path

import torch
from sentence_transformers import MultiVectorEncoder
from sentence_transformers.base.modules import Normalize, Transformer
from sentence_transformers.multi_vector_encoder.modules import MultiVectorMask
from torch import Tensor
from torch.nn import Module, functional
from transformers import AutoModel, AutoTokenizer, BertModel, PreTrainedTokenizerFast

from demo.text.checkpoint import MAX_TOKENS, saved_text_network
from indexer.models.reranker import SCALE_FILE

TokenVectors = tuple[Tensor, Tensor]
"""Unit vectors (n, tokens, width) and the mask of tokens that count (n, tokens)."""


def load_reranker_text_model(text_checkpoint: Path) -> tuple[BertModel, PreTrainedTokenizerFast]:
    """Loads the text model's network and tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(str(text_checkpoint), local_files_only=True)
    model = AutoModel.from_pretrained(str(text_checkpoint), local_files_only=True, dtype=torch.float32)
    return model, tokenizer


def embed_reranker_tokens(model: BertModel, tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> TokenVectors:
    """Returns a contextual vector for each token."""
    inputs = tokenizer(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
    hidden = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).last_hidden_state
    return functional.normalize(hidden, dim=2), inputs["attention_mask"].bool()


def mean_max_similarity(queries: TokenVectors, documents: TokenVectors) -> Tensor:
    """Returns (n, m): the mean over a query's tokens of the greatest cosine with a document's tokens ("MeanMaxSim")."""
    (query, asked), (document, told) = queries, documents
    cosines = torch.einsum("qid,pjd->qpij", query, document)  # (n, m, query tokens, document tokens)
    best = cosines.masked_fill(~told[None, :, None, :], -2.0).amax(3)  # (n, m, query tokens)
    return (best * asked[:, None, :]).sum(2) / asked.sum(1)[:, None]


def write_reranker_checkpoint(
    folder: Path, model: BertModel, tokenizer: PreTrainedTokenizerFast, *, slope: float, bias: float
) -> None:
    """Writes a directory that `MultiVectorEncoder(folder)` loads offline, with slope and bias of its log odds."""
    with saved_text_network(model, tokenizer) as network:
        modules: list[Module] = [
            Transformer(network, max_seq_length=MAX_TOKENS),
            MultiVectorMask(),
            Normalize(module_input_name="token_embeddings"),
        ]
        encoder = MultiVectorEncoder(modules=modules, device="cpu", similarity_fn_name="meanmaxsim")
        encoder.save_pretrained(str(folder), create_model_card=False)
    scale = {"slope": round(slope, 3), "bias": round(bias, 3)}
    (folder / SCALE_FILE).write_text(json.dumps(scale) + "\n", encoding="utf-8")
