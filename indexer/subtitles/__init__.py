"""Subtitles: sidecar files and the cues of embedded tracks in, plain passages of text with their spans out.

Left out are reading the tracks of a container (`indexer.decode`) and subtitles that are pictures (PGS, VobSub).
"""
