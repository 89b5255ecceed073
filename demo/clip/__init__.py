"""The tiny CLIP: its captions, losses, training and checkpoint.

In: drawn frames of `demo.clip.frame_cache`. Out: the open_clip directory `demo/checkpoints/clip`.
"""
