"""The tiny text model: its training pairs, training and checkpoint.

In: spoken lines and signs of `demo.world`. Out: the sentence-transformers directory `demo/checkpoints/text`.
"""
