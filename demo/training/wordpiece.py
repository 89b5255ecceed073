"""The WordPiece tokenizer that the tiny CLIP and the tiny text model share, all but its vocabulary."""

from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece

SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
"""The first tokens, in this order."""
SEPARATOR_ID = SPECIAL_TOKENS.index("[SEP]")
"""Ends every text."""


def wordpiece_tokenizer(model: WordPiece) -> Tokenizer:
    """Builds an uncased tokenizer around a model; texts become `[CLS] text [SEP]`."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", SPECIAL_TOKENS.index("[CLS]")), ("[SEP]", SEPARATOR_ID)],
    )
    return tokenizer
