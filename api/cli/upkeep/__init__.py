"""The commands that look after a library as a whole: `verify`, `repair`, `optimize`, `backup`, `restore`.

In: a library's path. Out: what was found or done, as text or JSON, and an exit code. The work is `indexer.upkeep`'s.
"""
