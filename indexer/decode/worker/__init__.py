"""indexer/decode/worker"""
