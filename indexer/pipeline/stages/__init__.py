"""indexer/pipeline/stages"""
