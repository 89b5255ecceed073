"""indexer/speech"""
