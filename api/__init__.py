"""What people and programs use: the command line, the HTTP service, playback and export.

Input: commands, HTTP requests, settings. Output: text for terminals, JSON, media for players, exported files.
Leaves out indexing (`indexer`) and retrieval (`search`), which it only calls.
"""
