"""Sound as it is seen: decoded sound in, its levels over time and waveforms of its segments as pictures out.

Left out are decoding (`indexer.decode.audio`), where segments begin (`indexer.segmentation.sound_segmenter`) and what
is said (`indexer.speech`).
"""
