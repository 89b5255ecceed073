"""Subtitle formats: the text of a file in, its cues out, still with mark-up. Pure.

Lenient, as players are: what can be read is read, and a broken line costs that line. Left out are reading files, their
character encodings, and the mark-up inside a cue (`indexer.subtitles`).
"""
