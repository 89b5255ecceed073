"""Scores: similarities and ranks in; which hits count, one fused ranking, and a relevance from 0 to 1 out. Pure.

Similarities are compared with the library's background, since each model and each query has a scale of its own. What
was measured for a profile of models (`profile_thresholds`, `calibration`) is read from data beside the models. Leaves
out asking the library, which is in `search.retrieval`.
"""
