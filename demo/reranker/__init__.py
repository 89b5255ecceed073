"""demo/reranker"""
