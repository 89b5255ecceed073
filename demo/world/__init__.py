"""The drawn world: videos with exact ground truth, planned and drawn from a seed.

In: minutes and a seed. Out: videos with subtitles, `truth.jsonl` and `questions.jsonl`; equal seeds give equal worlds.
Nothing here trains or runs a model.
"""
