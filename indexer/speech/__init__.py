"""Speech without a model: decoded sound in, windows to transcribe out; transcripts in, cues out.

Left out are decoding the sound (`indexer.decode.audio`) and the speech recognition model (`indexer.models.whisper`).
"""
