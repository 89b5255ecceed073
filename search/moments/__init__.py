"""search/moments"""
