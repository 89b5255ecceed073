"""indexer/segmentation"""
