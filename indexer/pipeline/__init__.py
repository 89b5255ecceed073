"""indexer/pipeline"""
