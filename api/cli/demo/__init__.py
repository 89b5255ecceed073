"""The checks of `reelseek demo run`: searches and questions with known answers, and what was found.

Input: the ground truth of generated videos. Output: checks with a verdict, and their tables. Generating the videos
is left to `demo`.
"""
