"""Small BERT text models without PyTorch: the checkpoint of a sentence-transformers model, run by NumPy in float64.

For queries from the command line, which are one sentence: importing PyTorch and sentence-transformers would take many
times longer than everything else. The vectors are those of `indexer.models.text_embedder`.
"""
