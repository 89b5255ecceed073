"""search/retrieval"""
