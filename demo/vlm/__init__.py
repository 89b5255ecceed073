"""A tiny Qwen2-VL trained on the drawn world: answers questions about a few clips and captions segments.

In: scenes of `demo.world`. Out: the checkpoint in `demo/checkpoints/vlm`. Order of the packages: `clips`, `questions`,
`sequences`, `training`; `python -m demo.vlm.train` runs them, `python -m demo.vlm.evaluate` judges the result.
"""
