"""Indexing jobs of the service: a queue of jobs, each run by one child process, with records that survive a restart.

In: paths of files or folders, and uploads as they arrive. Out: `Job` records with progress, and videos in the library.

Leaves out HTTP routes (`api.service.routes`) and indexing (`indexer.pipeline`, run by `api.cli.index_job`).
"""
