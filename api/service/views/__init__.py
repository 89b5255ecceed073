"""From the records of `indexer` and `search` to those of `schemas`.

Input: videos, moments, answers. Output: records with links and rounded times, and nothing that tells of this
machine's folders. Leaves out HTTP.
"""
