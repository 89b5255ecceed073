"""indexer/decode"""
