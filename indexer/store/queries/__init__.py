"""indexer/store/queries"""
