"""Engines: who carries out the jobs of a plan. `local` does in this process, `ray_engine` on many machines.

In comes a run with its plan; out go rows, thumbnails and events of each video. Scanning, planning, what needs no
decoding, and the library's one writer are elsewhere in `indexer.pipeline`, the same for every engine.
"""
