"""search/text"""
