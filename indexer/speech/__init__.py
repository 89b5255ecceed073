"""Speech without a model: decoded sound in, blocks to transcribe out; lines of a transcript in, cues out.

Left out are decoding the sound (`indexer.decode.audio`) and the speech model (`indexer.models.speech_recognizer`).
"""
