"""search/scoring"""
