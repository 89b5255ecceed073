"""The tiny CLIP: its frames, captions, losses, training and checkpoint.

In: scenes of `demo.world`. Out: the open_clip directory `demo/checkpoints/clip`.
"""
