"""What people and programs use: the command line, the HTTP service, playback and export.

Comes in: commands, HTTP requests, settings. Goes out: text for terminals, JSON, media for players, exported files.
Leaves out indexing (`indexer`) and retrieval (`search`), which it only calls.
"""
