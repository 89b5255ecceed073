"""Upkeep of a library as a whole: finding damage, repairing it, copying the library to a backup and back.

In: the path of a library. Out: problems, a repaired library with the list of videos to index again, a copy.

Leaves out what is recorded while a library is written (`indexer.store.recovery`) and its indexes
(`indexer.store.writing.maintenance`).
"""
