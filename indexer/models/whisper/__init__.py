"""Whisper through transformers: sounds of up to 30 seconds in, transcripts with the time of each word out.

Leaves out cutting the sound into pieces and judging what was heard (`indexer.speech`).
"""
