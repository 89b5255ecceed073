"""indexer/models/qwen"""
