"""search/evaluation"""
