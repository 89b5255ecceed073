"""indexer/models/whisper"""
