"""The tiny reranker: its hard negatives, training and checkpoint.

In: the tiny text model and pairs of `demo.text`. Out: the late-interaction model `demo/checkpoints/reranker`.
"""
