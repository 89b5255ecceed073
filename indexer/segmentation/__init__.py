"""Segmentation: times and cut scores of sampled frames in, spans of 2 to 30 seconds between scene cuts out.

Left out are decoding and sampling the frames (`indexer.decode`).
"""
