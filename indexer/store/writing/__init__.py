"""Writing the library: replacing rows, crash recovery, indexes and compaction.

In come records with their vectors, grouped by video. Out go commits, one per table and call, so that a reader sees
whole videos and a crash leaves nothing that recovery cannot remove. Left out: the writer's lock
(`indexer.store.lock`), and when a video is written (`indexer.pipeline`).
"""
