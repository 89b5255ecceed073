"""Moments: ranked segments in; localized, joined, deduplicated and paginated moments out.

Leaves out ranking the segments (`search.retrieval`, `search.scoring`) and printing the moments (`api`).
"""
