"""indexer/models/weights"""
