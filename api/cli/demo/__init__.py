"""The checks of `reelseek demo run`: what a drawn library should be found by, beside what was found.

Comes in: the drawn videos' ground truth. Goes out: checks with a verdict, and their tables. Drawing is left to `demo`.
"""
