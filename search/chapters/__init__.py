"""search/chapters"""
