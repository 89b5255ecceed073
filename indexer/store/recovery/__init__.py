"""What lets a library be checked, repaired, copied and trusted after a power loss.

In: a library's folder. Out: a record of its files with their checksums, a journal of its videos with what people typed,
problems found in both, a repaired library, a backup. Files are written to the disk before a change counts as done.

Left out: leftovers of a killed process, which every writer removes when it opens
(`indexer.store.writing.crash_recovery`).
"""
