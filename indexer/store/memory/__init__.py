"""indexer/store/memory"""
