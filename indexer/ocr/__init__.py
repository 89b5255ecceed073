"""indexer/ocr"""
