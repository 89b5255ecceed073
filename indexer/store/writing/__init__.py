"""indexer/store/writing"""
